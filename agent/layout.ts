/** Text laid out for a terminal of a given width. */

/** What the terminal can show. */
export interface TextOptions {
  readonly width: number
  /** Where tables may be wider than sentences. */
  readonly tableWidth?: number
  readonly color: boolean
}

/** C0, DEL and C1; what turns the direction of writing; the line ends of Unicode. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu

/**
 * Names on a machine may hold any byte. A mount point with an escape sequence must not speak to the terminal, nor one with
 * a newline forge a line: `\x1b`, `\x0a`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => {
    const code = character.charCodeAt(0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`
  })
}

/** The same for every string in plain data, keys included. */
export function printableData<T>(data: T): T {
  if (typeof data === 'string') return printable(data) as T
  if (Array.isArray(data)) return data.map(printableData) as T
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [printable(key), printableData(value)])) as T
}

/** Less of a name tells nothing; a terminal too narrow for it loses numbers instead. */
const MIN_NAME = 20

/**
 * Aligned columns, the first one to the left. What does not fit is left out from the right rather than wrapped. Beside
 * numbers the first column is a name that the machine chose, so that it gets what the numbers leave: `…/pvc-1/mount`.
 */
export function columns(
  table: readonly (readonly string[])[],
  width: number,
  numbers: 'right' | 'left' = 'left',
): string[] {
  const rows = numbers === 'right' ? boundNames(table, width) : table
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  let fitting = 1
  for (let used = widths[0]!; fitting < widths.length && used + 2 + widths[fitting]! <= width; fitting++) {
    used += 2 + widths[fitting]!
  }
  const pad = (cell: string, column: number) =>
    column > 0 && numbers === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
  return rows.map(row => row.slice(0, fitting).map(pad).join('  ').trimEnd())
}

function boundNames(rows: readonly (readonly string[])[], width: number): string[][] {
  const taken = rows[0]!.slice(1).reduce((sum, _, at) => sum + 2 + Math.max(...rows.map(row => row[at + 1]!.length)), 0)
  const most = Math.max(width - taken, Math.min(MIN_NAME, width))
  return rows.map(([name, ...rest]) => [tail(name!, most), ...rest])
}

/** The end of a path says more than its beginning. */
const tail = (text: string, most: number): string => (text.length <= most ? text : `…${text.slice(1 - most)}`)

/** Breaks between words; a word longer than the line stays whole. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map(part => indent + part).join('\n')
}
