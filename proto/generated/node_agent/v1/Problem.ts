// Original file: node_agent/v1/node_agent.proto

import type { Severity as _node_agent_v1_Severity, Severity__Output as _node_agent_v1_Severity__Output } from '../../node_agent/v1/Severity.ts';
import type { Subject as _node_agent_v1_Subject, Subject__Output as _node_agent_v1_Subject__Output } from '../../node_agent/v1/Subject.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { EvidenceValue as _node_agent_v1_EvidenceValue, EvidenceValue__Output as _node_agent_v1_EvidenceValue__Output } from '../../node_agent/v1/EvidenceValue.ts';
import type { Culprit as _node_agent_v1_Culprit, Culprit__Output as _node_agent_v1_Culprit__Output } from '../../node_agent/v1/Culprit.ts';

export interface Problem {
  /**
   * Rule and subject, such as `DiskSlow/vdb`. Unique in a report.
   */
  'id'?: (string);
  /**
   * Type of the node condition; absent for findings and events.
   */
  'condition'?: (string);
  'reason'?: (string);
  'severity'?: (_node_agent_v1_Severity);
  'subject'?: (_node_agent_v1_Subject | null);
  'since'?: (_google_protobuf_Timestamp | null);
  /**
   * One sentence for a person.
   */
  'message'?: (string);
  'evidence'?: ({[key: string]: _node_agent_v1_EvidenceValue});
  'culprits'?: (_node_agent_v1_Culprit)[];
  /**
   * Ids of other problems in this report.
   */
  'causedBy'?: (string)[];
  'remedy'?: (string);
  'runbook'?: (string);
  '_condition'?: "condition";
}

export interface Problem__Output {
  /**
   * Rule and subject, such as `DiskSlow/vdb`. Unique in a report.
   */
  'id': (string);
  /**
   * Type of the node condition; absent for findings and events.
   */
  'condition'?: (string);
  'reason': (string);
  'severity': (_node_agent_v1_Severity__Output);
  'subject': (_node_agent_v1_Subject__Output | null);
  'since': (_google_protobuf_Timestamp__Output | null);
  /**
   * One sentence for a person.
   */
  'message': (string);
  'evidence': ({[key: string]: _node_agent_v1_EvidenceValue__Output});
  'culprits': (_node_agent_v1_Culprit__Output)[];
  /**
   * Ids of other problems in this report.
   */
  'causedBy': (string)[];
  'remedy': (string);
  'runbook': (string);
  '_condition'?: "condition";
}
