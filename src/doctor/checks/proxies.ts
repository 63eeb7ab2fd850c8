import { warns, type Check } from '../check.ts'

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']

/** Nodes are given the host's proxies; on loopback a node finds itself. */
export const proxies: Check = {
  name: 'proxies',
  claim: 'no proxy is on loopback, where nodes cannot reach it',
  look({ kina: { host } }) {
    const bad = variables.filter((name) => /^(\w+:\/\/)?([^@/]*@)?(localhost|127\.|\[?::1)/.test(host.env[name] ?? ''))
    if (bad.length === 0) return Promise.resolve([])
    const evidence = `${bad.join(' and ')} name${bad.length === 1 ? 's' : ''} a proxy on loopback`
    return Promise.resolve([
      warns(evidence, 'Let the proxy listen on all addresses and name it by the address of the gateway of the nodes'),
    ])
  },
}
