import { collector } from './collector.ts'
import { dockerRoots, resolveAll } from './dockerroots.ts'
import type { FileEntry, Host } from './host.ts'
import { fault, ok, okBut, type Reading } from './reading.ts'

/**
 * Log files of containers: what they wrote to stdout and stderr, with the rotated files.
 *
 *     <docker root>/containers/<id>/<id>-json.log, …-json.log.1, …-json.log.2.gz
 *     /var/log/pods/<namespace>_<pod>_<uid>/<container>/0.log, 0.log.20261122-030000.gz, 1.log
 *
 * Sizes are gauges. CRI runtimes number the instances of a container: the highest number is the running one's.
 * dockershim's `N.log` are links to docker's files and are not counted twice. Docker's `local` driver rotates by itself
 * and is not read. docs.docker.com/engine/logging/drivers/json-file, kubernetes/design-proposals: kubelet-cri-logging
 */
export interface ContainerLog {
  /** docker's 64 hex digits; null for CRI, whose paths do not tell it. */
  readonly containerId: string | null
  /** What the CRI path says; null for docker, whose names are in its own files. */
  readonly owner: LogOwner | null
  readonly directory: string
  /** The file that is being written first, then the others by name. */
  readonly files: readonly LogFile[]
}

interface LogOwner {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly container: string
}

interface LogFile {
  readonly name: string
  /** The one that is being written. */
  readonly current: boolean
  readonly sizeBytes: number
  readonly allocatedBytes: number
  readonly inode: number
}

export const containerlogs = collector({
  name: 'containerlogs',
  source: '<docker root>/containers/<id>/<id>-json.log*, /var/log/pods/*/*/*.log*',
  absentWhen: "there is neither a docker root nor the kubelet's log directory",
  async collect(host, places): Promise<Reading<ContainerLog[]>> {
    const docker = (await dockerRoots(host, places)).map(root => `${root}/containers`)
    const walked = await Promise.all([walk(host, docker, 2, dockerLogs), walk(host, places.podLogRoots, 3, criLogs)])
    const readings = walked.flat()
    const logs = readings.flatMap(reading => (reading.ok ? reading.value : []))
    const [trouble] = readings.flatMap(reading => (reading.ok ? (reading.partial ?? []) : reading.fault))
    if (readings.every(reading => !reading.ok))
      return fault(trouble?.code ?? 'Absent', trouble?.detail ?? 'no directory of container logs')
    return trouble ? okBut(logs, trouble) : ok(logs)
  },
})

/** One walk per directory that exists, wherever links lead. */
async function walk(
  host: Host,
  directories: readonly string[],
  depth: number,
  logsOf: (directory: string, files: readonly FileEntry[]) => ContainerLog[],
): Promise<Reading<ContainerLog[]>[]> {
  const real = await resolveAll(host, directories)
  const walked = await Promise.all(
    real.map(async directory => {
      if (!directory.ok) return directory
      const files = await host.blocking.files(directory.value, depth)
      return files.ok ? { ...files, value: logsOf(directory.value, files.value) } : files
    }),
  )
  return walked.filter(reading => reading.ok || reading.fault.code !== 'Absent')
}

/** `<id>/<id>-json.log*` among everything else that docker keeps of a container. */
function dockerLogs(directory: string, files: readonly FileEntry[]): ContainerLog[] {
  const logs = files.filter(({ path }) => {
    const [id, name] = path.split('/') as [string, string | undefined]
    return name?.startsWith(`${id}-json.log`)
  })
  return [...Map.groupBy(logs, ({ path }) => path.slice(0, path.indexOf('/')))].map(([id, group]) => ({
    containerId: id,
    owner: null,
    directory: `${directory}/${id}`,
    files: ordered(group, `${id}-json.log`),
  }))
}

/** `<namespace>_<pod>_<uid>/<container>/N.log*`. Names in Kubernetes hold no underscore. */
function criLogs(directory: string, files: readonly FileEntry[]): ContainerLog[] {
  const logs = files.filter(({ path }) => path.includes('.log') && path.split('/').length === 3)
  return [...Map.groupBy(logs, ({ path }) => path.slice(0, path.lastIndexOf('/')))].flatMap(([below, group]) => {
    const [podDirectory, container] = below.split('/') as [string, string]
    const [namespace, pod, uid, ...rest] = podDirectory.split('_')
    if (uid === undefined || rest.length > 0) return []
    const owner = { namespace: namespace!, pod: pod!, uid, container }
    return [{ containerId: null, owner, directory: `${directory}/${below}`, files: ordered(group, running(group)) }]
  })
}

/** `12.log` rather than `9.log`. */
function running(files: readonly FileEntry[]): string {
  const numbers = files.map(({ path }) => /\/(\d+)\.log$/.exec(path)?.[1]).filter(number => number !== undefined)
  return `${numbers.reduce((highest, number) => (Number(number) > Number(highest) ? number : highest), '0')}.log`
}

function ordered(files: readonly FileEntry[], currentName: string): LogFile[] {
  return files
    .map(({ path, sizeBytes, allocatedBytes, inode }) => {
      const name = path.slice(path.lastIndexOf('/') + 1)
      return { name, current: name === currentName, sizeBytes, allocatedBytes, inode }
    })
    .sort((a, b) => Number(b.current) - Number(a.current) || (a.name < b.name ? -1 : 1))
}
