// Original file: node_agent/v1/node_agent.proto


export interface WatchStatusRequest {
  /**
   * Leaves signals out of the full report and of the changes. For whoever watches many nodes: signals change in every
   * cycle and are most of the volume.
   */
  'omitSignals'?: (boolean);
}

export interface WatchStatusRequest__Output {
  /**
   * Leaves signals out of the full report and of the changes. For whoever watches many nodes: signals change in every
   * cycle and are most of the volume.
   */
  'omitSignals': (boolean);
}
