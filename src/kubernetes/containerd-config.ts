import { parse, stringify, type TomlTable } from 'smol-toml'
import { KinaError } from '../errors.ts'
import { applyOperations, mergeInto, parseJsonPatch } from './patches.ts'

type Value = Parameters<typeof mergeInto>[1]

/**
 * Merges TOML patches, then JSON 6902 patches, into containerd's configuration.
 * A merge patch for another `version` of the file is skipped, as kind does; JSON patches do not look at it.
 * @throws KinaError `invalid-config`.
 */
export function patchContainerdConfig(text: string, merges: readonly string[], json6902: readonly string[]): string {
  let config = parseToml(text)
  for (const merge of merges) {
    const patch = parseToml(merge)
    if (patch['version'] !== undefined && patch['version'] !== config['version']) continue
    config = mergeInto(config as Value, patch as Value) as TomlTable
  }
  for (const patch of json6902) applyOperations(config, parseJsonPatch(patch), patch)
  return stringify(config)
}

/** @throws KinaError `invalid-config` naming the line. */
export function parseToml(text: string): TomlTable {
  try {
    // Integers beyond 2^53 are rare and legal; as bigint they come out as they went in.
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    throw new KinaError(
      'invalid-config',
      `Cannot read a containerd patch: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      {
        seen: text.trim().split('\n').slice(0, 5),
        hint: 'containerdConfigPatches are TOML texts',
      },
    )
  }
}
