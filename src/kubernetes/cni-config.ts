/**
 * The CNI configuration that kindnetd would write, so that a node is Ready when it registers; kindnetd writes the same file later.
 * @param subnets the node's own pod ranges, one for each IP family.
 */
export function defaultCniConfig({ subnets }: { readonly subnets: readonly string[] }): string {
  const config = {
    cniVersion: '0.3.1',
    name: 'kindnet',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni-ipam-state',
          routes: subnets.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
          ranges: subnets.map((subnet) => [{ subnet }]),
        },
        mtu: 1500,
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
