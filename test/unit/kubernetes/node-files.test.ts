import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { caCertificateHash } from '../../../src/kubernetes/ca-hash.ts'
import { cniManifest } from '../../../src/kubernetes/cni-manifest.ts'
import { defaultCniConfig } from '../../../src/kubernetes/cni-config.ts'
import { apiServiceAddress, firstNodeSubnets } from '../../../src/kubernetes/subnets.ts'
import { patchContainerdConfig } from '../../../src/kubernetes/containerd-config.ts'
import { renderTemplate } from '../../../src/kubernetes/template.ts'
import { failureOf } from '../../support/failure-of.ts'

describe('firstNodeSubnets()', () => {
  for (const [podSubnet, expected] of [
    ['10.244.0.0/16', ['10.244.0.0/24']],
    ['10.244.0.0/25', ['10.244.0.0/25']],
    ['10.244.3.7/16', ['10.244.0.0/24']],
    ['10.244.255.9/20', ['10.244.240.0/24']],
    ['fd00:10:244::/56', ['fd00:10:244::/64']],
    ['fd00:10:244:12ff::1/56', ['fd00:10:244:1200::/64']],
    ['10.244.0.0/16,fd00:10:244::/56', ['10.244.0.0/24', 'fd00:10:244::/64']],
    ['fd00:10:244::/56, 10.244.0.0/16', ['fd00:10:244::/64', '10.244.0.0/24']],
  ] as const) {
    it(`${podSubnet}: ${expected.join(' and ')}`, () => expect(firstNodeSubnets(podSubnet)).toEqual(expected))
  }
})

describe('apiServiceAddress()', () => {
  for (const [serviceSubnet, expected] of [
    ['10.96.0.0/16', '10.96.0.1'],
    ['10.45.3.9/12', '10.32.0.1'],
    ['fd00:10:96::/112', 'fd00:10:96::1'],
    ['fd00:10:96::/112,10.96.0.0/16', 'fd00:10:96::1'],
  ] as const) {
    it(`${serviceSubnet}: ${expected}`, () => expect(apiServiceAddress(serviceSubnet)).toBe(expected))
  }
})

describe('defaultCniConfig()', () => {
  it('has a range and a way out for each IP family', () => {
    const { plugins } = JSON.parse(defaultCniConfig({ subnets: ['10.244.1.0/24', 'fd00:10:244:1::/64'] })) as {
      plugins: readonly [{ type: string; ipam: object }, { type: string }]
    }
    expect(plugins.map(({ type }) => type)).toEqual(['ptp', 'portmap'])
    expect(plugins[0].ipam).toMatchObject({
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
      ranges: [[{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:10:244:1::/64' }]],
    })
  })
})

describe('patchContainerdConfig()', () => {
  const config = 'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "pause:3.10"\n'

  it('merges TOML', () => {
    const text = patchContainerdConfig(
      config,
      ['[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"\n'],
      [],
    )
    expect(text).toContain('sandbox_image = "pause:3.10"')
    expect(text).toContain('config_path = "/etc/containerd/certs.d"')
  })
  it('skips a patch that is for another version of the file, as kind does', () => {
    expect(patchContainerdConfig(config, ['version = 3\nroot = "/x"\n'], [])).not.toContain('/x')
    expect(patchContainerdConfig(config, ['version = 2\nroot = "/x"\n'], [])).toContain('root = "/x"')
  })
  it('applies JSON 6902 patches after that', () => {
    const path = '/plugins/io.containerd.grpc.v1.cri/sandbox_image'
    const text = patchContainerdConfig(
      config,
      ['[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "a"\n'],
      [`[{"op": "test", "path": "${path}", "value": "a"}, {"op": "replace", "path": "${path}", "value": "b"}]`],
    )
    expect(text).toContain('sandbox_image = "b"')
  })
  it('keeps integers that are too large for a number', () => {
    expect(patchContainerdConfig('big = 9007199254740993\n', [], [])).toContain('9007199254740993')
  })
  it('refuses what is no TOML, with the line', async () => {
    const error = await failureOf(() => patchContainerdConfig(config, ['[plugins\n'], []))
    expect(error.code).toBe('invalid-config')
    expect(error.seen).toEqual(['[plugins'])
  })
})

describe('renderTemplate()', () => {
  const fields = { PodSubnet: '10.244.0.0/16' }
  for (const [text, expected] of [
    ['a: {{ .PodSubnet }}\n', 'a: 10.244.0.0/16\n'],
    ['a: {{.PodSubnet}} {{ .PodSubnet }}', 'a: 10.244.0.0/16 10.244.0.0/16'],
    ['a:   {{- .PodSubnet }}  b', 'a:10.244.0.0/16  b'],
    ['a:   {{- .PodSubnet -}}\n  b', 'a:10.244.0.0/16b'],
    ['no action {here}', 'no action {here}'],
  ] as const) {
    it(JSON.stringify(text), () => expect(renderTemplate(text, fields)).toBe(expected))
  }
  it('refuses an action that it does not know, rather than applying half a manifest', async () => {
    for (const text of ['{{ if .PodSubnet }}x{{ end }}', '{{ .Unknown }}']) {
      const error = await failureOf(() => renderTemplate(text, fields))
      expect(error.code).toBe('unexpected-answer')
      expect(error.seen).toEqual(['known: PodSubnet'])
    }
  })
})

describe('cniManifest()', () => {
  const cluster = { podSubnet: '10.244.0.0/16', controlPlaneEndpoint: 'dev-control-plane:6443' }
  const manifest =
    'kind: ServiceAccount\nmetadata: {name: kindnet}\n---\napiVersion: apps/v1\nkind: DaemonSet\nspec: {template: {spec: {containers: [{env: [{name: POD_SUBNET, value: "{{ .PodSubnet }}"}]}]}}}\n'

  it('is left as it is when the image asks for nothing', () => expect(cniManifest(manifest, cluster)).toBe(manifest))
  it('is rendered where the image asks for that', () => {
    const text = `# would you kindly template this file\n${manifest}`
    expect(cniManifest(text, cluster)).toBe(text.replace('{{ .PodSubnet }}', '10.244.0.0/16'))
  })
  it('tells its DaemonSet where the control plane is where the image asks for that', () => {
    const text = `# would you kindly template this file\n# would you kindly patch this file\n${manifest}`
    const [account, daemonSet] = parseAllDocuments(cniManifest(text, cluster)).map(
      (document) => document.toJS() as object,
    )
    expect(account).toEqual({ kind: 'ServiceAccount', metadata: { name: 'kindnet' } })
    expect(daemonSet).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              {
                env: [
                  { name: 'POD_SUBNET', value: '10.244.0.0/16' },
                  { name: 'CONTROL_PLANE_ENDPOINT', value: 'dev-control-plane:6443' },
                ],
              },
            ],
          },
        },
      },
    })
  })
})

describe('caCertificateHash()', () => {
  // Made with openssl 3.0; the hash by: openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | sha256sum
  const certificate = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUc9Jp/ULjlRfzPQ6udwm3kFbrqKgwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjQxMjM0MzZaGA8yMTI2MTAz
MTEyMzQzNlowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABInQdlksnn67sch8tdMGV9Wx8XlIEIZw51nYiG+sZlXFIVXR7cbX
kGvptfEgTrPXKyI5QOOCmajGt2ek8uKC0Y6jUzBRMB0GA1UdDgQWBBQ9ceSc60Jj
0DdPp9We7XwVsV9V/DAfBgNVHSMEGDAWgBQ9ceSc60Jj0DdPp9We7XwVsV9V/DAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDfbykNUDDlWuNhvzsx
tbd7t1BD+Lfwm5y0ZHpBJqAeMAIgICp2cPfO9tAZqKqUJyLXM2AIDOPqU48Ojc4L
o7vI1e0=
-----END CERTIFICATE-----`
  it('is the hash that openssl computes', () => {
    expect(caCertificateHash(certificate)).toBe(
      'sha256:9095bb614b928368df99b93f46b65497bf69e09132ed42fe6c8553839f6f4578',
    )
  })
})
