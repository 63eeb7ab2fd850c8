import { acquireClusterLock } from '../../cluster/cluster-lock.ts'
import { warns, type Check } from '../check.ts'
import { clustersWithDeadLocks } from '../lock-owners.ts'

/** Whoever takes over such a lock also ends what the dead run had started. */
export const deadLocks: Check = {
  name: 'dead-locks',
  claim: 'no lock is held by a kina that died',
  async look({ kina }) {
    const names = await clustersWithDeadLocks(kina.host)
    return names.map((name) =>
      warns(
        `a kina died while it held the lock of cluster "${name}"`,
        'The next command that changes the cluster takes it over',
        {
          does: `Take over the lock of cluster "${name}"`,
          run: async () => {
            await using _lock = await acquireClusterLock(kina.host, name, { run: kina.run, command: 'doctor --fix' })
          },
        },
      ),
    )
  },
}
