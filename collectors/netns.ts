import type { Host } from './host.ts'
import type { Fault } from './reading.ts'

/**
 * `/proc/sys/net` shows the network namespace of whoever reads it, unlike `/proc/1/net`, which shows the node's. A fault
 * where the two differ: values from there would be those of the agent's own pod. Links that cannot be read tell nothing.
 */
export function foreignNamespace(host: Host): Fault | null {
  const own = host.readlink('/proc/self/ns/net')
  const node = host.readlink('/proc/1/ns/net')
  if (!own.ok || !node.ok || own.value === node.value) return null
  return { code: 'Denied', detail: "hostNetwork is missing: /proc/sys/net shows the agent's own network namespace" }
}
