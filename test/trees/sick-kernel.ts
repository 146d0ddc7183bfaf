import { load } from './life.ts'
import { DIRECTORY, times } from './machine.ts'
import type { Scenario } from './scenario.ts'

/** Memory, CPUs, limits and clock. */
export const sickKernel: readonly Scenario[] = [
  {
    name: 'memory is fragmented and compaction fails',
    seconds: 420,
    frame(machine, when) {
      const seconds = when.spent(60, 300)
      machine.vmstat(times({ compact_stall: 0.5, compact_fail: 0.5, allocstall_normal: 2 }, seconds))
      if (!when.within(60, 300)) return
      machine.buddyinfo('DMA32', 2725, 624, 489, 178, 0, 0, 0, 0, 0, 0, 0)
      machine.buddyinfo('Normal', 1163, 1101, 932, 222, 0, 0, 0, 0, 0, 0, 0)
    },
    expect: [{ id: 'MemoryFragmented', reason: 'MemoryFragmented', severity: 'warning', from: 80, to: 300 }],
  },
  {
    name: 'memory is short, and nobody asks for more',
    seconds: 360,
    frame(machine, when) {
      if (when.within(60, 240)) machine.meminfo({ MemFree: 140_000, MemAvailable: 300_000, AnonPages: 15_000_000 })
    },
    expect: [{ id: 'MemoryShort', reason: 'MemoryAvailableLow', severity: 'warning', from: 60, to: 240 }],
  },
  {
    name: 'the node thrashes',
    seconds: 360,
    frame(machine, when) {
      const seconds = when.spent(60, 240)
      machine.pressure('memory', times({ some: 0.3, full: 0.12 }, seconds))
      machine.vmstat(times({ allocstall_normal: 20, pgscan_direct: 5000, workingset_refault_file: 4000 }, seconds))
      if (when.within(60, 240)) machine.meminfo({ MemFree: 140_000, MemAvailable: 1_200_000 })
    },
    expect: [{ id: 'MemoryShort', reason: 'MemoryStalls', severity: 'warning', from: 70, to: 250 }],
  },
  {
    name: 'more tasks want to run than there are CPUs',
    seconds: 480,
    frame(machine, when) {
      load(machine, when, 60, 360, 13)
      machine.cpu(times({ user: 0.83, idle: -0.83, iowait: -0.01 }, when.spent(60, 360)))
      if (when.within(60, 360)) machine.running(14)
    },
    // The median of a minute has to turn.
    expect: [{ id: 'HighLoad', reason: 'RunQueueLong', severity: 'warning', from: 90, to: 390 }],
  },
  {
    name: 'tasks are blocked on a file server',
    seconds: 480,
    frame(machine, when) {
      load(machine, when, 60, 360, 12)
      if (when.within(60, 360)) machine.blocked(12)
      machine.pressure('io', times({ some: 0.9, full: 0.05 }, when.spent(60, 360)))
      machine.cpu(times({ iowait: 0.3, idle: -0.3 }, when.spent(60, 360)))
    },
    // What is known of them follows from the load average, which takes a minute and a half to tell.
    expect: [{ id: 'HighLoad', reason: 'TasksBlocked', severity: 'warning', from: 150, to: 390 }],
  },
  {
    name: 'nearly all file handles are in use',
    seconds: 360,
    frame(machine, when) {
      const allocated = when.within(120, 240) ? 97_000 : when.within(60, 120) ? 85_000 : 9216
      machine.put('proc/sys/fs/file-nr', `${allocated}\t0\t100000\n`)
    },
    expect: [{ id: 'FDPressure', reason: 'FileHandlesLow', severity: 'critical', from: 60, to: 240 }],
  },
  {
    name: 'nearly all thread ids are in use',
    seconds: 360,
    frame(machine, when) {
      if (when.within(60, 240)) machine.tasks(110_000)
    },
    expect: [{ id: 'ThreadPressure', reason: 'ThreadsLow', severity: 'warning', from: 60, to: 240 }],
  },
  {
    name: 'the hypervisor takes a quarter of the CPU time',
    seconds: 600,
    everySeconds: 20,
    frame: (machine, when) => machine.cpu(times({ steal: 0.25, idle: -0.25 }, when.spent(60, 480))),
    expect: [{ id: 'CPUStolen', reason: 'CPUStolen', severity: 'warning', from: 80, to: 500 }],
  },
  {
    name: 'the clock was not synchronised since the time daemon started',
    seconds: 360,
    frame(machine, when) {
      if (when.second < 180) {
        machine.remove('run/systemd/timesync')
        machine.put('run/systemd/timesync', DIRECTORY)
      }
    },
    expect: [{ id: 'ClockUnsynchronized', reason: 'ClockNotSynchronized', severity: 'warning', from: 0, to: 180 }],
  },
]
