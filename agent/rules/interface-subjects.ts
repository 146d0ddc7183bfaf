import type { RealInterface } from '../derive/interfaces.ts'
import type { SignalName } from '../signals.ts'
import { type Levels, type Observation, type Subject, stanceOf, type View, type Words } from './rule.ts'

/** An interface as the subject of a verdict. */
const interfaceSubject = ({ name }: RealInterface): Subject => ({ kind: 'Interface', name, role: 'node' })

/**
 * Judges each interface with a device behind it by a rate, or by the share that the rate makes of the traffic. Not the
 * waiting members of a bond: what they drop is meant to be dropped.
 */
export function observeInterfaces(
  view: View,
  levels: Levels,
  signals: {
    readonly rate: SignalName
    readonly judged: SignalName
    readonly lasting?: keyof RealInterface['lasting']
  },
  say: (name: string, value: number) => Omit<Words, 'badness'>,
): Observation[] | null {
  const members = view.facts.interfaces.real.filter(({ device }) => !device.backup)
  const measured = members.filter(({ name }) => view.signals.get(signals.rate, name) !== undefined)
  if (members.length > 0 && measured.length === 0) return null
  return measured.map(entry => {
    // Too few packets for a share: then it is nothing.
    const value = view.signals.get(signals.judged, entry.name) ?? 0
    // A share of 10 min keeps one burst for as long: what is left without it must not be clear.
    const lasts = signals.lasting === undefined || (entry.lasting[signals.lasting] ?? 0) >= levels.clear
    return {
      subject: interfaceSubject(entry),
      stance: stanceOf(value, 'above', levels, lasts),
      words: () => ({ ...say(entry.name, value), badness: value }),
    }
  })
}
