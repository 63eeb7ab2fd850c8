import process from 'node:process'
import { commit, version } from '../version.ts'

/**
 * Answers what needs no host before anything else is loaded: version and help.
 * @returns whether that was what the words ask for.
 */
export async function runQuickly(argv: readonly string[]): Promise<boolean> {
  const [first, ...more] = argv
  if (first === 'version' && more.length === 0) return say(versionLine(productOf()))
  if (first === '--version' && more.length === 0) return say(`${productOf()} version ${version}\n`)
  const isHelp = argv.length === 0 || first === 'help' || argv.includes('--help') || argv.includes('-h')
  if (!isHelp || argv.includes('--')) return false
  const words = argv.filter((word) => !word.startsWith('-'))
  const topic = (words[0] === 'help' ? words.slice(1) : words).join(' ')
  const { helpTexts } = await import('./generated/help-texts.ts')
  const text = helpTexts[topic]
  return text !== undefined && say(text)
}

export function versionLine(product: string): string {
  return `${product} v${version} commit ${commit} ${process.platform}/${process.arch}\n`
}

function productOf(): string {
  return process.argv0.endsWith('kind') ? 'kind' : 'kina'
}

/** `console.log` costs nothing at the start, where `process.stdout` costs twice the whole runtime. */
function say(text: string): true {
  console.log(text.replace(/\n$/, ''))
  return true
}
