// Original file: node_agent/v1/node_agent.proto

export const CollectorState = {
  COLLECTOR_STATE_UNSPECIFIED: 'COLLECTOR_STATE_UNSPECIFIED',
  COLLECTOR_STATE_OK: 'COLLECTOR_STATE_OK',
  /**
   * This kernel or machine does not have it.
   */
  COLLECTOR_STATE_ABSENT: 'COLLECTOR_STATE_ABSENT',
  COLLECTOR_STATE_FAILED: 'COLLECTOR_STATE_FAILED',
  /**
   * No answer before the deadline.
   */
  COLLECTOR_STATE_STUCK: 'COLLECTOR_STATE_STUCK',
  /**
   * Switched off by the configuration.
   */
  COLLECTOR_STATE_DISABLED: 'COLLECTOR_STATE_DISABLED',
} as const;

export type CollectorState =
  | 'COLLECTOR_STATE_UNSPECIFIED'
  | 0
  | 'COLLECTOR_STATE_OK'
  | 1
  /**
   * This kernel or machine does not have it.
   */
  | 'COLLECTOR_STATE_ABSENT'
  | 2
  | 'COLLECTOR_STATE_FAILED'
  | 3
  /**
   * No answer before the deadline.
   */
  | 'COLLECTOR_STATE_STUCK'
  | 4
  /**
   * Switched off by the configuration.
   */
  | 'COLLECTOR_STATE_DISABLED'
  | 5

export type CollectorState__Output = typeof CollectorState[keyof typeof CollectorState]
