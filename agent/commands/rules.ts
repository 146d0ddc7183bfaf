import { activeRules } from '../rules/active.ts'
import { ruleCatalogue } from '../rules/index.ts'
import { ruleRows, rulesText } from '../rules/table.ts'
import { type CommonOptions, loadAndParse } from './options.ts'
import { terminal } from './print.ts'

/** The catalogue as configured. */
export function rules(options: CommonOptions): void {
  const rows = ruleRows(activeRules(ruleCatalogue, loadAndParse(options).rules))
  console.log(options.output === 'json' ? JSON.stringify(rows, null, 2) : rulesText(rows, terminal().tableWidth))
}
