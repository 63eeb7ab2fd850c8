/** The words of `npm run bench:kind`. */
export interface Options {
  /** Measured rounds, each with both tools. */
  readonly rounds: number
  /** Rounds before those, which fill caches and are not counted. */
  readonly warmUp: number
  /** Print the results and leave docs/benchmarks.md as it is. */
  readonly isDryRun: boolean
  /** What is measured. */
  readonly parts: readonly Part[]
}

const allParts = ['create', 'load', 'prepared'] as const
export type Part = (typeof allParts)[number]

/** @throws for anything that is not understood. */
export function readOptions(words: readonly string[]): Options {
  let [rounds, warmUp, isDryRun] = [5, 1, false]
  const parts: Part[] = []
  const rest = [...words]
  const count = (option: string, least: number): number => {
    const text = rest.shift() ?? ''
    if (!/^\d+$/.test(text) || Number(text) < least) throw new Error(`${option} needs an integer from ${least}`)
    return Number(text)
  }
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--rounds') rounds = count(word, 1)
    else if (word === '--warm-up') warmUp = count(word, 0)
    else if (word === '--dry-run') isDryRun = true
    else if (word === '--only') parts.push(partOf(rest.shift()))
    else throw new Error(`Unknown word "${word}": bench:kind takes --rounds N, --warm-up N, --dry-run, --only PART`)
  }
  return { rounds, warmUp, isDryRun, parts: parts.length > 0 ? parts : allParts }
}

function partOf(word: string | undefined): Part {
  const found = allParts.find((part) => part === word)
  if (!found) throw new Error(`Unknown word "${word ?? ''}": --only needs one of ${allParts.join(', ')}`)
  return found
}
