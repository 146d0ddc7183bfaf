/**
 * fuse-server.ts MOUNTPOINT: a file system with one readable file, in the kernel's own protocol on /dev/fuse (include/uapi/
 * linux/fuse.h). A line `hang` on stdin makes it keep requests unanswered, `answer` answers them. No library is needed for
 * this little, and none would let us stop between taking a request and answering it, which is what makes callers unkillable.
 */
import { spawn } from 'node:child_process'
import { openSync, read, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const ROOT = 1n
const FILE = 2n
const CONTENT = Buffer.from('it answers\n')
const ENOENT = 2
const ENOSYS = 38
const S_IFDIR = 0o040000
const S_IFREG = 0o100000

/** A request as the kernel hands it over; replies are matched by `unique`. */
interface Request {
  opcode: number
  unique: bigint
  node: bigint
  body: Buffer
}

type Reply = Buffer | number | undefined

/** By opcode: a body, an errno, or nothing to say. */
const handlers: Record<number, (request: Request) => Reply> = {
  1: lookup,
  2: () => undefined, // FORGET
  3: ({ node }) => words([0, 0, 0, 0], attributes(node)), // GETATTR
  14: () => Buffer.alloc(16), // OPEN
  15: ({ body }) => CONTENT.subarray(Number(body.readBigUInt64LE(8))), // READ
  17: statfs,
  18: () => Buffer.alloc(0), // RELEASE
  25: () => Buffer.alloc(0), // FLUSH
  26: init,
  27: () => Buffer.alloc(16), // OPENDIR
  28: () => Buffer.alloc(0), // READDIR: empty
  29: () => Buffer.alloc(0), // RELEASEDIR
  36: () => undefined, // INTERRUPT: an answer would be ours to give later, and we do not hurry
  42: () => undefined, // BATCH_FORGET
}

function init(): Buffer {
  // major, minor, readahead, flags, background and congestion (16 bits each), max_write, time_gran, the rest zero.
  return words([7, 31, 0, 0, (9 << 16) | 12, 65536, 1], Buffer.alloc(36))
}

function lookup({ node, body }: Request): Reply {
  if (node !== ROOT || body.toString('utf8', 0, body.length - 1) !== 'file') return ENOENT
  const entry = Buffer.alloc(40) // node id, generation, no caching: every access asks us
  entry.writeBigUInt64LE(FILE, 0)
  return Buffer.concat([entry, attributes(FILE)])
}

function attributes(node: bigint): Buffer {
  const attr = Buffer.alloc(88)
  attr.writeBigUInt64LE(node, 0)
  attr.writeBigUInt64LE(node === FILE ? BigInt(CONTENT.length) : 4096n, 8)
  attr.writeUInt32LE(node === FILE ? S_IFREG | 0o444 : S_IFDIR | 0o755, 60)
  attr.writeUInt32LE(1, 64)
  attr.writeUInt32LE(4096, 80)
  return attr
}

function statfs(): Buffer {
  const out = Buffer.alloc(80)
  for (const [at, value] of [1_000_000n, 900_000n, 900_000n, 1000n, 900n].entries()) out.writeBigUInt64LE(value, at * 8)
  for (const [at, value] of [4096, 255, 4096].entries()) out.writeUInt32LE(value, 40 + at * 4)
  return out
}

function words(values: number[], tail: Buffer): Buffer {
  const head = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) head.writeUInt32LE(value >>> 0, at * 4)
  return Buffer.concat([head, tail])
}

const fd = openSync('/dev/fuse', 'r+')
const kept: Request[] = []
let hanging = false

function parse(message: Buffer): Request {
  return {
    opcode: message.readUInt32LE(4),
    unique: message.readBigUInt64LE(8),
    node: message.readBigUInt64LE(16),
    body: Buffer.from(message.subarray(40)),
  }
}

function respond(request: Request): void {
  const reply = (handlers[request.opcode] ?? (() => ENOSYS))(request)
  if (reply === undefined) return
  const body = typeof reply === 'number' ? Buffer.alloc(0) : reply
  const head = Buffer.alloc(16)
  head.writeUInt32LE(16 + body.length, 0)
  head.writeInt32LE(typeof reply === 'number' ? -reply : 0, 4)
  head.writeBigUInt64LE(request.unique, 8)
  try {
    writeSync(fd, Buffer.concat([head, body]))
  } catch (error) {
    // The caller was interrupted before we answered.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** One read at a time, in the thread pool: it waits there until the kernel has a request. */
function serve(buffer: Buffer): void {
  read(fd, buffer, 0, buffer.length, null, (error, length) => {
    if (error?.code === 'ENODEV') process.exit(0) // unmounted
    if (error && error.code !== 'EINTR' && error.code !== 'ENOENT') throw error
    if (!error) {
      const request = parse(buffer.subarray(0, length))
      if (hanging) kept.push(request)
      else respond(request)
    }
    serve(buffer)
  })
}

createInterface({ input: process.stdin }).on('line', order => {
  hanging = order === 'hang'
  if (!hanging) for (const request of kept.splice(0)) respond(request)
})
const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other'
const mount = spawn('/bin/mount', ['-i', '-t', 'fuse', '-o', options, 'node-agent-test', process.argv[2] ?? ''], {
  stdio: ['ignore', 'ignore', 'inherit', fd],
})
mount.once('exit', code => {
  if (code !== 0) process.exit(1)
  serve(Buffer.alloc(1 << 20)) // not before: reading a /dev/fuse that nothing is mounted on is EPERM
  process.stdout.write('mounted\n')
})
