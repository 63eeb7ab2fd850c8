/** Variables of kind's that choose what kina has no choice of, with the commands that kind reads them in. */
const ignored: readonly { readonly name: string; readonly why: string; readonly only?: string }[] = [
  { name: 'KIND_EXPERIMENTAL_PROVIDER', why: "nodes are run by Apple's container" },
  { name: 'KIND_EXPERIMENTAL_DOCKER_NETWORK', why: "nodes are on container's default network", only: 'create cluster' },
  { name: 'KIND_EXPERIMENTAL_PODMAN_NETWORK', why: "nodes are on container's default network", only: 'create cluster' },
]

/** What is said under kind's name of variables that have no effect, in the words that kind has for an unknown provider. */
export function ignoredVariables(
  env: Readonly<Record<string, string | undefined>>,
  command: string,
): readonly string[] {
  return ignored
    .filter(({ name, only }) => env[name] && (only === undefined || only === command))
    .map(({ name, why }) => `ignoring unknown value ${JSON.stringify(env[name])} for ${name}: ${why}`)
}
