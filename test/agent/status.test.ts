import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { certificates, reportAt, until } from './serving.ts'

const MAIN = join(import.meta.dirname, '../../agent/main.ts')

/** `status` with these flags, its output as it comes. */
function status(t: Test, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'status', ...args], { env: { PATH: process.env.PATH } })
  const seen = { stdout: '', stderr: '', code: null as number | null }
  child.stdout.on('data', chunk => (seen.stdout += chunk))
  child.stderr.on('data', chunk => (seen.stderr += chunk))
  const ended = new Promise<void>(resolve =>
    child.on('close', code => {
      seen.code = code
      resolve()
    }),
  )
  t.teardown(() => child.kill('SIGKILL'))
  return { seen, ended }
}

async function addressOf(t: Test, server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('--watch outlives polls that fail', async t => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    if (asked === 1) response.writeHead(503).end()
    else if (asked === 2) {
      response.writeHead(200, { 'content-length': 1000 }).write('{"apiV')
      setTimeout(() => response.destroy(), 50)
    } else response.end(JSON.stringify(reportAt(0)))
  })
  const address = await addressOf(t, server)
  const { seen } = status(t, '--watch', '--output', 'json', '--address', address)
  await until('a report after two failures', () => seen.stdout.includes('worker-3'), 20_000)
  t.match(
    seen.stderr,
    /^no answer \(127\.0\.0\.1:\d+: HTTP 503; .*\), trying again\nno answer \(.*ECONNRESET.*\), trying again\n$/,
  )
  t.match(JSON.parse(seen.stdout), { node: 'worker-3' }, 'stdout has reports alone')
})

t.test('an answer that breaks off is an error, with its exit code', async t => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('{"apiV')
    setTimeout(() => response.destroy(), 50)
  })
  const { seen, ended } = status(t, '--address', await addressOf(t, server))
  await ended
  t.match(seen, { code: 3, stderr: /ECONNRESET; is node-agent running there\?/ })
})

t.test('mTLS: the client certificate is shown', async t => {
  const directory = certificates()
  const pem = (name: string) => readFileSync(join(directory, name))
  const server = createSecureServer(
    { ca: pem('ca.crt'), cert: pem('server.crt'), key: pem('server.key'), requestCert: true },
    (_, response) => response.end(JSON.stringify(reportAt(0))),
  )
  const address = await addressOf(t, server)
  const run = async (...flags: string[]) => {
    const files = flags.map(flag => (flag.startsWith('--') ? flag : join(directory, flag)))
    const { seen, ended } = status(t, '--address', address, ...files)
    await ended
    return seen
  }
  const ca = ['--ca-file', 'ca.crt']
  t.match(await run(...ca, '--cert-file', 'client.crt', '--key-file', 'client.key'), { code: 0, stdout: /^worker-3: / })
  t.match(await run(...ca), { code: 3, stderr: /CERTIFICATE_REQUIRED|ECONNRESET/ })
  t.match(await run(...ca, '--cert-file', 'client.crt'), { code: 2, stderr: /--cert-file and --key-file go together/ })
  t.match(await run(...ca, '--cert-file', 'client.crt', '--key-file', 'server.key'), {
    code: 2,
    stderr: /not of one pair/,
  })
})
