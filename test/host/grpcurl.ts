import type { Test } from 'tap'
import type { Agent } from './agent.ts'
import { which } from './beds/need.ts'
import { background } from './beds/processes.ts'
import { bed } from './beds/undo.ts'
import { until } from './beds/wait.ts'

/** A client that knows nothing of our files: it asks the agent for them. */
export const grpcNeeds = { commands: ['grpcurl'] }

export const grpcurl = (): string => which('grpcurl') ?? 'grpcurl'

/** A stream that is open, with a message received; `ended` gives what grpcurl said when it was over. */
export async function watchStatus(t: Test, { grpc }: Agent): Promise<{ messages(): number; ended: Promise<string> }> {
  const args = ['-plaintext', `127.0.0.1:${grpc}`, 'node_agent.v1.NodeAgent/WatchStatus']
  const made = await bed(undo => ({ child: background(undo, grpcurl(), args, { stdio: ['ignore', 'pipe', 'pipe'] }) }))
  t.teardown(made.close)
  let messages = 0
  let errors = ''
  made.child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    messages += part.split(/^\{/m).length - 1
  })
  made.child.stderr?.setEncoding('utf8').on('data', (part: string) => (errors += part))
  const ended = new Promise<string>(resolve => made.child.once('close', () => resolve(errors)))
  await until('a message', () => messages > 0)
  return { messages: () => messages, ended }
}
