// Original file: node_agent/v1/node_agent.proto

import type { Direction as _node_agent_v1_Direction, Direction__Output as _node_agent_v1_Direction__Output } from '../../node_agent/v1/Direction.ts';
import type { SignalValue as _node_agent_v1_SignalValue, SignalValue__Output as _node_agent_v1_SignalValue__Output } from '../../node_agent/v1/SignalValue.ts';

export interface SignalDescription {
  /**
   * Such as `disk.writeAwaitMs`.
   */
  'name'?: (string);
  /**
   * ms, seconds, bytes, bytesPerSecond, ratio (0 to 1), count or perSecond.
   */
  'unit'?: (string);
  /**
   * Node, Disk, Filesystem, Interface and so on.
   */
  'subjectKind'?: (string);
  /**
   * Where trouble lies.
   */
  'worse'?: (_node_agent_v1_Direction);
  'help'?: (string);
  'values'?: (_node_agent_v1_SignalValue)[];
}

export interface SignalDescription__Output {
  /**
   * Such as `disk.writeAwaitMs`.
   */
  'name': (string);
  /**
   * ms, seconds, bytes, bytesPerSecond, ratio (0 to 1), count or perSecond.
   */
  'unit': (string);
  /**
   * Node, Disk, Filesystem, Interface and so on.
   */
  'subjectKind': (string);
  /**
   * Where trouble lies.
   */
  'worse': (_node_agent_v1_Direction__Output);
  'help': (string);
  'values': (_node_agent_v1_SignalValue__Output)[];
}
