import type { Reading } from './reading.ts'

/**
 * The seam: all that the agent reads of a machine goes through here, so that everything can be recorded and replayed.
 *
 * Paths are spelled as on the machine itself (`/proc/loadavg`, `/sys/block/vda/dev`, `/etc/docker/daemon.json`); the
 * implementation maps `/proc`, `/sys` and everything else to its own roots.
 */
export interface Host {
  /** Text of a kernel pseudo-file (procfs or sysfs only: they answer at once). Capped at `MAX_TEXT_BYTES`. */
  read(path: string): Reading<string>
  /** Names in a procfs or sysfs directory, in no order. */
  list(path: string): Reading<string[]>
  /** Target of a procfs or sysfs symbolic link. */
  readlink(path: string): Reading<string>
  /** Calls that may block for ever on a sick node. They answer later, never later than their deadline. */
  readonly blocking: Blocking
  readonly services: Services
}

/** What other processes say of this node. They may be slow or silent; asking them does not hang in the kernel. */
export interface Services {
  /** The node's Lease, as followed beside the loop; `Absent` without a cluster. */
  lease(): Reading<Lease>
  /** The answer to a GET of a loopback address, within 10 s; `Absent` where nobody listens and nobody did since the start. */
  ask(url: string): Promise<Reading<HttpAnswer>>
}

/** coordination.k8s.io/v1 Lease, by the agent's own clock: a wrong one cannot make a node late. */
export interface Lease {
  /** `leaseDurationSeconds`. */
  readonly durationSeconds: number
  /** Time since we saw `renewTime` change, or first saw it. */
  readonly ageMs: number
  /** Values of `renewTime` that we saw: a counter of this run of the agent. */
  readonly renewals: number
  /** The last answer to a direct question, which is asked while the Lease looks old: it was the same then. */
  readonly probe: { readonly ageMs: number; readonly roundTripMs: number } | null
  /** Why the last such question got no Lease; null where it did, or where none was asked. */
  readonly apiError: ApiFailure | null
  /**
   * How long the API server has answered each time, whatever the agent asked or wrote, within a second; null while it does
   * not, or takes no writes. Begins anew where the agent itself stood still.
   */
  readonly answeringForMs: number | null
}

export interface ApiFailure {
  /** HTTP status; 0: no answer. */
  readonly code: number
  readonly message: string
}

export interface HttpAnswer {
  /** HTTP status; 0: no answer. */
  readonly code: number
  /** Until the answer came, or until we knew that none would. */
  readonly roundTripMs: number
  /** Why there was no answer. */
  readonly error: string | null
}

/** Everything on a real file system: on a dead disk or NFS server these calls hang in the kernel. */
export interface Blocking {
  statfs(path: string): Promise<Reading<StatFs>>
  /** The same where another machine or a process serves the file system (NFS, FUSE): when it is silent, nothing else waits. */
  statfsServed(path: string): Promise<Reading<StatFs>>
  /** Text of a regular file; a symbolic link as the last component is not followed. */
  readText(path: string, maxBytes: number): Promise<Reading<string>>
  /**
   * The same of a JSON object, of which only these keys leave the process that reads it: beside them docker keeps
   * environments and command lines, with passwords, and what a host hands out ends up in captures.
   */
  readJson(path: string, maxBytes: number, keys: JsonKeys): Promise<Reading<string>>
  /** Regular files below a directory down to `depth` levels, symbolic links neither followed nor listed; `Absent` without the directory. */
  files(path: string, depth: number): Promise<Reading<FileEntry[]>>
  /** The path with all symbolic links resolved, below the same root. */
  resolve(path: string): Promise<Reading<string>>
}

/** Ways to scalars, a key a step, such as `['Config', 'Labels', 'io.kubernetes.pod.name']`: keys may hold dots themselves. */
export type JsonKeys = readonly (readonly string[])[]

/** statfs(2), in the words of tree captures: blocks of `blockSize` bytes. */
export interface StatFs {
  readonly blockSize: number
  readonly blocks: number
  readonly freeBlocks: number
  /** f_bavail: free for unprivileged users; what kubelet and df call available. */
  readonly availableBlocks: number
  readonly files: number
  readonly freeFiles: number
}

export interface FileEntry {
  /** Relative to the directory asked for. */
  readonly path: string
  readonly sizeBytes: number
  readonly allocatedBytes: number
  readonly inode: number
  readonly modifiedMs: number
}

/** No kernel file that we read is larger on the largest machine we know (mountinfo of 10 000 mounts: 2 MiB). */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024
/** A directory with more files than this is cut: the answer must fit the pipe and the cycle. */
export const MAX_FILES = 20_000
