import type { SignalName } from '../signals.ts'
import { stanceOf, type Trigger, theNode, type View, type Words } from './rule.ts'

/**
 * The plain rule: one signal of the node above its level. Tells nothing until the signal is there. `guard`: what else must
 * hold for it to begin.
 */
export function nodeValueAbove(
  signal: SignalName,
  say: (value: number, view: View) => Omit<Words, 'badness'>,
  guard: (view: View) => boolean = () => true,
): Trigger['observe'] {
  return (view, levels) => {
    const value = view.signals.get(signal)
    if (value === undefined) return null
    return [
      {
        subject: theNode,
        stance: stanceOf(value, 'above', levels, guard(view)),
        words: () => ({ ...say(value, view), badness: value }),
      },
    ]
  }
}
