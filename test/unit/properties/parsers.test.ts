import { describe, expect, it } from 'vitest'
import { connectAppleContainer } from '../../../src/apple-container/connect.ts'
import type { AppleContainer } from '../../../src/apple-container/apple-container.ts'
import { parseCidr } from '../../../src/config/cidr.ts'
import { parseDuration } from '../../../src/config/duration.ts'
import { normalizeImageReference } from '../../../src/images/reference.ts'
import { readBoolean, readInteger } from '../../../src/config/scalars.ts'
import { parseSize } from '../../../src/config/size.ts'
import { KinaError } from '../../../src/errors.ts'
import type { Host } from '../../../src/host/host.ts'
import { startTimeInPs, startTimeInStat } from '../../../src/host/processes.ts'
import { redact } from '../../../src/host/redact.ts'
import { renderTemplate } from '../../../src/kubernetes/template.ts'
import { fc, runs } from '../../support/properties.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 60 })

describe('parsers of what a user writes', () => {
  it('read durations as Go prints them', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), fc.nat(999), (hours, minutes, seconds, ms) => {
        const text = `${hours}h${minutes}m${seconds}s${ms}ms`
        expect(parseDuration(text, { bareSeconds: false })).toBe(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
      }),
    )
  })
  it('read sizes in binary units', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.constantFrom(['', 0], ['k', 1], ['M', 2], ['GiB', 3], ['tb', 4]),
        (count, [unit, power]) => {
          expect(parseSize(`${count}${unit}`)).toBe(count * 1024 ** Number(power))
        },
      ),
    )
  })
  it('read integers in every base', () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        for (const text of [
          `${value}`,
          `0x${value.toString(16)}`,
          `0o${value.toString(8)}`,
          `0b${value.toString(2)}`,
          `${value}.0`,
        ])
          expect(readInteger(text)).toBe(value)
      }),
    )
  })
  it('give the full form of an image reference, which is its own full form', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,6}$/)
    const reference = fc
      .tuple(
        fc.constantFrom('', 'localhost/', 'my.host/', 'host:5000/'),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', ':v1', ':1.2-x'),
      )
      .map(([domain, parts, tag]) => domain + parts.join('/') + tag)
    fc.assert(
      fc.property(reference, (text) => {
        const full = normalizeImageReference(text)
        expect(full).toMatch(/^[\w.:-]+\/[\w./-]+:[\w.-]+$/)
        expect(normalizeImageReference(full ?? '')).toBe(full)
      }),
    )
  })
  it('give an answer to every text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const bareSeconds of [true, false]) parseDuration(text, { bareSeconds })
        for (const parser of [
          parseSize,
          parseCidr,
          readInteger,
          readBoolean,
          normalizeImageReference,
          startTimeInStat,
          startTimeInPs,
        ])
          parser(text)
      }),
      runs(500),
    )
  })
})

describe('the redactor', () => {
  it('finds nothing more in what it has redacted', () => {
    const piece = fc.constantFrom(
      'password: ',
      '://me:x@',
      '-----BEGIN RSA PRIVATE KEY-----',
      'abcdef.0123456789abcdef',
      'Bearer abcdefgh',
      '\n',
      '"',
      ' ',
      'x',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, anyText), { maxLength: 6 }), (parts) => {
        const once = redact(parts.join(''))
        expect(redact(once)).toBe(once)
      }),
    )
  })
})

describe('a template', () => {
  it('without actions is as it was; every text is rendered or refused with a KinaError', () => {
    const piece = fc.constantFrom('{{', '}}', '{{ .PodSubnet }}', '{{-', '-}}', '.PodSubnet', ' ', '\n', 'a')
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, anyText), { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        try {
          const rendered = renderTemplate(text, { PodSubnet: '10.0.0.0/8' })
          if (!text.includes('{{') && !text.includes('}}')) expect(rendered).toBe(text)
        } catch (error) {
          if (!(error instanceof KinaError)) throw error
        }
      }),
    )
  })
})

describe('answers of container', () => {
  /** Adapter of a program that always says the same. */
  function saying(stdout: string, stderr: string, exitCode: number): AppleContainer {
    const host = {
      env: {},
      clock: { sleep: () => Promise.resolve() },
      run: (argv: readonly string[]) => Promise.resolve({ argv, exitCode, stdout, stderr, ms: 1, ended: 'exited' }),
    } as unknown as Host
    return connectAppleContainer({
      host,
      signal: new AbortController().signal,
      timeoutScale: 0,
      onRetry: () => undefined,
    })
  }

  const words = fc.constantFrom(
    'Error: ',
    'not found',
    'already exists',
    'XPC timeout',
    'XPC connection error',
    'internalError: "x"',
    '\n',
    'bind failed',
  )
  const shaped = fc.array(
    fc.record(
      {
        id: fc.string(),
        appName: fc.constantFrom('container', 'container-apiserver'),
        version: fc.string(),
        configuration: fc.jsonValue(),
        status: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  )
  it('are read, or a KinaError with a message and what was seen, whatever they are', async () => {
    const stdout = fc.oneof(
      fc.json(),
      anyText,
      shaped.map((value) => JSON.stringify(value)),
    )
    const stderr = fc.array(fc.oneof(words, anyText), { maxLength: 4 }).map((parts) => parts.join(''))
    const asked: readonly ((apple: AppleContainer) => Promise<unknown>)[] = [
      (apple) => apple.checkVersions(),
      (apple) => apple.list(),
      (apple) => apple.listImages(),
      (apple) => apple.defaultNetwork(),
      (apple) => apple.start('a'),
      (apple) => apple.remove(['a', 'b']),
      (apple) => apple.hasRun('a'),
      (apple) => apple.exec('a', ['true']),
    ]
    await fc.assert(
      fc.asyncProperty(stdout, stderr, fc.constantFrom(0, 1, 64), async (out, err, code) => {
        for (const ask of asked) {
          try {
            await ask(saying(out, err, code))
          } catch (error) {
            if (!(error instanceof KinaError)) throw error
            expect(error.message.length).toBeGreaterThan(5)
            expect(error.message).not.toContain('undefined')
          }
        }
      }),
    )
  })
})
