import type { Sysctls } from '../../collectors/sysctls.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, readingOf } from './step.ts'

export const settingSignals = {
  'settings.ipForward': {
    unit: 'count',
    subject: 'Node',
    worse: 'down',
    help: 'Whether the node forwards IPv4 packets (net.ipv4.ip_forward): 1 or 0',
  },
} as const satisfies Record<string, SignalDefinition>

/** `Ip: Forwarding` of snmp as the MIB has it: 1 forwards, 2 does not. */
const MIB_FORWARDS = 1

/** Settings of the kernel, for the rules that name them. */
export const settings = derivation({
  start: null,
  step(state, { curr, signals }) {
    const sysctls = readingOf(curr, 'sysctls')
    // The agent may lack hostNetwork: the sysctl is then its own pod's, snmp of pid 1 still the node's.
    const forwarding = readingOf(curr, 'snmp')?.get('Ip')?.get('Forwarding')
    const ofSnmp = forwarding === undefined ? undefined : Number(forwarding === MIB_FORWARDS)
    signals.set('settings.ipForward', 'node', sysctls?.values.get('net/ipv4/ip_forward')?.[0] ?? ofSnmp)
    const facts: Pick<Sysctls, 'values' | 'rpFilter'> | null = sysctls ?? null
    return { state, facts }
  },
})
