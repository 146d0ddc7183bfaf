// Original file: node_agent/v1/node_agent.proto

import type { ConditionStatus as _node_agent_v1_ConditionStatus, ConditionStatus__Output as _node_agent_v1_ConditionStatus__Output } from '../../node_agent/v1/ConditionStatus.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * As core/v1 NodeCondition: True is a problem.
 */
export interface Condition {
  'type'?: (string);
  'status'?: (_node_agent_v1_ConditionStatus);
  'reason'?: (string);
  'message'?: (string);
  'lastTransitionTime'?: (_google_protobuf_Timestamp | null);
  'lastHeartbeatTime'?: (_google_protobuf_Timestamp | null);
}

/**
 * As core/v1 NodeCondition: True is a problem.
 */
export interface Condition__Output {
  'type': (string);
  'status': (_node_agent_v1_ConditionStatus__Output);
  'reason': (string);
  'message': (string);
  'lastTransitionTime': (_google_protobuf_Timestamp__Output | null);
  'lastHeartbeatTime': (_google_protobuf_Timestamp__Output | null);
}
