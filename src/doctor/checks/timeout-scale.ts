import { warns, type Check } from '../check.ts'

export const timeoutScale: Check = {
  name: 'timeout-scale',
  claim: 'deadlines are not shortened',
  look({ kina }) {
    const isShort = kina.timeoutScale < 1
    const evidence = `KINA_TIMEOUT_SCALE is ${kina.timeoutScale}: every deadline is that much of what a healthy Mac needs`
    return Promise.resolve(isShort ? [warns(evidence, 'Unset it, or use 3 on a slow machine')] : [])
  },
}
