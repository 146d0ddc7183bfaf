// Original file: node_agent/v1/node_agent.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { HistorySeries as _node_agent_v1_HistorySeries, HistorySeries__Output as _node_agent_v1_HistorySeries__Output } from '../../node_agent/v1/HistorySeries.ts';

export interface QueryHistoryResponse {
  /**
   * When the values were taken. Rising, but for steps of the node's clock.
   */
  'times'?: (_google_protobuf_Timestamp)[];
  'series'?: (_node_agent_v1_HistorySeries)[];
}

export interface QueryHistoryResponse__Output {
  /**
   * When the values were taken. Rising, but for steps of the node's clock.
   */
  'times': (_google_protobuf_Timestamp__Output)[];
  'series': (_node_agent_v1_HistorySeries__Output)[];
}
