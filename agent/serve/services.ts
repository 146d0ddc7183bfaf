import * as loader from '@grpc/proto-loader'
import health from '../../proto/generated/health.json' with { type: 'json' }
import nodeAgent from '../../proto/generated/node_agent.json' with { type: 'json' }
import reflection from '../../proto/generated/reflection.json' with { type: 'json' }
import reflectionAlpha from '../../proto/generated/reflection_alpha.json' with { type: 'json' }

/** Must match the flags of proto/generate.ts. */
const OPTIONS: loader.Options = { longs: Number, enums: String, defaults: true, oneofs: true }

/** A service from JSON: the bundled file has no .proto files beside it. */
function service(json: object, name: string): loader.ServiceDefinition {
  return loader.fromJSON(json as Parameters<typeof loader.fromJSON>[0], OPTIONS)[name] as loader.ServiceDefinition
}

export const nodeAgentService = service(nodeAgent, 'node_agent.v1.NodeAgent')
export const healthService = service(health, 'grpc.health.v1.Health')
/** Stock clients ask for either. */
export const reflectionServices = [
  service(reflection, 'grpc.reflection.v1.ServerReflection'),
  service(reflectionAlpha, 'grpc.reflection.v1alpha.ServerReflection'),
]
