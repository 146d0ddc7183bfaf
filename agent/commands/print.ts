import type { Report } from '../report.ts'
import { reportText } from '../text.ts'

/** For people: as wide as the terminal, in colour on one unless NO_COLOR says otherwise. For programs: JSON. */
export function printReport(report: Report, output: 'text' | 'json'): void {
  console.log(output === 'json' ? JSON.stringify(report, null, 2) : reportText(report, terminal()))
}

export interface Terminal {
  readonly width: number
  readonly color: boolean
}

export function terminal(): Terminal {
  const { isTTY, columns } = process.stdout
  return { width: columns ?? 100, color: Boolean(isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb' }
}
