import type { SignalDefinition } from '../signals.ts'
import { clockSignals } from './clock.ts'
import { conntrackSignals } from './conntrack.ts'
import { containerlogSignals } from './containerlogs.ts'
import { cpuSignals } from './cpu.ts'
import { diskSignals } from './disks.ts'
import { filesystemSignals } from './filesystems.ts'
import { fragmentationSignals } from './fragmentation.ts'
import { interfaceSignals } from './interfaces.ts'
import { kubeletSignals } from './kubelet.ts'
import { limitSignals } from './limits.ts'
import { memorySignals } from './memory.ts'
import { pressureSignals } from './pressure.ts'
import { protocolSignals } from './protocols.ts'
import { readonlySignals } from './readonly.ts'
import { settingSignals } from './settings.ts'
import { socketSignals } from './sockets.ts'
import { softnetSignals } from './softnet.ts'

/** Every signal, by its closed name. A derivation declares its own; they meet here. */
export const signalCatalogue = {
  ...cpuSignals,
  ...pressureSignals,
  ...memorySignals,
  ...fragmentationSignals,
  ...limitSignals,
  ...clockSignals,
  ...diskSignals,
  ...filesystemSignals,
  ...readonlySignals,
  ...containerlogSignals,
  ...conntrackSignals,
  ...protocolSignals,
  ...softnetSignals,
  ...socketSignals,
  ...interfaceSignals,
  ...settingSignals,
  ...kubeletSignals,
} as const satisfies Record<string, SignalDefinition>
