// Original file: node_agent/v1/node_agent.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Verdict as _node_agent_v1_Verdict, Verdict__Output as _node_agent_v1_Verdict__Output } from '../../node_agent/v1/Verdict.ts';
import type { Problem as _node_agent_v1_Problem, Problem__Output as _node_agent_v1_Problem__Output } from '../../node_agent/v1/Problem.ts';
import type { Condition as _node_agent_v1_Condition, Condition__Output as _node_agent_v1_Condition__Output } from '../../node_agent/v1/Condition.ts';
import type { Signal as _node_agent_v1_Signal, Signal__Output as _node_agent_v1_Signal__Output } from '../../node_agent/v1/Signal.ts';
import type { SignalSubjects as _node_agent_v1_SignalSubjects, SignalSubjects__Output as _node_agent_v1_SignalSubjects__Output } from '../../node_agent/v1/SignalSubjects.ts';
import type { Collector as _node_agent_v1_Collector, Collector__Output as _node_agent_v1_Collector__Output } from '../../node_agent/v1/Collector.ts';
import type { AgentStatus as _node_agent_v1_AgentStatus, AgentStatus__Output as _node_agent_v1_AgentStatus__Output } from '../../node_agent/v1/AgentStatus.ts';

/**
 * What changed between two reports. Lists hold whole entries that are new or different; what a list does not name
 * stays as it was.
 */
export interface ReportChange {
  /**
   * Time of the report that it leads to.
   */
  'time'?: (_google_protobuf_Timestamp | null);
  'verdict'?: (_node_agent_v1_Verdict);
  /**
   * New problems, and those of which anything is different, also their evidence.
   */
  'problems'?: (_node_agent_v1_Problem)[];
  /**
   * Ids of problems that are over.
   */
  'endedProblems'?: (string)[];
  /**
   * New conditions and those with another status, reason or message. A heartbeat alone is no change.
   */
  'conditions'?: (_node_agent_v1_Condition)[];
  /**
   * Types of conditions that are no longer there.
   */
  'endedConditions'?: (string)[];
  /**
   * Values that are new or different; only these subjects.
   */
  'signals'?: (_node_agent_v1_Signal)[];
  /**
   * Subjects that have no value any more.
   */
  'endedSignals'?: (_node_agent_v1_SignalSubjects)[];
  /**
   * Collectors with another state or error.
   */
  'collectors'?: (_node_agent_v1_Collector)[];
  /**
   * The agent's own figures, always.
   */
  'agent'?: (_node_agent_v1_AgentStatus | null);
}

/**
 * What changed between two reports. Lists hold whole entries that are new or different; what a list does not name
 * stays as it was.
 */
export interface ReportChange__Output {
  /**
   * Time of the report that it leads to.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
  'verdict': (_node_agent_v1_Verdict__Output);
  /**
   * New problems, and those of which anything is different, also their evidence.
   */
  'problems': (_node_agent_v1_Problem__Output)[];
  /**
   * Ids of problems that are over.
   */
  'endedProblems': (string)[];
  /**
   * New conditions and those with another status, reason or message. A heartbeat alone is no change.
   */
  'conditions': (_node_agent_v1_Condition__Output)[];
  /**
   * Types of conditions that are no longer there.
   */
  'endedConditions': (string)[];
  /**
   * Values that are new or different; only these subjects.
   */
  'signals': (_node_agent_v1_Signal__Output)[];
  /**
   * Subjects that have no value any more.
   */
  'endedSignals': (_node_agent_v1_SignalSubjects__Output)[];
  /**
   * Collectors with another state or error.
   */
  'collectors': (_node_agent_v1_Collector__Output)[];
  /**
   * The agent's own figures, always.
   */
  'agent': (_node_agent_v1_AgentStatus__Output | null);
}
