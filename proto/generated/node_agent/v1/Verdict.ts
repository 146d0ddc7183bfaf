// Original file: node_agent/v1/node_agent.proto

export const Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  VERDICT_HEALTHY: 'VERDICT_HEALTHY',
  /**
   * Any warning.
   */
  VERDICT_DEGRADED: 'VERDICT_DEGRADED',
  /**
   * A critical problem of role node.
   */
  VERDICT_UNHEALTHY: 'VERDICT_UNHEALTHY',
  /**
   * None of these, and a collector that rules need has failed or is stuck.
   */
  VERDICT_UNKNOWN: 'VERDICT_UNKNOWN',
} as const;

export type Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'VERDICT_HEALTHY'
  | 1
  /**
   * Any warning.
   */
  | 'VERDICT_DEGRADED'
  | 2
  /**
   * A critical problem of role node.
   */
  | 'VERDICT_UNHEALTHY'
  | 3
  /**
   * None of these, and a collector that rules need has failed or is stuck.
   */
  | 'VERDICT_UNKNOWN'
  | 4

export type Verdict__Output = typeof Verdict[keyof typeof Verdict]
