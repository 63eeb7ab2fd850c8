import { logFolder, stateFolder } from '../../cluster/state-folder.ts'
import { blocks, type Check } from '../check.ts'

export const folders: Check = {
  name: 'folders-writable',
  claim: 'the folders for locks and logs can be written',
  async look({ kina: { host } }) {
    const places = [
      ['KINA_STATE_DIR', `${stateFolder(host)}/locks/probe`],
      ['KINA_LOG_DIR', `${logFolder(host)}/probe`],
    ] as const
    const reasons = await Promise.all(places.map(([, path]) => host.files.whyNotWritable(path)))
    return places.flatMap(([variable, path], index) => {
      const reason = reasons[index]
      return reason === undefined
        ? []
        : [blocks(`${path.replace(/\/probe$/, '')} cannot be written: ${reason}`, `Name another folder in ${variable}`)]
    })
  },
}
