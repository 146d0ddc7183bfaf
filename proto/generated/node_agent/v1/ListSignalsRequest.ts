// Original file: node_agent/v1/node_agent.proto


export interface ListSignalsRequest {
  /**
   * Names of signals; all where empty.
   */
  'names'?: (string)[];
}

export interface ListSignalsRequest__Output {
  /**
   * Names of signals; all where empty.
   */
  'names': (string)[];
}
