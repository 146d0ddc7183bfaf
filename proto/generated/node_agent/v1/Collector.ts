// Original file: node_agent/v1/node_agent.proto

import type { CollectorState as _node_agent_v1_CollectorState, CollectorState__Output as _node_agent_v1_CollectorState__Output } from '../../node_agent/v1/CollectorState.ts';

export interface Collector {
  'name'?: (string);
  'state'?: (_node_agent_v1_CollectorState);
  'durationMs'?: (number | string);
  'ageMs'?: (number | string);
  /**
   * Absent where there is none.
   */
  'error'?: (string);
  '_error'?: "error";
}

export interface Collector__Output {
  'name': (string);
  'state': (_node_agent_v1_CollectorState__Output);
  'durationMs': (number);
  'ageMs': (number);
  /**
   * Absent where there is none.
   */
  'error'?: (string);
  '_error'?: "error";
}
