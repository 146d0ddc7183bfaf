import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, get, request as httpRequest } from 'node:http'
import { Agent as SecureAgent, get as secureGet } from 'node:https'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import t from 'tap'
import { ConfigError } from '../../agent/config/layers.ts'
import { Admission } from '../../agent/serve/auth.ts'
import { ListenError, type Servers, startServers } from '../../agent/serve/index.ts'
import { LIMITS, RateLimit } from '../../agent/serve/limits.ts'
import { certificates, config, FakeSource, issue, NO_CALLS, reportAt, silent, until } from './serving.ts'

const directory = certificates()
const file = (name: string) => join(directory, name)
const pem = (name: string) => readFileSync(file(name))
const TLS = [`tls.certFile=${file('server.crt')}`, `tls.keyFile=${file('server.key')}`]

async function start(set: readonly string[], source = new FakeSource()): Promise<Servers> {
  const servers = await startServers(config(...set), source, NO_CALLS, silent)
  source.push(reportAt(0))
  return servers
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly challenge: string | undefined
}

/** GET over TLS, with a client certificate and token or without. */
function secure(port: number, path: string, options: { cert?: string; token?: string; agent?: SecureAgent } = {}) {
  const { cert, token, agent } = options
  return new Promise<Answer>((resolve, reject) => {
    const call = secureGet(
      {
        host: '127.0.0.1',
        port,
        path,
        ca: pem('ca.crt'),
        agent: agent ?? false,
        headers: token ? { authorization: `Bearer ${token}` } : {},
        ...(cert ? { cert: pem(`${cert}.crt`), key: pem(`${cert}.key`) } : {}),
      },
      response => {
        let body = ''
        response.on('data', chunk => (body += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, body, challenge: response.headers['www-authenticate'] }),
        )
      },
    )
    call.on('error', reject)
  })
}

t.test('beyond loopback only with TLS and authentication', async t => {
  const token = join(directory, 'some-token')
  writeFileSync(token, 'x'.repeat(20))
  const refused = async (set: string[], message: RegExp) => {
    const error = await startServers(config(...set), new FakeSource(), NO_CALLS, silent).catch(error => error as Error)
    t.ok(error instanceof ConfigError, set.join(' '))
    t.match((error as Error).message, message)
  }
  const everywhere = 'http.listenAddress=0.0.0.0:0'
  await refused(
    [everywhere],
    /^http\.listenAddress: 0\.0\.0\.0:0 can be reached from other machines, which demands TLS and authentication: set tls\.certFile and tls\.keyFile, and auth\.tokenFile or tls\.clientCAFile; or listen on 127\.0\.0\.1$/,
  )
  await refused([everywhere, ...TLS], /: set auth\.tokenFile or tls\.clientCAFile; or/)
  await refused([everywhere, `auth.tokenFile=${token}`], /: set tls\.certFile and tls\.keyFile; or/)
  await refused(['grpc.listenAddress=[::]:0'], /^grpc\.listenAddress: \[::\]:0 can be reached/)
  await refused(['grpc.listenAddress=some-host:0'], /^grpc\.listenAddress: some-host:0 can be reached/)
  await refused([TLS[0]!], /belong together/)
  await refused([`tls.clientCAFile=${file('ca.crt')}`], /needs TLS/)
  await refused([TLS[0]!, `tls.keyFile=${file('none.key')}`], /^tls\.keyFile: .*none\.key cannot be read \(ENOENT\)/)
  await refused([TLS[0]!, `tls.keyFile=${file('client.key')}`], /cannot be used: .*mismatch/)
  await refused([`auth.tokenFile=${file('none')}`], /^auth\.tokenFile: .* cannot be read \(ENOENT\)/)
  writeFileSync(file('empty'), '\n# nobody yet\n')
  await refused([`auth.tokenFile=${file('empty')}`], /holds no token/)
  const servers = await start([everywhere, 'grpc.listenAddress=0.0.0.0:0', ...TLS, `auth.tokenFile=${token}`])
  t.match(await secure(servers.http.port, '/status', { token: 'x'.repeat(20) }), { status: 200 })
  await servers.close(1000)
})

t.test('a port that is taken is named', async t => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  for (const key of ['http', 'grpc']) {
    const error = await start([`${key}.listenAddress=127.0.0.1:${port}`]).catch(error => error)
    t.ok(error instanceof ListenError)
    t.match((error as Error).message, new RegExp(`^127\\.0\\.0\\.1:${port} \\(${key}\\.listenAddress\\) is taken`))
  }
  const foreign = await start([
    'http.listenAddress=127.0.0.1:0',
    'grpc.listenAddress=localhost.invalid:0',
    ...TLS,
    `auth.tokenFile=${file('some-token')}`,
  ]).catch(error => error)
  t.ok(foreign instanceof ListenError, String(foreign))
  other.close()
})

t.test('tokens: demanded, compared, read anew', async t => {
  const tokens = file('tokens')
  writeFileSync(tokens, '# two of them\nfirst-token\n\nsecond-token\n')
  const servers = await start([...TLS, `auth.tokenFile=${tokens}`])
  const status = async (token?: string) => (await secure(servers.http.port, '/status', token ? { token } : {})).status
  t.equal(await status('first-token'), 200)
  t.equal(await status('second-token'), 200)
  for (const bad of [undefined, 'third-token', 'first-toke', '# two of them', 'first-token,second-token'])
    t.equal(await status(bad), 401, bad ?? 'none')
  const refused = await secure(servers.http.port, '/nothing')
  t.match(refused, { status: 401, challenge: 'Bearer realm="node-agent"' }, 'not even what there is')
  t.match(JSON.parse(refused.body), { title: 'Unauthorized' })
  for (const path of ['/livez', '/healthz', '/readyz'])
    t.match(await secure(servers.http.port, path), { status: 200, body: 'ok\n' }, path)
  writeFileSync(tokens, 'third-token\n')
  await until('the new token is known', async () => (await status('third-token')) === 200)
  t.equal(await status('first-token'), 401, 'and the old one no more')
  writeFileSync(tokens, '')
  await until('nobody is admitted', async () => (await status('third-token')) === 401)
  writeFileSync(tokens, 'fourth-token\n')
  await until('another token', async () => (await status('fourth-token')) === 200)
  await servers.close(1000)
})

t.test('client certificates: of our CA only; probes need none', async t => {
  const servers = await start([...TLS, `tls.clientCAFile=${file('ca.crt')}`])
  const status = async (cert?: string) => (await secure(servers.http.port, '/status', cert ? { cert } : {})).status
  t.equal(await status('client'), 200)
  t.equal(await status(), 401)
  t.equal(await status('stranger'), 401)
  t.equal((await secure(servers.http.port, '/livez')).status, 200)
  t.equal((await secure(servers.http.port, '/livez', { cert: 'stranger' })).status, 200)
  await servers.close(1000)
})

t.test('where both are configured both are demanded', async t => {
  const both = new Admission({ tokenFile: file('some-token'), clientCAFile: file('ca.crt') })
  const authorization = `Bearer ${'x'.repeat(20)}`
  t.ok(both.admits({ authorization, certified: true }))
  t.notOk(both.admits({ authorization, certified: false }))
  t.notOk(both.admits({ authorization: undefined, certified: true }))
})

/** Serial number of the certificate that a server shows. */
function serial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(
      { host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] },
      () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

t.test('certificates are read anew, one that does not fit its key is waited out', async t => {
  for (const name of ['server.crt', 'server.key', 'ca.crt']) copyFileSync(file(name), file(`own-${name}`))
  const servers = await start([
    `tls.certFile=${file('own-server.crt')}`,
    `tls.keyFile=${file('own-server.key')}`,
    `tls.clientCAFile=${file('own-ca.crt')}`,
  ])
  const ports = [servers.http.port, servers.grpc.port]
  const before = await Promise.all(ports.map(serial))
  t.equal(before[0], before[1])
  const agent = new SecureAgent({ keepAlive: true })
  t.equal((await secure(servers.http.port, '/status', { cert: 'client', agent })).status, 200)
  issue(directory, 'server')
  copyFileSync(file('server.crt'), file('own-server.crt'))
  await new Promise(resolve => setTimeout(resolve, 2_500)) // long enough for a look at the files
  t.same(await Promise.all(ports.map(serial)), before, 'the old pair as long as the new one is not complete')
  copyFileSync(file('server.key'), file('own-server.key'))
  await until('both show the new one', async () => {
    const now = await Promise.all(ports.map(serial))
    return now[0] === now[1] && now[0] !== before[0]
  })
  t.equal((await secure(servers.http.port, '/status', { cert: 'client', agent })).status, 200)
  copyFileSync(file('foreign.crt'), file('own-ca.crt'))
  await until(
    'another client CA',
    async () => (await secure(servers.http.port, '/status', { cert: 'client' })).status === 401,
  )
  t.equal((await secure(servers.http.port, '/status', { cert: 'client', agent })).status, 401, 'no session goes on')
  t.equal((await secure(servers.http.port, '/status', { cert: 'stranger' })).status, 200)
  agent.destroy()
  await servers.close(1000)
})

/** All that a server sends until it closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', chunk => (answer += chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

t.test('heads are bounded in size and time; what is no HTTP is told so', async t => {
  const servers = await start([])
  const { port } = servers.http
  const head = 'GET /status HTTP/1.1\r\nHost: x\r\n'
  t.match(
    await exchange(port, `${head}X: ${'x'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 [\s\S]*application\/problem\+json[\s\S]*"status":431/,
  )
  t.match(await exchange(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*"status":400/)
  const begun = Date.now()
  t.match(await exchange(port, head), /^HTTP\/1\.1 408 [\s\S]*"status":408/, 'a head that never ends')
  t.ok(Date.now() - begun < LIMITS.headersMs + 2_500, `${Date.now() - begun} ms`)
  t.match(
    await exchange(port, 'POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'),
    /^HTTP\/1\.1 405 /,
  )
  t.match(await exchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n`), /^HTTP\/1\.1 413 /)
  await servers.close(1000)
})

t.test('connections of one address are bounded', async t => {
  const servers = await start([])
  const open: Socket[] = []
  let closed = 0
  for (let n = 0; n < LIMITS.connectionsPerAddress + 10; n++) {
    const socket = connect(servers.http.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('close', () => closed++)
    open.push(socket)
  }
  await until('those beyond the limit are closed', () => closed >= 10)
  t.equal(closed, 10)
  for (const socket of open) socket.destroy()
  await until('there is room again', async () => (await plain(servers.http.port, '/livez')) === 200)
  await servers.close(1000)
})

function plain(port: number, path: string, agent?: Agent): Promise<number> {
  return new Promise(resolve => {
    get({ host: '127.0.0.1', port, path, agent: agent ?? false }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode!))
    }).on('error', () => resolve(0))
  })
}

t.test('it closes in time whoever holds on', async t => {
  const servers = await start([])
  const { port } = servers.http
  const keepAlive = new Agent({ keepAlive: true })
  t.equal(await plain(port, '/status', keepAlive), 200)
  const begun = Date.now()
  const slow = httpRequest({ host: '127.0.0.1', port, path: '/status', headers: { 'content-length': '10' } })
  slow.on('error', () => undefined)
  const half = connect(port, '127.0.0.1', () => half.write('GET /sta'))
  half.on('error', () => undefined)
  await until('it is under way', () => half.bytesWritten > 0)
  await servers.close(500)
  t.ok(Date.now() - begun < 2_500, `${Date.now() - begun} ms`)
  t.equal(await plain(port, '/status'), 0, 'nobody listens')
  keepAlive.destroy()
  const idle = await start([])
  const quick = Date.now()
  await idle.close(5_000)
  t.ok(Date.now() - quick < 1_000, 'and at once where nobody does')
})

t.test('the rate of one address does not touch another', async t => {
  const rate = new RateLimit()
  const admitted = (address: string, count: number, atMs: number) =>
    Array.from({ length: count }, () => rate.admits(address, atMs)).filter(Boolean).length
  t.equal(admitted('a', 1_000, 0), LIMITS.burst)
  t.equal(admitted('b', 10, 0), 10)
  t.equal(admitted('a', 1_000, 1_000), LIMITS.perSecond)
  t.equal(admitted('a', 1_000, 3_600_000), LIMITS.burst, 'it does not save up more')
})
