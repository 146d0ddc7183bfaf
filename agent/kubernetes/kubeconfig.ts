import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Connection } from './api.ts'

/** Loaded only where there is a cluster: the client library costs 40 MB. */

/** By the service account of the pod (`file` empty), or by a kubeconfig file. Reads CA and credentials anew. */
export function connect(file: string): Connection {
  const config = new KubeConfig()
  if (file === '') config.loadFromCluster()
  else loadFile(config, file)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw new Error(`${file || 'the pod'} names no cluster`)
  return {
    server: new URL(cluster.server),
    authorize: (options: RequestOptions) => config.applyToHTTPSOptions(options),
  }
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The parser's own words quote the lines around the fault: tokens and keys.
    throw new Error(code === undefined ? `${file}: not a kubeconfig` : `${file}: cannot be read (${code})`)
  }
}
