/**
 * `npm run proto`: writes proto/generated from the .proto files: types for TypeScript, and the descriptors as JSON, which
 * the one bundled file can carry (it has no .proto files at run time). A test compares them with what this would write.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import protobuf from 'protobufjs'

const HERE = import.meta.dirname
const OURS = 'node_agent/v1/node_agent.proto'

/** Bundled descriptors by name: file name in proto/generated, and its source. */
const DESCRIPTORS = {
  node_agent: OURS,
  health: 'grpc/health/v1/health.proto',
  reflection: 'grpc/reflection/v1/reflection.proto',
  reflection_alpha: 'grpc/reflection/v1alpha/reflection.proto',
}

/** Options of the loader at run time must match these flags: `loaderOptions` in agent/serve/services.ts. */
const FLAGS = ['--longs=Number', '--enums=String', '--defaults', '--oneofs', '--grpcLib=@grpc/grpc-js']

export function generate(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const generator = createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js')
  const places = ['--includeDirs=.', `--outDir=${directory}`]
  execFileSync(
    process.execPath,
    [generator, ...FLAGS, '--importFileExtension=.ts', '--includeComments', ...places, OURS],
    { cwd: HERE }, // the generated files name their source as given here
  )
  for (const [name, source] of Object.entries(DESCRIPTORS)) {
    const root = new protobuf.Root()
    root.resolvePath = (_, target) => (target.startsWith('google/') ? target : join(HERE, target))
    root.loadSync(source)
    writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(root.toJSON(), null, 1)}\n`)
  }
}

if (import.meta.main) generate(join(HERE, 'generated'))
