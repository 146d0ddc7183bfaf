// Original file: node_agent/v1/node_agent.proto

import type { Cycle as _node_agent_v1_Cycle, Cycle__Output as _node_agent_v1_Cycle__Output } from '../../node_agent/v1/Cycle.ts';
import type { Long } from '@grpc/proto-loader';

export interface AgentStatus {
  'version'?: (string);
  'uptimeSeconds'?: (number | string);
  'cycle'?: (_node_agent_v1_Cycle | null);
  'rssBytes'?: (number | string | Long);
}

export interface AgentStatus__Output {
  'version': (string);
  'uptimeSeconds': (number);
  'cycle': (_node_agent_v1_Cycle__Output | null);
  'rssBytes': (number);
}
