import type { Answer, Facts } from './answer.ts'

/** One thing in which two answers to the same step differ. */
export interface Difference {
  readonly step: string
  /** `stdout`, `exit code`, `kubeconfig`, `kubeconfig contexts[].context.extensions`, `file podman-info.txt` */
  readonly aspect: string
  readonly kind: string
  readonly kina: string
}

/** @throws when the two did not answer the same steps. */
export function compare(ofKind: readonly Answer[], ofKina: readonly Answer[]): readonly Difference[] {
  if (ofKind.length !== ofKina.length) throw new Error(`${ofKind.length} answers of kind, ${ofKina.length} of kina`)
  return ofKind.flatMap((kind, index) => {
    const kina = ofKina[index]
    if (kina?.step !== kind.step) throw new Error(`Answers to "${kind.step}" and "${kina?.step}" are no pair`)
    return differencesOf(kind, kina)
  })
}

function differencesOf(kind: Answer, kina: Answer): readonly Difference[] {
  const differ = (aspect: string, its: string, other: string): readonly Difference[] =>
    its === other ? [] : [{ step: kind.step, aspect, kind: its, kina: other }]
  return [
    ...differ('exit code', String(kind.exitCode), String(kina.exitCode)),
    ...differ('stdout', kind.stdout, kina.stdout),
    ...Object.keys(kind.kubeconfigs).flatMap((path) => {
      const [its, other] = [kind.kubeconfigs[path], kina.kubeconfigs[path]]
      if (!its || !other)
        return differ('kubeconfig', its ? `${path} is there` : 'none', other ? `${path} is there` : 'none')
      return union(its, other).flatMap((key) =>
        differ(`kubeconfig ${general(key)}`, `${key}: ${its[key] ?? 'none'}`, `${key}: ${other[key] ?? 'none'}`),
      )
    }),
    ...union(toFacts(kind.files), toFacts(kina.files)).flatMap((file) =>
      differ(`file ${file}`, String(kind.files.includes(file)), String(kina.files.includes(file))),
    ),
  ]
}

function union(a: Facts, b: Facts): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
}

function toFacts(names: readonly string[]): Facts {
  return Object.fromEntries(names.map((name) => [name, '']))
}

/** Without the names of entries: `contexts[kind-dev].context` -> `contexts[].context`; what is inside an extension is its owner's. */
function general(path: string): string {
  return path.replaceAll(/\[[^\]]*\]/g, '[]').replace(/\.extensions\[\].*/, '.extensions')
}
