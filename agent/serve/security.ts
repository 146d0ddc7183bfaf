import type { SecureContextOptions } from 'node:tls'
import type { Logger } from 'pino'
import type { Address, Config } from '../config/config.ts'
import { ConfigError } from '../config/layers.ts'
import { Admission } from './auth.ts'
import { watchFiles } from './files.ts'
import { readTls } from './tls.ts'

/** How callers are kept apart, for HTTP and gRPC alike. */
export interface Security {
  readonly admission: Admission
  /** Null: plain text. */
  readonly tls: SecureContextOptions | null
  /** Calls back with new certificates when the files change. */
  onCertificates(listener: (context: SecureContextOptions) => void): void
  close(): void
}

const DEMAND = 'which demands TLS and authentication'

/** Loopback by address, not by name: what a name means is not ours to say. */
function isLoopback(host: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === '::1'
}

/** Throws ConfigError where the configuration would show this node to others unprotected, or makes no sense. */
export function requireProtection({ http, grpc, tls, tokenFile }: Config): void {
  if ((tls.certFile === '') !== (tls.keyFile === ''))
    throw new ConfigError('tls.certFile and tls.keyFile belong together: set both or none')
  if (tls.clientCAFile !== '' && tls.certFile === '')
    throw new ConfigError('tls.clientCAFile needs TLS: set tls.certFile and tls.keyFile too')
  const missing = [
    ...(tls.certFile === '' ? ['tls.certFile and tls.keyFile'] : []),
    ...(tokenFile === '' && tls.clientCAFile === '' ? ['auth.tokenFile or tls.clientCAFile'] : []),
  ]
  if (missing.length === 0) return
  for (const [key, { host, port }] of Object.entries({ http, grpc } satisfies Record<string, Address>)) {
    if (!isLoopback(host))
      throw new ConfigError(
        `${key}.listenAddress: ${place(host, port)} can be reached from other machines, ${DEMAND}: set ${missing.join(', and ')}; or listen on 127.0.0.1`,
      )
  }
}

/** `[::1]:80` for addresses with colons. */
export const place = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Reads tokens and certificates, and again when their files change; throws ConfigError where they cannot be used. */
export function openSecurity(config: Config, log: Logger): Security {
  const { tls, tokenFile } = config
  const [admission, first] = usable(() => [
    new Admission({ tokenFile, clientCAFile: tls.clientCAFile }),
    tls.certFile === '' ? null : readTls(tls),
  ])
  const listeners: ((context: SecureContextOptions) => void)[] = []
  const stops: (() => void)[] = []
  const watch = (what: string, paths: readonly string[], reload: () => void) =>
    stops.push(watchFiles(paths, reloading(what, reload, log)))
  if (tokenFile !== '') watch('tokens', [tokenFile], () => admission.reload())
  if (first !== null)
    watch(
      'certificates',
      Object.values(tls).filter(path => path !== ''),
      () => {
        const context = readTls(tls)
        for (const listener of listeners) listener(context)
      },
    )
  return {
    admission,
    tls: first,
    onCertificates: listener => void listeners.push(listener),
    close: () => stops.forEach(stop => void stop()),
  }
}

/** Reads anew; what cannot be used yet is told once and tried again. */
function reloading(what: string, reload: () => void, log: Logger): () => boolean {
  let complained = ''
  return () => {
    try {
      reload()
    } catch (error) {
      const { message } = error as Error
      if (message !== complained) log.warn(`${message}; trying again`)
      complained = message
      return false
    }
    complained = ''
    log.info(`${what} read anew`)
    return true
  }
}

function usable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new ConfigError((error as Error).message)
  }
}
