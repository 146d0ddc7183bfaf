import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_IP } from './node.ts'
import type { Pki } from './pki.ts'

/** Where things are and what they are called; the same in every cluster of the bed. */
export const API_SERVER = `https://${NODE_IP}:6443`
export const SERVICE_IP = '10.96.0.1'
const SERVICES = '10.96.0.0/24'
const PODS = '10.88.0.0/24'
const ETCD = 'http://127.0.0.1:2379'
/** As on a real node. */
const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'
export const PAUSE_IMAGE = 'docker.io/library/pause:test'

export interface Place {
  readonly dir: string
  readonly pki: Pki
  readonly nodeName: string
}

/** Further flags of a component, and further keys of the kubelet's configuration. */
export interface Extras {
  readonly flags?: { readonly [Name in Component]?: readonly string[] }
  readonly kubelet?: Readonly<Record<string, unknown>>
}

/** In the order in which they start; the first three must answer before the others are there. */
export const components = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
] as const
export type Component = (typeof components)[number]

const flags = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`)

/** The command lines, without the program. */
export function commandLines(place: Place): Record<Component, string[]> {
  const { dir, nodeName } = place
  const client = (name: string) => ({ kubeconfig: kubeconfigOf(place, name) })
  const alone = { 'leader-elect': 'false', 'bind-address': '127.0.0.1' }
  return {
    etcd: ['--unsafe-no-fsync', ...flags(etcd(dir))],
    containerd: ['--config', join(dir, 'containerd.toml')],
    'kube-apiserver': flags(apiServer(place.pki)),
    'kube-controller-manager': flags({
      ...client('kube-controller-manager'),
      ...alone,
      ...controllerManager(place.pki),
    }),
    'kube-scheduler': flags({ ...client('kube-scheduler'), ...alone }),
    kubelet: flags({
      ...client('kubelet'),
      config: '/var/lib/kubelet/config.yaml',
      'hostname-override': nodeName,
      'node-ip': NODE_IP,
      v: '2',
    }),
    // The conntrack limits are the machine's: left alone.
    'kube-proxy': flags({
      ...client('kube-proxy'),
      'proxy-mode': 'nftables',
      'hostname-override': nodeName,
      'cluster-cidr': PODS,
      'conntrack-max-per-core': '0',
      'conntrack-tcp-timeout-established': '0',
      'conntrack-tcp-timeout-close-wait': '0',
    }),
  }
}

const etcd = (dir: string) => ({
  'data-dir': join(dir, 'etcd'),
  'listen-client-urls': ETCD,
  'advertise-client-urls': ETCD,
  'listen-peer-urls': 'http://127.0.0.1:2380',
})

const apiServer = ({ file }: Pki) => ({
  'etcd-servers': ETCD,
  'advertise-address': NODE_IP,
  'secure-port': '6443',
  'tls-cert-file': file('apiserver.crt'),
  'tls-private-key-file': file('apiserver.key'),
  'client-ca-file': file('ca.crt'),
  'kubelet-certificate-authority': file('ca.crt'),
  'kubelet-client-certificate': file('apiserver-kubelet-client.crt'),
  'kubelet-client-key': file('apiserver-kubelet-client.key'),
  'kubelet-preferred-address-types': 'InternalIP',
  'requestheader-client-ca-file': file('front-proxy-ca.crt'),
  'requestheader-allowed-names': 'front-proxy-client',
  'requestheader-username-headers': 'X-Remote-User',
  'requestheader-group-headers': 'X-Remote-Group',
  'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
  'proxy-client-cert-file': file('front-proxy-client.crt'),
  'proxy-client-key-file': file('front-proxy-client.key'),
  'service-account-issuer': 'https://kubernetes.default.svc',
  'service-account-key-file': file('sa.pub'),
  'service-account-signing-key-file': file('sa.key'),
  'authorization-mode': 'Node,RBAC',
  'enable-admission-plugins': 'NodeRestriction',
  'allow-privileged': 'true',
  'service-cluster-ip-range': SERVICES,
})

const controllerManager = ({ file }: Pki) => ({
  'use-service-account-credentials': 'true',
  'service-account-private-key-file': file('sa.key'),
  'root-ca-file': file('ca.crt'),
  'cluster-signing-cert-file': file('ca.crt'),
  'cluster-signing-key-file': file('ca.key'),
})

/** The path of a client's kubeconfig; written on the way. JSON is YAML. */
export function kubeconfigOf({ dir, pki }: Place, client: string): string {
  const path = join(dir, `${client}.kubeconfig`)
  const cluster = { server: API_SERVER, 'certificate-authority': pki.file('ca.crt') }
  const user = { 'client-certificate': pki.file(`${client}.crt`), 'client-key': pki.file(`${client}.key`) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: client, user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: client } }],
    'current-context': 'test',
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

/** containerd's and CNI's configuration. Without CAP_SYS_RESOURCE no process may lower its oom_score_adj. */
export function writeContainerdConfig(dir: string): void {
  const cni = join(dir, 'cni')
  mkdirSync(cni)
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: true,
    ipam: { type: 'host-local', ranges: [[{ subnet: PODS }]], routes: [{ dst: '0.0.0.0/0' }] },
  }
  const plugins = [bridge, { type: 'portmap', capabilities: { portMappings: true } }]
  writeFileSync(join(cni, '10-pods.conflist'), JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins }))
  writeFileSync(
    join(dir, 'containerd.toml'),
    `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${cni}"
`,
  )
}

/** Lies where kubeadm puts it, /var/lib/kubelet/config.yaml. */
export function kubeletConfig({ pki }: Place, extras: Extras): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki.file('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pki.file('kubelet-server.crt'),
    tlsPrivateKeyFile: pki.file('kubelet-server.key'),
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    protectKernelDefaults: true,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    evictionPressureTransitionPeriod: '10s',
    ...extras.kubelet,
  })
}
