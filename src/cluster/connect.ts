import type { AppleContainer } from '../apple-container/apple-container.ts'
import { connectAppleContainer, type ConnectOptions } from '../apple-container/connect.ts'
import { KinaError } from '../errors.ts'
import type { Kina } from './kina.ts'

/**
 * The `container` program with its service up.
 * @throws KinaError `service-down`: reading commands start nothing by themselves.
 */
export async function connectRunning(kina: Kina): Promise<AppleContainer> {
  const apple = await connectAppleContainer(connection(kina))
  if (!apple.serviceIsUp) {
    throw new KinaError('service-down', 'Cannot ask for containers: the container service does not run', {
      hint: 'Run "container system start --enable-kernel-install"',
    })
  }
  return apple
}

function connection({ host, signal, report, timeoutScale }: Kina): ConnectOptions {
  return { host, signal, timeoutScale, onRetry: (retry) => report({ kind: 'retry', ...retry }) }
}

/** The same for `create`, which starts the service and says so. */
export async function connectStarting(kina: Kina): Promise<AppleContainer> {
  const apple = await connectAppleContainer(connection(kina))
  if (!apple.serviceIsUp) {
    kina.report({ kind: 'notice', message: 'Start the container service, which was not running' })
    await apple.startService({ signal: kina.signal })
  }
  return apple
}
