// Original file: node_agent/v1/node_agent.proto

export const Role = {
  ROLE_UNSPECIFIED: 'ROLE_UNSPECIFIED',
  /**
   * Speaks for the node.
   */
  ROLE_NODE: 'ROLE_NODE',
  /**
   * One pod's storage: never critical, never a node condition.
   */
  ROLE_VOLUME: 'ROLE_VOLUME',
} as const;

export type Role =
  | 'ROLE_UNSPECIFIED'
  | 0
  /**
   * Speaks for the node.
   */
  | 'ROLE_NODE'
  | 1
  /**
   * One pod's storage: never critical, never a node condition.
   */
  | 'ROLE_VOLUME'
  | 2

export type Role__Output = typeof Role[keyof typeof Role]
