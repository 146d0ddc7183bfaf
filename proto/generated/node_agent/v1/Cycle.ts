// Original file: node_agent/v1/node_agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Cycle {
  'count'?: (number | string | Long);
  'durationMs'?: (number | string);
  'cpuMs'?: (number | string);
  'intervalMs'?: (number | string);
  /**
   * Cycles that came more than three intervals late; their rates were dropped.
   */
  'gaps'?: (number | string | Long);
  'lastGapMs'?: (number | string);
}

export interface Cycle__Output {
  'count': (number);
  'durationMs': (number);
  'cpuMs': (number);
  'intervalMs': (number);
  /**
   * Cycles that came more than three intervals late; their rates were dropped.
   */
  'gaps': (number);
  'lastGapMs': (number);
}
