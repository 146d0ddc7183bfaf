// Original file: node_agent/v1/node_agent.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Verdict as _node_agent_v1_Verdict, Verdict__Output as _node_agent_v1_Verdict__Output } from '../../node_agent/v1/Verdict.ts';
import type { Problem as _node_agent_v1_Problem, Problem__Output as _node_agent_v1_Problem__Output } from '../../node_agent/v1/Problem.ts';
import type { Condition as _node_agent_v1_Condition, Condition__Output as _node_agent_v1_Condition__Output } from '../../node_agent/v1/Condition.ts';
import type { Signal as _node_agent_v1_Signal, Signal__Output as _node_agent_v1_Signal__Output } from '../../node_agent/v1/Signal.ts';
import type { Collector as _node_agent_v1_Collector, Collector__Output as _node_agent_v1_Collector__Output } from '../../node_agent/v1/Collector.ts';
import type { Publishing as _node_agent_v1_Publishing, Publishing__Output as _node_agent_v1_Publishing__Output } from '../../node_agent/v1/Publishing.ts';
import type { AgentStatus as _node_agent_v1_AgentStatus, AgentStatus__Output as _node_agent_v1_AgentStatus__Output } from '../../node_agent/v1/AgentStatus.ts';

/**
 * As the JSON report at /status; see docs/status.md of the project.
 */
export interface Report {
  /**
   * `node-agent/v1`
   */
  'apiVersion'?: (string);
  'node'?: (string);
  'time'?: (_google_protobuf_Timestamp | null);
  'verdict'?: (_node_agent_v1_Verdict);
  /**
   * Worst first.
   */
  'problems'?: (_node_agent_v1_Problem)[];
  'conditions'?: (_node_agent_v1_Condition)[];
  'signals'?: (_node_agent_v1_Signal)[];
  'collectors'?: (_node_agent_v1_Collector)[];
  'publishing'?: (_node_agent_v1_Publishing | null);
  /**
   * What this machine is. Numbers as text.
   */
  'inventory'?: ({[key: string]: string});
  'agent'?: (_node_agent_v1_AgentStatus | null);
}

/**
 * As the JSON report at /status; see docs/status.md of the project.
 */
export interface Report__Output {
  /**
   * `node-agent/v1`
   */
  'apiVersion': (string);
  'node': (string);
  'time': (_google_protobuf_Timestamp__Output | null);
  'verdict': (_node_agent_v1_Verdict__Output);
  /**
   * Worst first.
   */
  'problems': (_node_agent_v1_Problem__Output)[];
  'conditions': (_node_agent_v1_Condition__Output)[];
  'signals': (_node_agent_v1_Signal__Output)[];
  'collectors': (_node_agent_v1_Collector__Output)[];
  'publishing': (_node_agent_v1_Publishing__Output | null);
  /**
   * What this machine is. Numbers as text.
   */
  'inventory': ({[key: string]: string});
  'agent': (_node_agent_v1_AgentStatus__Output | null);
}
