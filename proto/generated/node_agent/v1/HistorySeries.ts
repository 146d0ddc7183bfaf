// Original file: node_agent/v1/node_agent.proto


export interface HistorySeries {
  'signal'?: (string);
  'subject'?: (string);
  /**
   * One for each of `times`; NaN where there was none.
   */
  'values'?: (number | string)[];
}

export interface HistorySeries__Output {
  'signal': (string);
  'subject': (string);
  /**
   * One for each of `times`; NaN where there was none.
   */
  'values': (number)[];
}
