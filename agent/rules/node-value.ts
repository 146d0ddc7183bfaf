import type { SignalName } from '../signals.ts'
import { type Observation, stanceOf, type Trigger, theNode, type View } from './rule.ts'

/** What a rule says of a value: the words, and what makes it more or less than the level alone would. */
type Said = Omit<Observation, 'subject' | 'stance' | 'badness'> & {
  /** What else must hold for it to begin. */
  readonly guard?: boolean
}

/** The plain rule: one signal of the node above its level. Tells nothing until the signal is there. */
export function nodeValueAbove(signal: SignalName, say: (value: number, view: View) => Said): Trigger['observe'] {
  return (view, levels) => {
    const value = view.signals.get(signal)
    if (value === undefined) return null
    const { guard, ...said } = say(value, view)
    return [{ ...said, subject: theNode, stance: stanceOf(value, 'above', levels, guard ?? true), badness: value }]
  }
}
