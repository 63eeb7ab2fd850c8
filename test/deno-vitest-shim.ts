/** What the unit tests take from vitest, made of node:test and the package expect, so that they also run under Deno. */
export { after as afterAll, afterEach, before as beforeAll, beforeEach, describe, it } from 'node:test'
export { expect } from 'expect'
