// Original file: node_agent/v1/node_agent.proto

import type { SignalValue as _node_agent_v1_SignalValue, SignalValue__Output as _node_agent_v1_SignalValue__Output } from '../../node_agent/v1/SignalValue.ts';

export interface Signal {
  'name'?: (string);
  'values'?: (_node_agent_v1_SignalValue)[];
}

export interface Signal__Output {
  'name': (string);
  'values': (_node_agent_v1_SignalValue__Output)[];
}
