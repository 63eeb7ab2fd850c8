import process from 'node:process'
import { commit, kindVersion, version } from '../version.ts'

/**
 * Answers what needs no host before anything else is loaded: version and help.
 * @returns whether that was what the words ask for.
 */
export async function runQuickly(argv: readonly string[]): Promise<boolean> {
  const [first, ...more] = argv
  const product = calledBy(process.argv0)
  if (first === 'version' && more.length === 0) return say(versionLine(product))
  if (first === '--version' && more.length === 0)
    return say(`${product} version ${product === 'kind' ? kindVersion : version}\n`)
  const isHelp = argv.length === 0 || first === 'help' || argv.includes('--help') || argv.includes('-h')
  if (!isHelp || argv.includes('--')) return false
  const words = argv.filter((word) => !word.startsWith('-'))
  const topic = (words[0] === 'help' ? words.slice(1) : words).join(' ')
  const { helpTexts } = await import('./generated/help-texts.ts')
  const text = helpTexts[topic]
  return text !== undefined && say(helpFor(product, text))
}

/** Under kind's name in kind's form, `kind v0.33.0 go1.26.8 linux/amd64`, whose second word tools read as a version. */
export function versionLine(product: 'kina' | 'kind'): string {
  if (product === 'kina') return `kina v${version} commit ${commit} ${process.platform}/${process.arch}\n`
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  return `kind v${kindVersion} kina${version} ${process.platform}/${arch}\n`
}

/** @param name what this program was called by, with or without folders. */
export function calledBy(name: string): 'kina' | 'kind' {
  return /(^|\/)kind$/.test(name) ? 'kind' : 'kina'
}

/** Help texts are made for `kina`; what is typed begins with the name that was used. */
export function helpFor(product: 'kina' | 'kind', text: string): string {
  return product === 'kina' ? text : text.replaceAll(/(?<=^Usage: |^ {2}|")kina(?= )/gm, product)
}

/** `console.log` costs nothing at the start, where `process.stdout` costs twice the whole runtime. */
function say(text: string): true {
  console.log(text.replace(/\n$/, ''))
  return true
}
