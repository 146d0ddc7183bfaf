import type { Logger } from 'pino'

/** What can stand in the way of publishing, in the order in which it is told. */
type Source = 'follow' | 'conditions' | 'events' | 'rival'

/** Each trouble is logged once when it comes and once when it goes, whatever the others do. */
export class Troubles {
  readonly #log: Logger
  readonly #now = new Map<Source, string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Empty or null: none. */
  set(source: Source, trouble: string | null): void {
    const before = this.#now.get(source) ?? ''
    const text = trouble ?? ''
    if (text === before) return
    this.#now.set(source, text)
    if (text !== '') this.#log.warn(text)
    else this.#log.info(`over: ${before}`)
  }

  /** The first of them; empty if there is none. */
  get first(): string {
    return (
      (['follow', 'conditions', 'events', 'rival'] as const).map(source => this.#now.get(source)).find(Boolean) ?? ''
    )
  }
}
