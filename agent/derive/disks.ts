import type { DiskStats } from '../../collectors/diskstats.ts'
import type { SignalDefinition } from '../signals.ts'
import { describeDisks, wholeDisks } from './disk-stack.ts'
import { meanQueue, normal, type Slice, WINDOW_MS, windowedAwaits } from './disk-window.ts'
import { derivation, growth, intervalOf, quotient, ratePerSecond, readingOf, type Step } from './step.ts'
import { slide } from './window.ts'

/** The columns of `iostat -x`, by its formulas (sysstat, rd_stats.c), in base units. */
export const diskSignals = {
  'disk.readsPerSecond': { unit: 'perSecond', subject: 'Disk', worse: 'neither', help: 'Completed reads (iostat r/s)' },
  'disk.writesPerSecond': {
    unit: 'perSecond',
    subject: 'Disk',
    worse: 'neither',
    help: 'Completed writes (iostat w/s)',
  },
  'disk.readBytesPerSecond': {
    unit: 'bytesPerSecond',
    subject: 'Disk',
    worse: 'neither',
    help: 'Bytes read (iostat rkB/s)',
  },
  'disk.writeBytesPerSecond': {
    unit: 'bytesPerSecond',
    subject: 'Disk',
    worse: 'neither',
    help: 'Bytes written (iostat wkB/s)',
  },
  'disk.readAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'Mean time of the reads that completed (iostat r_await)',
  },
  'disk.writeAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'Mean time of the writes that completed (iostat w_await)',
  },
  'disk.flushAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'Mean time of the flushes that completed (iostat f_await), Linux 5.5',
  },
  'disk.queueLength': { unit: 'count', subject: 'Disk', worse: 'up', help: 'Mean requests in flight (iostat aqu-sz)' },
  'disk.utilizationRatio': {
    unit: 'ratio',
    subject: 'Disk',
    worse: 'up',
    help: 'Share of time with a request in flight (iostat %util)',
  },
  'disk.inFlight': { unit: 'count', subject: 'Disk', worse: 'up', help: 'Requests in flight now' },
  'disk.stalledRequests': {
    unit: 'count',
    subject: 'Disk',
    worse: 'up',
    help: 'Requests in flight, of which none completed since the sample before; 0 if any did',
  },
  'disk.readWindowAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'Read await over the shortest trailing window of up to 60 s with 5 completions',
  },
  'disk.writeWindowAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'Write await over the shortest trailing window of up to 60 s with 5 completions',
  },
  'disk.windowQueueLength': {
    unit: 'count',
    subject: 'Disk',
    worse: 'up',
    help: 'Mean requests in flight over the last 60 s',
  },
  'disk.normalAwaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'neither',
    help: 'What disk.awaitMs was on a running average while below 200 ms',
  },
  'disk.awaitMs': {
    unit: 'ms',
    subject: 'Disk',
    worse: 'up',
    help: 'The worse of read and write await over the shortest trailing window of up to 60 s with 5 completions',
  },
} as const satisfies Record<string, SignalDefinition>

const SECTOR_BYTES = 512
/** What completes after a stall this long waited for the stall: once it is the end of a hang, more often it is a slow device. */
const STALL_MS = 15_000

interface DiskState {
  readonly slices: readonly Slice[]
  readonly stalledSinceMs: number | null
  readonly normalAwaitMs: number | undefined
}

const NEW_DISK: DiskState = { slices: [], stalledSinceMs: null, normalAwaitMs: undefined }

export const disks = derivation({
  start: new Map<string, DiskState>() as ReadonlyMap<string, DiskState>,
  step(state, step) {
    const devices = new Map((readingOf(step.curr, 'blockdevices') ?? []).map(device => [device.name, device]))
    const stats = wholeDisks(readingOf(step.curr, 'diskstats') ?? [], devices)
    const interval = intervalOf(step, 'diskstats')
    const before = new Map((interval?.before ?? []).map(disk => [disk.name, disk]))
    const next = new Map<string, DiskState>()
    for (const disk of stats) {
      if (devices.get(disk.name)?.counts === false) continue
      const was = before.get(disk.name)
      step.signals.set('disk.inFlight', disk.name, disk.inFlight)
      const old = state.get(disk.name) ?? NEW_DISK
      const same = was !== undefined && was.dev === disk.dev && disk.writes >= was.writes && disk.reads >= was.reads
      next.set(disk.name, same ? stepDisk(old, was, disk, interval!.seconds, step) : NEW_DISK)
    }
    return { state: next, facts: describeDisks(stats, readingOf(step.curr, 'diskstats') ?? [], devices, step) }
  },
})

function stepDisk(state: DiskState, was: DiskStats, is: DiskStats, seconds: number, step: Step): DiskState {
  const { atMs } = step.curr.readings.diskstats
  const set = (signal: keyof typeof diskSignals, value: number | undefined) => step.signals.set(signal, is.name, value)
  setIostat(was, is, seconds, set)
  const reads = is.reads - was.reads
  const writes = is.writes - was.writes
  const completed = reads + writes + (is.discards - was.discards) + (is.flushes - was.flushes)
  const stalled = is.inFlight > 0 && completed === 0
  set('disk.stalledRequests', stalled ? is.inFlight : 0)
  const stalledSinceMs = stalled ? (state.stalledSinceMs ?? atMs) : null
  const afterStall = !stalled && state.stalledSinceMs !== null && atMs - state.stalledSinceMs >= STALL_MS
  const readMs = growth(was.readMs, is.readMs) ?? 0
  const writeMs = growth(was.writeMs, is.writeMs) ?? 0
  const busyMs = growth(was.ioTicksMs, is.ioTicksMs) ?? 0
  const queueMs = growth(was.queueMs, is.queueMs) ?? 0
  const slice = { atMs, seconds, reads, readMs, writes, writeMs, busyMs, queueMs, afterStall }
  const slices = slide(state.slices, slice, WINDOW_MS)
  const { read, write } = windowedAwaits(slices)
  set('disk.readWindowAwaitMs', read)
  set('disk.writeWindowAwaitMs', write)
  const awaitMs = read === undefined || (write !== undefined && write > read) ? write : read
  set('disk.awaitMs', awaitMs)
  set('disk.windowQueueLength', meanQueue(slices))
  const normalAwaitMs = normal(state.normalAwaitMs, awaitMs)
  set('disk.normalAwaitMs', normalAwaitMs)
  return { slices, stalledSinceMs, normalAwaitMs }
}

/** The line of `iostat -x`. */
function setIostat(
  was: DiskStats,
  is: DiskStats,
  seconds: number,
  set: (signal: keyof typeof diskSignals, value: number | undefined) => void,
): void {
  const reads = is.reads - was.reads
  const writes = is.writes - was.writes
  set('disk.readsPerSecond', reads / seconds)
  set('disk.writesPerSecond', writes / seconds)
  set('disk.readBytesPerSecond', bytes(ratePerSecond(was.readSectors, is.readSectors, seconds)))
  set('disk.writeBytesPerSecond', bytes(ratePerSecond(was.writeSectors, is.writeSectors, seconds)))
  set('disk.readAwaitMs', quotient(growth(was.readMs, is.readMs), reads))
  set('disk.writeAwaitMs', quotient(growth(was.writeMs, is.writeMs), writes))
  set('disk.flushAwaitMs', quotient(growth(was.flushMs, is.flushMs), is.flushes - was.flushes))
  set('disk.queueLength', quotient(growth(was.queueMs, is.queueMs), seconds * 1000))
  set('disk.utilizationRatio', quotient(growth(was.ioTicksMs, is.ioTicksMs), seconds * 1000))
}

const bytes = (sectors: number | undefined): number | undefined =>
  sectors === undefined ? undefined : sectors * SECTOR_BYTES
