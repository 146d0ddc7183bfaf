import t, { type Test } from 'tap'
import { missing, type Need } from './beds/need.ts'

// tap gives a file 30 s and then ends the process by SIGALRM, past all cleanup. The runner's --test-timeout stands.
t.setTimeout(0)

/** A test that needs a bed: skipped with the reason where the machine cannot have it, failed in CI. */
export function hostTest(name: string, needs: Need, body: (t: Test) => Promise<void>): void {
  t.test(name, { skip: missing(needs) }, body)
}
