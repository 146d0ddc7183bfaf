import * as loader from '@grpc/proto-loader'
import health from '../../proto/generated/health.json' with { type: 'json' }
import nodeAgent from '../../proto/generated/node_agent.json' with { type: 'json' }
import reflection from '../../proto/generated/reflection.json' with { type: 'json' }
import reflectionAlpha from '../../proto/generated/reflection_alpha.json' with { type: 'json' }

/** Must match the flags of proto/generate.ts. */
const OPTIONS: loader.Options = { longs: Number, enums: String, defaults: true, oneofs: true }
/** What the reflection service of @grpc/reflection is written for. */
const REFLECTION_OPTIONS: loader.Options = { ...OPTIONS, longs: String, bytes: Array }

/** Descriptors from JSON: the bundled file has no .proto files beside it. */
function load(json: object, options: loader.Options): loader.PackageDefinition {
  return loader.fromJSON(json as Parameters<typeof loader.fromJSON>[0], options)
}

const service = (json: object, name: string, options = OPTIONS) => load(json, options)[name] as loader.ServiceDefinition

/** What reflection tells about. */
export const described: loader.PackageDefinition = { ...load(nodeAgent, OPTIONS), ...load(health, OPTIONS) }

export const nodeAgentService = service(nodeAgent, 'node_agent.v1.NodeAgent')
export const healthService = service(health, 'grpc.health.v1.Health')
/** Stock clients ask for either. */
export const reflectionServices = [
  service(reflection, 'grpc.reflection.v1.ServerReflection', REFLECTION_OPTIONS),
  service(reflectionAlpha, 'grpc.reflection.v1alpha.ServerReflection', REFLECTION_OPTIONS),
]
