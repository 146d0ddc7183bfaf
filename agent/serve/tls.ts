import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { Config } from '../config/config.ts'
import { LIMITS } from './limits.ts'

/** Reads the files of the configuration; throws with a sentence when they are missing or do not fit together. */
export function readTls({ certFile, keyFile, clientCAFile }: Config['tls']): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: readPem('tls.certFile', certFile),
    key: readPem('tls.keyFile', keyFile),
    ...(clientCAFile === '' ? {} : { ca: readPem('tls.clientCAFile', clientCAFile) }),
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new Error(`tls.certFile ${certFile} and tls.keyFile ${keyFile} cannot be used: ${(error as Error).message}`)
  }
  return options
}

function readPem(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${key}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/**
 * Options of a server. A client certificate is asked for but not demanded in the handshake: probes have none. Whether it
 * is good is looked at where a request is admitted.
 */
export function tlsServerOptions(context: SecureContextOptions): TlsOptions {
  return {
    ...context,
    handshakeTimeout: LIMITS.handshakeMs,
    requestCert: context.ca !== undefined,
    rejectUnauthorized: false,
  }
}
