import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What a caller shows of itself. */
export interface Caller {
  /** The Authorization header, or gRPC's metadata of that name. */
  readonly authorization: string | undefined
  /** Its TLS client certificate was issued by our client CA. */
  readonly certified: boolean
}

/** Who may ask: whoever shows all that is configured. Nothing configured: everybody (loopback only). */
export class Admission {
  readonly #tokenFile: string
  readonly #certificates: boolean
  #digests: readonly Buffer[] = []

  /** Empty names mean that this way is not configured. */
  constructor({ tokenFile, clientCAFile }: { readonly tokenFile: string; readonly clientCAFile: string }) {
    this.#tokenFile = tokenFile
    this.#certificates = clientCAFile !== ''
    if (tokenFile !== '') this.reload()
  }

  /** Reads the tokens anew. Throws with a sentence where that cannot be done; then the old ones stay, but an empty file admits nobody. */
  reload(): void {
    let text: string
    try {
      text = readFileSync(this.#tokenFile, 'utf8')
    } catch (error) {
      throw new Error(`auth.tokenFile: ${this.#tokenFile} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
    const tokens = text.split('\n').map(line => line.trim())
    const digests = tokens.filter(token => token !== '' && !token.startsWith('#')).map(digest)
    this.#digests = digests
    if (digests.length === 0) throw new Error(`auth.tokenFile: ${this.#tokenFile} holds no token`)
  }

  admits({ authorization, certified }: Caller): boolean {
    if (this.#certificates && !certified) return false
    return this.#tokenFile === '' || this.#knows(authorization)
  }

  /** Compares digests in constant time and all of them: how long it takes tells nothing of the tokens. */
  #knows(authorization: string | undefined): boolean {
    const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return false
    const given = digest(token)
    return this.#digests.filter(known => timingSafeEqual(known, given)).length > 0
  }
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()
