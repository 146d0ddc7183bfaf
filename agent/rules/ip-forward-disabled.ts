import { type Levels, type Observation, type Rule, stanceOf, theNode, type View } from './rule.ts'

/** Made by network plugins and kube-proxy: who has one of these routes for pods. */
const POD_NETWORK =
  /^(cni\d+|cbr0|kube-bridge|kube-ipvs0|cali\w+|cilium_\w+|lxc_health|flannel[.\w-]+|weave|vxlan\.calico|antrea-gw0|ovn-k8s-\w+)$/

export const ipForwardDisabled: Rule = {
  id: 'IPForwardDisabled',
  kind: 'finding',
  severity: 'info',
  summary: 'The node does not forward packets although it has pods to forward them to.',
  subject: 'Node',
  needs: ['netdev', 'sysctls'],
  triggers: [
    {
      name: 'level',
      signal: 'settings.ipForward',
      unit: 'count',
      direction: 'below',
      raise: 0,
      clear: 0,
      reason: 'IPForwardDisabled',
      also: "a pod network's interface is there (cni0, cali*, cilium_*, flannel*, kube-ipvs0 …, or docker0 with a veth)",
      observe,
    },
  ],
  remedy: 'Set net.ipv4.ip_forward = 1 (`sysctl -w`, and a file in /etc/sysctl.d), and find out who turned it off.',
}

function observe({ signals, facts }: View, levels: Levels): Observation[] | null {
  const forwards = signals.get('settings.ipForward')
  if (forwards === undefined) return null
  const witness = podNetwork(facts.interfaces.names)
  return [
    {
      subject: theNode,
      stance: witness === undefined ? 'clear' : stanceOf(forwards, 'below', levels),
      words: () => ({
        message: `net.ipv4.ip_forward is 0, so pods reach nothing beyond this node and Services do not work (pod network: ${witness ?? 'none'})`,
        evidence: { ipForward: forwards, ...(witness === undefined ? {} : { podInterface: witness }) },
      }),
    },
  ]
}

/** The first interface that says that pods are routed here; a bare machine need not forward anything. */
function podNetwork(names: readonly string[]): string | undefined {
  const docker = names.includes('docker0') && names.some(name => name.startsWith('veth')) ? 'docker0' : undefined
  return names.find(name => POD_NETWORK.test(name)) ?? docker
}
