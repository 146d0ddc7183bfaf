import type { Scenario } from './scenario.ts'
import { sickDisks } from './sick-disks.ts'
import { sickFilesystems } from './sick-filesystems.ts'
import { sickKernel } from './sick-kernel.ts'
import { sickNetwork } from './sick-network.ts'

/** Faults: each raises what is expected, nothing else, and ends. */
export const sick: readonly Scenario[] = [...sickDisks, ...sickFilesystems, ...sickKernel, ...sickNetwork]
