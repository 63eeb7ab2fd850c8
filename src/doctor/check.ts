import type { Scene } from './scene.ts'

/** One thing that can be wrong. Looking changes nothing. */
export interface Check {
  /** Stable name for scripts: `service-runs`. */
  readonly name: string
  /** What holds when nothing is found, a sentence. */
  readonly claim: string
  /**
   * @returns what is wrong, nothing when all is well.
   * @throws KinaError when it cannot be seen.
   */
  look(scene: Scene): Promise<readonly Finding[]>
}

/** Something that is wrong. */
export interface Finding {
  /** A create would fail. */
  readonly blocks: boolean
  /** What was seen. */
  readonly evidence: string
  /** What to do about it. */
  readonly remedy: string
  readonly mend?: Mend
}

/** What `--fix` does about it; only what takes nothing from anybody. */
export interface Mend {
  /** `Start the container service` */
  readonly does: string
  run(): Promise<void>
}

/** Something that makes a create fail. */
export function blocks(evidence: string, remedy: string, mend?: Mend): Finding {
  return { blocks: true, evidence, remedy, ...(mend ? { mend } : {}) }
}

/** Something that a create gets along with, or that troubles a cluster that is there. */
export function warns(evidence: string, remedy: string, mend?: Mend): Finding {
  return { ...blocks(evidence, remedy, mend), blocks: false }
}
