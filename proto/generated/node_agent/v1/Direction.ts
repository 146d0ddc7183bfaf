// Original file: node_agent/v1/node_agent.proto

export const Direction = {
  DIRECTION_UNSPECIFIED: 'DIRECTION_UNSPECIFIED',
  DIRECTION_UP: 'DIRECTION_UP',
  DIRECTION_DOWN: 'DIRECTION_DOWN',
  DIRECTION_NEITHER: 'DIRECTION_NEITHER',
} as const;

export type Direction =
  | 'DIRECTION_UNSPECIFIED'
  | 0
  | 'DIRECTION_UP'
  | 1
  | 'DIRECTION_DOWN'
  | 2
  | 'DIRECTION_NEITHER'
  | 3

export type Direction__Output = typeof Direction[keyof typeof Direction]
