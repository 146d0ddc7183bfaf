// Original file: node_agent/v1/node_agent.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface Publishing {
  'enabled'?: (boolean);
  /**
   * `published`, or what stands in the way.
   */
  'detail'?: (string);
  /**
   * When the Node's conditions were last written; absent if not yet.
   */
  'lastWriteTime'?: (_google_protobuf_Timestamp | null);
}

export interface Publishing__Output {
  'enabled': (boolean);
  /**
   * `published`, or what stands in the way.
   */
  'detail': (string);
  /**
   * When the Node's conditions were last written; absent if not yet.
   */
  'lastWriteTime': (_google_protobuf_Timestamp__Output | null);
}
