/**
 * What test files import from vitest, for Deno: describe and friends from node:test, expect from Jest. Both have the names of
 * `@std/testing/bdd` and `@std/expect`, and test files use no others.
 */
export { after as afterAll, afterEach, before as beforeAll, beforeEach, describe, it } from 'node:test'
export { expect } from 'expect'
