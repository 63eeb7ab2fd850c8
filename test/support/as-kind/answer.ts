import { parse } from 'yaml'

/** What a tool answered to a step, with all that differs from run to run taken out. */
export interface Answer {
  readonly step: string
  readonly exitCode: number
  readonly stdout: string
  /** By path in the home; undefined where there is no such file. */
  readonly kubeconfigs: Readonly<Record<string, Facts | undefined>>
  /** Names of files below the step's folder. */
  readonly files: readonly string[]
}

/** A document as paths with values: `contexts[kind-dev].context.cluster` -> `kind-dev`. */
export type Facts = Readonly<Record<string, string>>

/** Ports that a machine chose, keys and certificates, the address of a node. */
export function withoutChance(text: string): string {
  return text
    .replaceAll(/(https:\/\/(?:127\.0\.0\.1|localhost|\[::1\])):\d+/g, '$1:PORT')
    .replaceAll(/\b(certificate-authority-data|client-certificate-data|client-key-data): [\w+/=]+/g, '$1: DATA')
}

/** Every name once, in one order. */
export function sortedLines(text: string): string {
  return text.split('\n').toSorted().join('\n')
}

/** A kubeconfig as kubectl reads it: a key without a value is no key, and an empty list or text is nothing. */
export function kubeconfigFacts(text: string): Facts {
  const facts: Record<string, string> = {}
  const walk = (value: unknown, path: string): void => {
    if (value === null || value === undefined || value === '') return
    if (Array.isArray(value)) {
      value.forEach((item: unknown, index) => walk(item, `${path}[${nameIn(item) ?? index}]`))
    } else if (typeof value === 'object') {
      const entries = Object.entries(value)
      if (entries.length === 0 && path !== '') facts[path] = '{}'
      for (const [key, its] of entries) walk(its, path === '' ? key : `${path}.${key}`)
    } else {
      facts[path] = String(value)
    }
  }
  walk(parse(withoutChance(text)) ?? {}, '')
  return facts
}

function nameIn(item: unknown): string | undefined {
  const { name } = (item ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : undefined
}
