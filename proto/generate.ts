/**
 * `npm run proto`: writes proto/generated from the .proto files. The one bundled file has no .proto files beside it, so it
 * carries what it needs of them as JSON. A test compares proto/generated with what this would write.
 *
 * Needs buf, which `.ci/tools buf` builds: what reflection tells about has to come from a real compiler.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import protobuf from 'protobufjs'

const HERE = import.meta.dirname
const OURS = 'node_agent/v1/node_agent.proto'

/** Services as JSON for @grpc/proto-loader: name in proto/generated, and source. */
const SERVICES = {
  node_agent: OURS,
  health: 'grpc/health/v1/health.proto',
  reflection: 'grpc/reflection/v1/reflection.proto',
  reflection_alpha: 'grpc/reflection/v1alpha/reflection.proto',
}

/** The options of the loader at run time, agent/serve/services.ts, must match. */
const FLAGS = ['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--grpcLib=@grpc/grpc-js']

export function generate(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const write = (name: string, value: unknown) =>
    writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`)
  generateTypes(directory)
  for (const [name, source] of Object.entries(SERVICES)) {
    const root = new protobuf.Root()
    root.resolvePath = (_, target) => (target.startsWith('google/') ? target : join(HERE, target))
    root.loadSync(source)
    write(name, root.toJSON())
  }
  write('files', compiledFiles())
}

function generateTypes(directory: string): void {
  const generator = createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js')
  const places = ['--includeDirs=.', `--outDir=${directory}`]
  execFileSync(
    process.execPath,
    [generator, ...FLAGS, '--importFileExtension=.ts', '--includeComments', ...places, OURS],
    { cwd: HERE }, // the generated files name their source as given here
  )
}

/** The parts of a FileDescriptorSet in JSON that we look at. */
interface Message {
  readonly name: string
  readonly nestedType?: readonly Message[]
  readonly enumType?: readonly { readonly name: string }[]
}
interface File {
  readonly name: string
  readonly package: string
  readonly dependency?: readonly string[]
  readonly messageType?: readonly Message[]
  readonly enumType?: readonly { readonly name: string }[]
  readonly service?: readonly { readonly name: string; readonly method: readonly { readonly name: string }[] }[]
}

/** Every file as the compiler sees it: what it needs, what it defines, and its FileDescriptorProto in base64. */
function compiledFiles(): object[] {
  const { file } = JSON.parse(compile('json').toString()) as { file: File[] }
  const binary = splitSet(compile('binpb'))
  return file.map((one, index) => ({
    name: one.name,
    dependencies: one.dependency ?? [],
    services: one.service?.map(({ name }) => `${one.package}.${name}`) ?? [],
    symbols: symbolsOf(one),
    descriptor: binary[index]!.toString('base64'),
  }))
}

function compile(format: 'json' | 'binpb'): Buffer {
  const { NODE_AGENT_CACHE, XDG_CACHE_HOME, PATH } = process.env
  const cache = NODE_AGENT_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'node-agent')
  return execFileSync(
    'buf',
    ['build', HERE, '--as-file-descriptor-set', '--exclude-source-info', '-o', `-#format=${format}`],
    { env: { ...process.env, PATH: `${join(cache, 'bin')}:${PATH}` } },
  )
}

/** A FileDescriptorSet is a list of files: each with the tag of field 1 and its length before it. */
function splitSet(set: Buffer): Buffer[] {
  const reader = protobuf.Reader.create(set)
  const files: Buffer[] = []
  while (reader.pos < reader.len) {
    reader.uint32()
    files.push(Buffer.from(reader.bytes()))
  }
  return files
}

function symbolsOf({ package: scope, messageType, enumType, service = [] }: File): string[] {
  const below = (prefix: string, messages: File['messageType'] = [], enums: File['enumType'] = []): string[] => [
    ...messages.flatMap(({ name, nestedType, enumType }) => [
      `${prefix}.${name}`,
      ...below(`${prefix}.${name}`, nestedType, enumType),
    ]),
    ...enums.map(({ name }) => `${prefix}.${name}`),
  ]
  const methods = service.flatMap(({ name, method }) => [
    `${scope}.${name}`,
    ...method.map(rpc => `${scope}.${name}.${rpc.name}`),
  ])
  return [...below(scope, messageType, enumType), ...methods]
}

if (import.meta.main) generate(join(HERE, 'generated'))
