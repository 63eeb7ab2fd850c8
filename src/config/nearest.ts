import { distance } from 'fastest-levenshtein'

/** The known word that was probably meant, undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { readonly word: string; readonly far: number } | undefined
  for (const candidate of known) {
    const far = distance(word.toLowerCase(), candidate.toLowerCase())
    if (!best || far < best.far) best = { word: candidate, far }
  }
  return best && best.far <= Math.max(1, Math.floor(word.length * 0.4)) ? best.word : undefined
}
