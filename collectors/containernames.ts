import { collector } from './collector.ts'
import { dockerRoots, parseObject, resolveAll } from './dockerroots.ts'
import type { Host } from './host.ts'
import { type Fault, fault, Malformed, ok, okBut, parsed, type Reading } from './reading.ts'

/**
 * `<docker root>/containers/<id>/config.v2.json`: who a docker container is.
 *
 *     {"ID":"3f4e…","Name":"/k8s_app_web-0_shop_0d1f…_0","Config":{"Labels":{"io.kubernetes.pod.name":"web-0",
 *      "io.kubernetes.pod.namespace":"shop","io.kubernetes.container.name":"app"}}}
 *
 * Written by dockerd since 1.10; the labels are the kubelet's (dockershim, cri-dockerd).
 */
export interface ContainerName {
  readonly containerId: string
  /** docker's own name without the slash. */
  readonly name: string
  /** Null for containers that Kubernetes did not start. */
  readonly owner: { readonly namespace: string; readonly pod: string; readonly container: string } | null
}

const LABELS = ['io.kubernetes.pod.namespace', 'io.kubernetes.pod.name', 'io.kubernetes.container.name']
/** All that the parser asks for. */
const KEYS = [['ID'], ['Name'], ...LABELS.map(label => ['Config', 'Labels', label])]

export function parseConfigV2(text: string): ContainerName {
  const { ID: id, Name: name, Config: config } = parseObject(text)
  if (typeof id !== 'string' || typeof name !== 'string') throw new Malformed('no ID or no Name')
  const labels = asObject(asObject(config).Labels)
  const [namespace, pod, container] = LABELS.map(label => labels[label])
  const named = typeof namespace === 'string' && typeof pod === 'string' && typeof container === 'string'
  return { containerId: id, name: name.replace(/^\//, ''), owner: named ? { namespace, pod, container } : null }
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

/** Labels and environment of the largest containers that we know stay below. */
const MAX_BYTES = 512 * 1024

export const containernames = collector({
  name: 'containernames',
  source: '<docker root>/containers/<id>/config.v2.json',
  absentWhen: 'there is no docker root',
  // A container keeps its name for life; a new one waits this long for its own.
  everyMs: 60_000,
  async collect(host, places): Promise<Reading<ContainerName[]>> {
    const roots = await resolveAll(
      host,
      (await dockerRoots(host, places)).map(root => `${root}/containers`),
    )
    if (roots.length === 0) return fault('Absent', 'no docker root')
    const names = (await Promise.all(roots.map(root => (root.ok ? readNames(host, root.value) : [root])))).flat()
    const found = names.flatMap(name => (name.ok ? [name.value] : []))
    const trouble = names.map(troubleOf).find(problem => problem !== undefined)
    if (trouble === undefined) return ok(found)
    return found.length > 0 ? okBut(found, trouble) : { ok: false, fault: trouble }
  },
})

/** A container that went away meanwhile is no trouble. */
function troubleOf(name: Reading<ContainerName>): Fault | undefined {
  return name.ok || name.fault.code === 'Absent' ? undefined : name.fault
}

async function readNames(host: Host, directory: string): Promise<Reading<ContainerName>[]> {
  const files = await host.blocking.files(directory, 2)
  if (!files.ok) return [files]
  const configs = files.value.filter(({ path }) => path.endsWith('/config.v2.json'))
  const names = await Promise.all(
    configs.map(async ({ path }) => {
      const full = `${directory}/${path}`
      return parsed(full, await host.blocking.readJson(full, MAX_BYTES, KEYS), parseConfigV2)
    }),
  )
  return files.partial ? [...names, { ok: false, fault: files.partial }] : names
}
