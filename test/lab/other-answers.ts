/** Answers that are not those of the release that is stood for: nonsense, or the forms of releases before 1.0.0. */
import { UsageFailure } from './failure.ts'

/** A proxy's page, as a program in between might say. Longer than a line, with bytes of every kind. */
const garbage = '<html><head><title>502</title></head>\u0000\u001b[31m{"id":\n'

type Json = Record<string, unknown>

/** @param text what the call would have said. */
export function otherAnswer(
  kind: 'garbage' | 'older',
  [first = '', second = '']: readonly string[],
  text: string,
): string {
  if (kind === 'garbage') return garbage
  const isList = ['list', 'ls', 'inspect'].includes(first) || ['list', 'ls', 'version'].includes(second)
  if (!isList || !text.startsWith('[')) return text
  const older =
    first === 'system'
      ? olderVersion
      : first === 'image'
        ? olderImage
        : first === 'network'
          ? olderNetwork
          : olderContainer
  return JSON.stringify((JSON.parse(text) as Json[]).map(older))
}

/** `--masked-path` and its neighbour came with 1.2.1. */
export function refuseLaterFlags(argv: readonly string[]): void {
  const flag = argv.find((word) => /^--(masked|read-only)-path/.test(word))
  if (flag) throw new UsageFailure(`Unknown option '${flag.split('=')[0]}'`, argv[0] ?? '')
}

function olderVersion(part: Json): Json {
  return { ...part, version: String(part['version']).replace(/\d+\.\d+\.\d+/, '0.9.0') }
}

function olderImage(image: Json): Json {
  const { name, descriptor } = image['configuration'] as Json
  return { reference: name, descriptor }
}

function olderNetwork(network: Json): Json {
  const status = network['status'] as Json
  return {
    id: network['id'],
    state: 'running',
    config: { id: network['id'], mode: 'nat' },
    status: { address: status['ipv4Subnet'], gateway: status['ipv4Gateway'] },
  }
}

/** Flat: the state is a text, and networks are beside it. */
function olderContainer(container: Json): Json {
  const { state, networks } = container['status'] as { state: string; networks: Json[] }
  return {
    configuration: container['configuration'],
    status: state,
    networks: networks.map((its) => ({
      network: its['network'],
      address: its['ipv4Address'],
      gateway: its['ipv4Gateway'],
      hostname: its['hostname'],
    })),
  }
}
