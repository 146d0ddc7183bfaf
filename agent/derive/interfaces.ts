import type { Interface, NetworkDevice } from '../../collectors/netdev.ts'
import type { SignalDefinition } from '../signals.ts'
import { derivation, growth, intervalOf, readingOf, type Step } from './step.ts'
import { slide, type Timed } from './window.ts'

const signal = (unit: SignalDefinition['unit'], worse: SignalDefinition['worse'], help: string) =>
  ({ unit, subject: 'Interface', worse, help }) as const

/** Of interfaces with a device behind them; a node has hundreds of others. */
export const interfaceSignals = {
  'interface.rxBytesPerSecond': signal('bytesPerSecond', 'neither', 'Bytes received'),
  'interface.txBytesPerSecond': signal('bytesPerSecond', 'neither', 'Bytes sent'),
  'interface.rxPacketsPerSecond': signal('perSecond', 'neither', 'Packets received'),
  'interface.txPacketsPerSecond': signal('perSecond', 'neither', 'Packets sent'),
  'interface.rxMissedPerSecond': signal(
    'perSecond',
    'up',
    'Packets lost for want of a receive buffer (rx_missed_errors, rx_fifo_errors)',
  ),
  'interface.rxDroppedPerSecond': signal(
    'perSecond',
    'neither',
    'Drop column of /proc/net/dev: packets of unknown protocols are among them',
  ),
  'interface.txDroppedPerSecond': signal('perSecond', 'up', 'Packets dropped on their way out (tx_dropped)'),
  'interface.rxErrorsPerSecond': signal('perSecond', 'up', 'Damaged packets received (rx_errors)'),
  'interface.txErrorsPerSecond': signal('perSecond', 'up', 'Packets that could not be sent (tx_errors)'),
  'interface.errorsPerSecond': signal('perSecond', 'up', 'rx_errors and tx_errors together'),
  'interface.missedRatio': signal(
    'ratio',
    'up',
    'Packets lost for want of a receive buffer over all that arrived, within 10 min; none below 10 000 packets',
  ),
  'interface.errorRatio': signal(
    'ratio',
    'up',
    'rx_errors and tx_errors over all packets, within 10 min; none below 10 000 packets',
  ),
  'interface.mtuBytes': signal('bytes', 'neither', 'Largest packet (MTU)'),
} as const satisfies Record<string, SignalDefinition>

const WINDOW_MS = 600_000
/** Fewer packets than this make no ratio. */
const MIN_PACKETS = 10_000

/** An interface with a device behind it. */
export interface RealInterface {
  readonly name: string
  readonly device: NetworkDevice
  /** The shares of 10 min without the two intervals that lost most: little remains of a single burst. */
  readonly lasting: { readonly missed: number | undefined; readonly errors: number | undefined }
}

/** What was counted between two samples. */
interface Slice extends Timed {
  readonly arrived: number
  readonly missed: number
  readonly packets: number
  readonly errors: number
}

export const interfaces = derivation({
  start: new Map<string, readonly Slice[]>() as ReadonlyMap<string, readonly Slice[]>,
  step(state, step) {
    const all = readingOf(step.curr, 'netdev') ?? []
    const real = all.filter((entry): entry is Interface & { readonly device: NetworkDevice } => entry.device !== null)
    const interval = intervalOf(step, 'netdev')
    const before = new Map((interval?.before ?? []).map(entry => [entry.name, entry]))
    const next = new Map<string, readonly Slice[]>()
    for (const is of real) {
      const was = before.get(is.name)
      if (is.device.mtu !== null) step.signals.set('interface.mtuBytes', is.name, is.device.mtu)
      // Without an interval (a gap, one failed reading) what the window knows still holds.
      const window = state.get(is.name) ?? []
      const slices = interval === null ? window : was ? stepInterface(window, was, is, interval.seconds, step) : []
      next.set(is.name, slices)
    }
    const facts = real.map(({ name, device }): RealInterface => ({ name, device, lasting: lasting(next.get(name)!) }))
    return { state: next, facts: { real: facts, names: all.map(({ name }) => name) } }
  },
})

function stepInterface(
  window: readonly Slice[],
  was: Interface,
  is: Interface,
  seconds: number,
  { curr, signals }: Step,
): readonly Slice[] {
  const set = (name: keyof typeof interfaceSignals, value: number | undefined) => signals.set(name, is.name, value)
  const grown = (name: keyof Omit<Interface, 'name' | 'device'>) => growth(was[name], is[name])
  const perSecond = (value: number | undefined) => (value === undefined ? undefined : value / seconds)
  const received = grown('rx_packets')
  const sent = grown('tx_packets')
  const missed = sysfsTells(was) === sysfsTells(is) ? growth(missedBy(was), missedBy(is)) : undefined
  const rxErrors = grown('rx_errors')
  const txErrors = grown('tx_errors')
  set('interface.rxBytesPerSecond', perSecond(grown('rx_bytes')))
  set('interface.txBytesPerSecond', perSecond(grown('tx_bytes')))
  set('interface.rxPacketsPerSecond', perSecond(received))
  set('interface.txPacketsPerSecond', perSecond(sent))
  set('interface.rxMissedPerSecond', perSecond(missed))
  set('interface.rxDroppedPerSecond', perSecond(grown('rx_drop')))
  set('interface.txDroppedPerSecond', perSecond(grown('tx_dropped')))
  set('interface.rxErrorsPerSecond', perSecond(rxErrors))
  set('interface.txErrorsPerSecond', perSecond(txErrors))
  // One counter that went back means another device under this name: its past is not this one's.
  if (received === undefined || sent === undefined || missed === undefined) return []
  if (rxErrors === undefined || txErrors === undefined) return []
  const errors = rxErrors + txErrors
  set('interface.errorsPerSecond', errors / seconds)
  const slice = {
    atMs: curr.readings.netdev.atMs,
    arrived: received + missed,
    missed,
    packets: received + sent,
    errors,
  }
  const slices = slide(window, slice, WINDOW_MS)
  set('interface.missedRatio', ratio(slices, 'missed', 'arrived'))
  set('interface.errorRatio', ratio(slices, 'errors', 'packets'))
  return slices
}

/** Both are losses for want of room; drivers use the one or the other. Without sysfs only rx_fifo_errors can be told. */
function missedBy({ device, rx_fifo_errors }: Interface): number {
  return (device?.rx_missed_errors ?? 0) + rx_fifo_errors
}

const sysfsTells = ({ device }: Interface): boolean => typeof device?.rx_missed_errors === 'number'

/** A burst fills an interval, or the end of one and the beginning of the next. */
const BURST_INTERVALS = 2

function lasting(slices: readonly Slice[]): RealInterface['lasting'] {
  const without = (part: 'missed' | 'errors') => slices.toSorted((a, b) => b[part] - a[part]).slice(BURST_INTERVALS)
  return {
    missed: ratio(without('missed'), 'missed', 'arrived'),
    errors: ratio(without('errors'), 'errors', 'packets'),
  }
}

function ratio(slices: readonly Slice[], part: 'missed' | 'errors', whole: 'arrived' | 'packets'): number | undefined {
  let [bad, all] = [0, 0]
  for (const slice of slices) {
    bad += slice[part]
    all += slice[whole]
  }
  return all >= MIN_PACKETS ? bad / all : undefined
}
