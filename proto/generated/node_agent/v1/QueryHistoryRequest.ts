// Original file: node_agent/v1/node_agent.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface QueryHistoryRequest {
  /**
   * Name of a signal; all where empty.
   */
  'signal'?: (string);
  /**
   * Subject; all where empty.
   */
  'subject'?: (string);
  /**
   * Not before then; as far back as there is where absent.
   */
  'since'?: (_google_protobuf_Timestamp | null);
}

export interface QueryHistoryRequest__Output {
  /**
   * Name of a signal; all where empty.
   */
  'signal': (string);
  /**
   * Subject; all where empty.
   */
  'subject': (string);
  /**
   * Not before then; as far back as there is where absent.
   */
  'since': (_google_protobuf_Timestamp__Output | null);
}
