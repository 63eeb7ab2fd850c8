import { warns, type Check } from '../check.ts'

/** A create starts it; commands that read do not. After a reboot it never runs (apple/container#1321). */
export const serviceRuns: Check = {
  name: 'service-runs',
  claim: 'the container service runs',
  async look({ apple, kina, versions }) {
    if ((await versions()).service !== undefined) return []
    return [
      warns('the container service does not run', 'container system start --enable-kernel-install', {
        does: 'Start the container service',
        run: () => apple.startService({ signal: kina.signal }),
      }),
    ]
  },
}
