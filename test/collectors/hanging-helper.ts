/** A stand-in for a helper whose calls hang: `/hang…` never answers (a real one is in test/host), everything else does at once. */
import { createInterface } from 'node:readline'

createInterface({ input: process.stdin }).on('line', line => {
  const { id, args } = JSON.parse(line) as { id: number; args: [string] }
  if (args[0].startsWith('/die')) process.exit(1)
  if (args[0].startsWith('/half')) process.stdout.write('{"id":', () => process.exit(1))
  if (args[0].startsWith('/hang')) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  else process.stdout.write(`${JSON.stringify({ id, reading: { ok: true, value: args[0] } })}\n`)
})
