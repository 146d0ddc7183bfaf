import type { Report } from '../report.ts'
import { reportText } from '../text.ts'

/** For people: as wide as the terminal, in colour on one unless NO_COLOR says otherwise. For programs: JSON. */
export function printReport(report: Report, output: 'text' | 'json'): void {
  console.log(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report, terminal()))
}

export interface Terminal {
  readonly width: number
  /** A pipe or file has no edge: the next program in it wants every column. */
  readonly tableWidth: number
  readonly color: boolean
}

export function terminal(): Terminal {
  const { isTTY, columns } = process.stdout
  const width = columns || 100
  return {
    width,
    tableWidth: isTTY ? width : Number.POSITIVE_INFINITY,
    color: Boolean(isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  }
}
