// Original file: node_agent/v1/node_agent.proto


export interface SignalValue {
  /**
   * `node` for signals of the node as a whole.
   */
  'subject'?: (string);
  'value'?: (number | string);
}

export interface SignalValue__Output {
  /**
   * `node` for signals of the node as a whole.
   */
  'subject': (string);
  'value': (number);
}
