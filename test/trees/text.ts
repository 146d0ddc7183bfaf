/** Changes in the text of kernel files, form by form. What a kernel does not print is left alone. */

export type Numbers = Readonly<Record<string, number>>

/** `name value` a line: vmstat, snmp6. */
export const growNamed = (text: string, by: Numbers): string =>
  text.replace(/^(\S+)(\s+)(\d+)$/gm, (line, name: string, blank: string, value: string) =>
    name in by ? `${name}${blank}${Number(value) + by[name]!}` : line,
  )

/** meminfo: sets lines, in kB. */
export const setMeminfo = (text: string, kilobytes: Numbers): string =>
  text.replace(/^(\S+):(\s+)\d+/gm, (line, name: string, blank: string) =>
    name in kilobytes ? `${name}:${blank}${kilobytes[name]}` : line,
  )

/** Pairs of a line of names and one of values: netstat, snmp. */
export function growPairs(text: string, protocol: string, by: Numbers): string {
  const lines = text.split('\n')
  const at = lines.findIndex(line => line.startsWith(`${protocol}: `))
  const names = lines[at]!.split(' ')
  const values = lines[at + 1]!.split(' ')
  lines[at + 1] = values.map((value, index) => grown(value, by[names[index]!])).join(' ')
  return lines.join('\n')
}

/** Rows of columns, of which `key` names the row: diskstats, net/dev. `columns` tells which is which. */
export function growRows(
  text: string,
  by: Readonly<Record<string, Numbers>>,
  key: number,
  columns: Readonly<Record<string, number>>,
): string {
  const change = (line: string): string => {
    const fields = line.trim().split(/\s+/)
    const row = by[fields[key]?.replace(':', '') ?? '']
    if (row === undefined) return line
    for (const [name, amount] of Object.entries(row)) {
      const column = columns[name]!
      if (column < fields.length) fields[column] = grown(fields[column]!, amount)
    }
    return fields.join(' ')
  }
  return text.split('\n').map(change).join('\n')
}

/** Hexadecimal columns of one line: softnet_stat, stat/nf_conntrack. */
export function growHex(text: string, line: number, by: ReadonlyMap<number, number>): string {
  const lines = text.split('\n')
  lines[line] = lines[line]!.trim()
    .split(/\s+/)
    .map((value, column) => (Number.parseInt(value, 16) + (by.get(column) ?? 0)).toString(16).padStart(8, '0'))
    .join(' ')
  return lines.join('\n')
}

const grown = (text: string, by: number | undefined): string => (by === undefined ? text : String(Number(text) + by))
