/** The fields of kubeadm's documents, as far as kubeadm 1.35 decodes them; anything else is an error, as with its strict decoder. */

export type Schema =
  | 'string'
  | 'bool'
  | 'int'
  | 'duration'
  | 'any'
  | { readonly list: Schema }
  | { readonly map: Schema }
  | { readonly fields: Readonly<Record<string, Schema>> }

const strings: Schema = { list: 'string' }
const stringMap: Schema = { map: 'string' }
const boolMap: Schema = { map: 'bool' }
const header = { apiVersion: 'string', kind: 'string' } as const
const taint: Schema = { fields: { key: 'string', value: 'string', effect: 'string', timeAdded: 'string' } }
const hostPath: Schema = {
  list: { fields: { name: 'string', hostPath: 'string', mountPath: 'string', readOnly: 'bool', pathType: 'string' } },
}
const image = { imageRepository: 'string', imageTag: 'string' } as const
const bootstrapTokens: Schema = {
  list: {
    fields: {
      token: 'string',
      description: 'string',
      ttl: 'duration',
      expires: 'string',
      usages: strings,
      groups: strings,
    },
  },
}

/** What differs between the two versions that are decoded. */
function documents(api: 'v1beta3' | 'v1beta4'): Readonly<Record<string, Schema>> {
  const isNewer = api === 'v1beta4'
  const args: Schema = isNewer ? { list: { fields: { name: 'string', value: 'string' } } } : stringMap
  const env: Record<string, Schema> = isNewer
    ? { extraEnvs: { list: { fields: { name: 'string', value: 'string', valueFrom: 'any' } } } }
    : {}
  const component = { extraArgs: args, extraVolumes: hostPath, ...env }
  const timeouts: Record<string, Schema> = isNewer
    ? {
        timeouts: {
          fields: {
            controlPlaneComponentHealthCheck: 'duration',
            kubeletHealthCheck: 'duration',
            kubernetesAPICall: 'duration',
            etcdAPICall: 'duration',
            tlsBootstrap: 'duration',
            discovery: 'duration',
            upgradeManifests: 'duration',
          },
        },
      }
    : {}
  const nodeRegistration: Schema = {
    fields: {
      name: 'string',
      criSocket: 'string',
      taints: { list: taint },
      kubeletExtraArgs: args,
      ignorePreflightErrors: strings,
      imagePullPolicy: 'string',
      ...(isNewer ? { imagePullSerial: 'bool' } : {}),
    },
  }
  const localAPIEndpoint: Schema = { fields: { advertiseAddress: 'string', bindPort: 'int' } }
  const patches: Schema = { fields: { directory: 'string' } }
  return {
    ClusterConfiguration: {
      fields: {
        ...header,
        etcd: {
          fields: {
            local: {
              fields: {
                ...image,
                dataDir: 'string',
                extraArgs: args,
                serverCertSANs: strings,
                peerCertSANs: strings,
                ...env,
              },
            },
            external: { fields: { endpoints: strings, caFile: 'string', certFile: 'string', keyFile: 'string' } },
          },
        },
        networking: { fields: { serviceSubnet: 'string', podSubnet: 'string', dnsDomain: 'string' } },
        kubernetesVersion: 'string',
        controlPlaneEndpoint: 'string',
        apiServer: {
          fields: { ...component, certSANs: strings, ...(isNewer ? {} : { timeoutForControlPlane: 'duration' }) },
        },
        controllerManager: { fields: component },
        scheduler: { fields: component },
        dns: { fields: { ...image, ...(isNewer ? { disabled: 'bool' } : {}) } },
        certificatesDir: 'string',
        imageRepository: 'string',
        featureGates: boolMap,
        clusterName: 'string',
        ...(isNewer
          ? {
              proxy: { fields: { disabled: 'bool' } },
              encryptionAlgorithm: 'string',
              certificateValidityPeriod: 'duration',
              caCertificateValidityPeriod: 'duration',
            }
          : {}),
      },
    },
    InitConfiguration: {
      fields: {
        ...header,
        bootstrapTokens,
        nodeRegistration,
        localAPIEndpoint,
        certificateKey: 'string',
        skipPhases: strings,
        patches,
        ...(isNewer ? { dryRun: 'bool' } : {}),
        ...timeouts,
      },
    },
    JoinConfiguration: {
      fields: {
        ...header,
        nodeRegistration,
        caCertPath: 'string',
        discovery: {
          fields: {
            bootstrapToken: {
              fields: {
                token: 'string',
                apiServerEndpoint: 'string',
                caCertHashes: strings,
                unsafeSkipCAVerification: 'bool',
              },
            },
            file: { fields: { kubeConfigPath: 'string' } },
            tlsBootstrapToken: 'string',
            ...(isNewer ? {} : { timeout: 'duration' }),
          },
        },
        controlPlane: { fields: { localAPIEndpoint, certificateKey: 'string' } },
        skipPhases: strings,
        patches,
        ...(isNewer ? { dryRun: 'bool' } : {}),
        ...timeouts,
      },
    },
  }
}

const kubelet: Schema = {
  fields: {
    ...header,
    address: 'string',
    authentication: 'any',
    authorization: 'any',
    cgroupDriver: 'string',
    cgroupRoot: 'string',
    clusterDNS: strings,
    clusterDomain: 'string',
    containerLogMaxFiles: 'int',
    containerLogMaxSize: 'string',
    containerRuntimeEndpoint: 'string',
    cpuManagerPolicy: 'string',
    evictionHard: stringMap,
    evictionSoft: stringMap,
    failSwapOn: 'bool',
    featureGates: boolMap,
    imageGCHighThresholdPercent: 'int',
    imageGCLowThresholdPercent: 'int',
    kubeAPIBurst: 'int',
    kubeAPIQPS: 'int',
    maxPods: 'int',
    nodeStatusReportFrequency: 'duration',
    nodeStatusUpdateFrequency: 'duration',
    registryBurst: 'int',
    registryPullQPS: 'int',
    resolvConf: 'string',
    rotateCertificates: 'bool',
    serializeImagePulls: 'bool',
    serverTLSBootstrap: 'bool',
    staticPodPath: 'string',
    syncFrequency: 'duration',
    systemReserved: stringMap,
  },
}

const kubeProxy: Schema = {
  fields: {
    ...header,
    bindAddress: 'string',
    clientConnection: 'any',
    clusterCIDR: 'string',
    conntrack: {
      fields: {
        maxPerCore: 'int',
        min: 'int',
        tcpEstablishedTimeout: 'duration',
        tcpCloseWaitTimeout: 'duration',
        tcpBeLiberal: 'bool',
      },
    },
    featureGates: boolMap,
    iptables: {
      fields: {
        masqueradeAll: 'bool',
        masqueradeBit: 'int',
        localhostNodePorts: 'bool',
        minSyncPeriod: 'duration',
        syncPeriod: 'duration',
      },
    },
    ipvs: { fields: { scheduler: 'string', strictARP: 'bool', minSyncPeriod: 'duration', syncPeriod: 'duration' } },
    metricsBindAddress: 'string',
    mode: 'string',
    nftables: {
      fields: { masqueradeAll: 'bool', masqueradeBit: 'int', minSyncPeriod: 'duration', syncPeriod: 'duration' },
    },
    nodePortAddresses: strings,
  },
}

/** The schema of a document, undefined for what this release does not decode. */
export function schemaFor(apiVersion: string, kind: string, minor: number): Schema | undefined {
  if (apiVersion === 'kubelet.config.k8s.io/v1beta1' && kind === 'KubeletConfiguration') return kubelet
  if (apiVersion === 'kubeproxy.config.k8s.io/v1alpha1' && kind === 'KubeProxyConfiguration') return kubeProxy
  // v1beta4 came with 1.31; v1beta3 is deprecated and still read.
  if (apiVersion === 'kubeadm.k8s.io/v1beta4' && minor >= 31) return documents('v1beta4')[kind]
  if (apiVersion === 'kubeadm.k8s.io/v1beta3') return documents('v1beta3')[kind]
  return undefined
}

export const initPhases = [
  'preflight',
  'certs',
  'kubeconfig',
  'etcd',
  'control-plane',
  'kubelet-start',
  'wait-control-plane',
  'upload-config',
  'upload-certs',
  'mark-control-plane',
  'bootstrap-token',
  'kubelet-finalize',
  'addon',
  'addon/coredns',
  'addon/kube-proxy',
  'show-join-command',
]
export const joinPhases = [
  'preflight',
  'control-plane-prepare',
  'kubelet-start',
  'kubelet-wait-bootstrap',
  'control-plane-join',
  'wait-control-plane',
]

/** What does not fit, as paths with reasons. */
export function mismatches(value: unknown, schema: Schema, path: string): readonly string[] {
  if (value === null || value === undefined || schema === 'any') return []
  if (typeof schema === 'string') {
    const fits =
      schema === 'int'
        ? typeof value === 'number' && Number.isInteger(value)
        : schema === 'bool'
          ? typeof value === 'boolean'
          : typeof value === 'string' && (schema === 'string' || /^(\d+(\.\d+)?(h|m|s|ms))+$|^0$/.test(value))
    return fits ? [] : [`${path}: cannot decode ${JSON.stringify(value)} as ${schema}`]
  }
  if ('list' in schema) {
    if (!Array.isArray(value)) return [`${path}: expected a list`]
    return value.flatMap((item, index) => mismatches(item, schema.list, `${path}[${index}]`))
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path}: expected an object`]
  return Object.entries(value).flatMap(([key, its]) => {
    if ('map' in schema) return mismatches(its, schema.map, `${path}.${key}`)
    const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined
    return field === undefined
      ? [`strict decoding error: unknown field "${`${path}.${key}`.slice(1)}"`]
      : mismatches(its, field, `${path}.${key}`)
  })
}
