import { ApiError } from '../kubernetes/api.ts'
import type { KubernetesObject } from '../kubernetes/watch.ts'

/** What we look at of a Node (core/v1). Times are RFC 3339 in whole seconds. */
export interface NodeObject extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly deletionTimestamp?: string
    readonly managedFields?: readonly ManagedFields[]
  }
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] }
  readonly status?: { readonly conditions?: readonly NodeCondition[] }
}

/** core/v1 NodeCondition. */
export interface NodeCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly lastHeartbeatTime?: string
}

interface ManagedFields {
  readonly manager?: string
  readonly time?: string
  readonly subresource?: string
  readonly fieldsV1?: { readonly 'f:status'?: { readonly 'f:conditions'?: Readonly<Record<string, unknown>> } }
}

/** The server's answer as a Node; a proxy's page in JSON is none. Throws ApiError. */
export function asNode(object: unknown, name: string): NodeObject {
  const { metadata, status } = (object ?? {}) as Partial<NodeObject>
  const isList = (value: unknown) => value === undefined || Array.isArray(value)
  if (metadata?.name !== name || !isList(metadata.managedFields) || !isList(status?.conditions))
    throw new ApiError(`the answer is not the Node ${name}`, 0)
  return object as NodeObject
}

/** Under this name the API server notes which conditions are ours. */
export const FIELD_MANAGER = 'node-agent'

const managedByUs = ({ metadata }: NodeObject): readonly ManagedFields[] =>
  (metadata.managedFields ?? []).filter(
    ({ manager, subresource }) => manager === FIELD_MANAGER && subresource === 'status',
  )

/**
 * Types of the conditions that we wrote, in this run or an earlier one: by `managedFields` (KEP-555), which the API server
 * keeps. So what the configuration no longer has is found, and nothing of others is ever touched.
 */
export function ownedConditions(node: NodeObject): ReadonlySet<string> {
  const keys = managedByUs(node).flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.['f:status']?.['f:conditions'] ?? {}))
  return new Set(keys.flatMap(key => typeOf(key) ?? []))
}

/** `k:{"type":"DiskSlow"}` */
function typeOf(key: string): string | undefined {
  if (!key.startsWith('k:')) return undefined
  try {
    return (JSON.parse(key.slice(2)) as { type?: string }).type
  } catch {
    return undefined
  }
}

/** When something of our name last wrote the status; null if never. */
export function lastWrittenAs(node: NodeObject): string | null {
  const times = managedByUs(node).flatMap(({ time }) => time ?? [])
  return times.sort().at(-1) ?? null
}

/** Taints by which those who take nodes away announce it. */
const LEAVING_TAINTS = new Set([
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
  'ToBeDeletedByClusterAutoscaler',
  'node.kubernetes.io/out-of-service',
  'node.cloudprovider.kubernetes.io/shutdown',
])

/** The node is on its way out: what happens to it now is nobody's alarm. */
export const isLeaving = (node: NodeObject): boolean =>
  node.metadata.deletionTimestamp !== undefined || (node.spec?.taints ?? []).some(({ key }) => LEAVING_TAINTS.has(key))
