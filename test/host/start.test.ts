import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { Test } from 'tap'
import { BUNDLE, type Ended, runArguments, startAgent, workplace } from './agent.ts'
import { hostTest } from './host-test.ts'

/** Runs an agent that is expected to give up by itself. */
async function end(t: Test, args: (stateFile: string) => string[]): Promise<{ code: Ended; said: string }> {
  const { stateFile } = await workplace(t)
  const child = spawn(process.execPath, [BUNDLE, ...args(stateFile)], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (said += part))
  const code = await new Promise<Ended>(resolve => child.once('close', (code, signal) => resolve(signal ?? code ?? 0)))
  return { code, said }
}

for (const protocol of ['http', 'grpc'] as const) {
  hostTest(`a port that is taken is named: ${protocol}`, {}, async t => {
    const server = createServer()
    const port = await new Promise<number>(resolve => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    t.teardown(() => server.close())
    const { code, said } = await end(t, stateFile => runArguments(stateFile, { [protocol]: port }))
    t.equal(code, 3)
    t.match(said, String(port))
  })

  hostTest(`beyond loopback without protection it does not start: ${protocol}`, {}, async t => {
    const { code, said } = await end(t, stateFile => [
      ...runArguments(stateFile, {}),
      `--${protocol}.listen-address`,
      '0.0.0.0:0',
    ])
    t.equal(code, 2)
    t.match(said, /TLS and authentication/)
  })
}

hostTest('a second signal ends it at once', {}, async t => {
  const agent = await startAgent(t)
  process.kill(agent.pid, 'SIGTERM')
  process.kill(agent.pid, 'SIGTERM')
  t.ok([0, 'SIGKILL'].includes(await agent.ended))
})
