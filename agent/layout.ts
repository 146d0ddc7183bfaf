/** Text laid out for a terminal of a given width. */

/** Aligned columns, the first one to the left. What does not fit is left out from the right rather than wrapped. */
export function columns(
  rows: readonly (readonly string[])[],
  width: number,
  numbers: 'right' | 'left' = 'left',
): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  let fitting = 1
  for (let used = widths[0]!; fitting < widths.length && used + 2 + widths[fitting]! <= width; fitting++) {
    used += 2 + widths[fitting]!
  }
  const pad = (cell: string, column: number) =>
    column > 0 && numbers === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
  return rows.map(row => row.slice(0, fitting).map(pad).join('  ').trimEnd())
}

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
