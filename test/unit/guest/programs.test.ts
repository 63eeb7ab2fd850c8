import { describe, expect, it } from 'vitest'
import * as programs from '../../../src/guest/programs.ts'

/** They tell what they find, and what is missing is no reason to be silent about the rest; or clean up whatever happens. */
const tolerant = ['collect-logs', 'import-images', 'look-at-node', 'print-logs']

describe('a program of nodes', () => {
  for (const { name, text } of Object.values(programs)) {
    it(`${name} says what it is, and ends at the first command that fails, unless it is tolerant`, () => {
      const [shebang, comment, ...lines] = text.split('\n')
      expect(shebang).toBe('#!/usr/bin/env bash')
      expect(comment).toMatch(/^# [A-Z].*/)
      const first = lines.find((line) => line !== '' && !line.startsWith('#'))
      expect(first).toBe(tolerant.includes(name) ? 'set -uo pipefail' : 'set -euo pipefail')
    })
  }
})
