import { describe, expect, it } from 'vitest'
import { isPassingFailure } from '../../../src/kubernetes/passing-failure.ts'

describe('isPassingFailure()', () => {
  for (const said of [
    'Error from server: etcdserver: request timed out',
    'Error from server: etcdserver: leader changed',
    'Error from server (Timeout): Timeout: request did not complete within requested timeout - context deadline exceeded',
    'Error from server (ServiceUnavailable): the server is currently unable to handle the request (delete secrets x)',
    'Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later',
    'The connection to the server dev-control-plane:6443 was refused - did you specify the right host or port?',
    'Unable to connect to the server: net/http: TLS handshake timeout',
    'error: http2: client connection lost',
    'error: Get "https://dev-control-plane:6443/api": unexpected EOF',
  ])
    it(said, () => expect(isPassingFailure(said)).toBe(true))

  for (const said of [
    'Error from server (Forbidden): secrets "bootstrap-token-abcdef" is forbidden: User "x" cannot delete resource "secrets"',
    'Error from server (NotFound): nodes "dev-worker" not found',
    'The ConfigMap "x" is invalid: data: Required value',
    'error: error validating "STDIN": error validating data: unknown object type "nil"',
    '',
  ])
    it(`is a verdict: ${said}`, () => expect(isPassingFailure(said)).toBe(false))
})
