/** Platforms as apple/containerization reads and compares them (Sources/ContainerizationOCI/Platform.swift). */
import process from 'node:process'
import { Failure } from '../failure.ts'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

const architectures: Readonly<Record<string, string>> = {
  'aarch64': 'arm64',
  'arm64': 'arm64',
  'x86_64': 'amd64',
  'x86-64': 'amd64',
  'amd64': 'amd64',
}

/** @throws Failure for what is no platform. */
function parsePlatform(text: string): Platform {
  const [os = '', name, variant] = text.split('/')
  if (!['linux', 'windows', 'darwin'].includes(os)) throw new Failure(`unknown OS in ${os}`)
  if (name === undefined || name === '') throw new Failure(`missing architecture in ${text}`)
  const architecture = architectures[name] ?? name
  if (architecture !== 'arm64') return { os, architecture, ...(variant && architecture !== 'amd64' ? { variant } : {}) }
  if (variant !== undefined && !['v8', '8'].includes(variant)) throw new Failure(`invalid variant ${variant}`)
  return { os, architecture, variant: 'v8' }
}

export function hostPlatform(): Platform {
  return parsePlatform(`linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`)
}

/** arm64 without a variant is v8. */
export function isSame(one: Platform, other: Platform): boolean {
  const variant = ({ architecture, variant: its }: Platform): string | undefined =>
    its ?? (architecture === 'arm64' ? 'v8' : undefined)
  return one.os === other.os && one.architecture === other.architecture && variant(one) === variant(other)
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}

/** Of `--platform`, else of `--os` and `--arch`; undefined where none of them is given. */
export function platformOf(value: (flag: string) => string | undefined): Platform | undefined {
  const platform = value('platform')
  if (platform !== undefined) return parsePlatform(platform)
  const [os, arch] = [value('os'), value('arch')]
  if (os === undefined && arch === undefined) return undefined
  return parsePlatform(`${os ?? 'linux'}/${arch ?? hostPlatform().architecture}`)
}
