// Original file: node_agent/v1/node_agent.proto

import type { SignalDescription as _node_agent_v1_SignalDescription, SignalDescription__Output as _node_agent_v1_SignalDescription__Output } from '../../node_agent/v1/SignalDescription.ts';

export interface ListSignalsResponse {
  'signals'?: (_node_agent_v1_SignalDescription)[];
}

export interface ListSignalsResponse__Output {
  'signals': (_node_agent_v1_SignalDescription__Output)[];
}
