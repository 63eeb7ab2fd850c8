import type { AppleContainer } from '../apple-container/apple-container.ts'
import { connectAppleContainer } from '../apple-container/connect.ts'
import type { Kina } from './kina.ts'

/** The `container` program, for what only reads or removes: that its service is down shows in the first answer. */
export function connect({ host, signal, report, timeoutScale }: Kina): AppleContainer {
  return connectAppleContainer({ host, signal, timeoutScale, onRetry: (retry) => report({ kind: 'retry', ...retry }) })
}

/**
 * The same for `create`, which starts the service and says so.
 * @throws KinaError `container-missing`, `container-unsupported`.
 */
export async function connectStarting(kina: Kina): Promise<AppleContainer> {
  const apple = connect(kina)
  const { serviceIsUp } = await apple.checkVersions({ signal: kina.signal })
  if (!serviceIsUp) {
    kina.report({ kind: 'notice', message: 'Start the container service, which was not running' })
    await apple.startService({ signal: kina.signal })
  }
  return apple
}
