import { apiServerSlow } from './api-server-slow.ts'
import { clockStepped } from './clock-stepped.ts'
import { clockUnsynchronized } from './clock-unsynchronized.ts'
import { conntrackDrops } from './conntrack-drops.ts'
import { conntrackInsertFailed } from './conntrack-insert-failed.ts'
import { conntrackPressure } from './conntrack-pressure.ts'
import { containerLogPressure } from './container-log-pressure.ts'
import { cpuStolen } from './cpu-stolen.ts'
import { diskFillingUp } from './disk-filling-up.ts'
import { diskHung } from './disk-hung.ts'
import { diskSlow } from './disk-slow.ts'
import { fdPressure } from './fd-pressure.ts'
import { filesystemCorrupt } from './filesystem-corrupt.ts'
import { highLoad } from './high-load.ts'
import { interfaceDrops } from './interface-drops.ts'
import { interfaceErrors } from './interface-errors.ts'
import { ipForwardDisabled } from './ip-forward-disabled.ts'
import { kubeletHeartbeatLate } from './kubelet-heartbeat-late.ts'
import { kubeletUnhealthy } from './kubelet-unhealthy.ts'
import { listenOverflow } from './listen-overflow.ts'
import { memoryFragmented } from './memory-fragmented.ts'
import { memoryShort } from './memory-short.ts'
import { nodeCutOff } from './node-cut-off.ts'
import { readonlyFilesystem } from './readonly-filesystem.ts'
import { reversePathFilterStrict } from './reverse-path-filter-strict.ts'
import type { Rule } from './rule.ts'
import { softnetDrops } from './softnet-drops.ts'
import { synDrops } from './syn-drops.ts'
import { tcpBufferPressure } from './tcp-buffer-pressure.ts'
import { threadPressure } from './thread-pressure.ts'
import { udpBufferErrors } from './udp-buffer-errors.ts'

/** The catalogue. Adding a rule: its file and its line here; docs, metrics and configuration follow from it. */
export const ruleCatalogue: readonly Rule[] = [
  diskHung,
  diskSlow,
  diskFillingUp,
  containerLogPressure,
  readonlyFilesystem,
  filesystemCorrupt,
  memoryFragmented,
  memoryShort,
  highLoad,
  fdPressure,
  threadPressure,
  clockUnsynchronized,
  clockStepped,
  cpuStolen,
  conntrackPressure,
  conntrackDrops,
  conntrackInsertFailed,
  listenOverflow,
  synDrops,
  tcpBufferPressure,
  udpBufferErrors,
  softnetDrops,
  interfaceDrops,
  interfaceErrors,
  reversePathFilterStrict,
  ipForwardDisabled,
  kubeletHeartbeatLate,
  kubeletUnhealthy,
  nodeCutOff,
  apiServerSlow,
]
