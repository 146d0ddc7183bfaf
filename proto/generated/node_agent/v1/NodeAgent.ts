// Original file: node_agent/v1/node_agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetStatusRequest as _node_agent_v1_GetStatusRequest, GetStatusRequest__Output as _node_agent_v1_GetStatusRequest__Output } from '../../node_agent/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _node_agent_v1_GetStatusResponse, GetStatusResponse__Output as _node_agent_v1_GetStatusResponse__Output } from '../../node_agent/v1/GetStatusResponse.ts';
import type { ListSignalsRequest as _node_agent_v1_ListSignalsRequest, ListSignalsRequest__Output as _node_agent_v1_ListSignalsRequest__Output } from '../../node_agent/v1/ListSignalsRequest.ts';
import type { ListSignalsResponse as _node_agent_v1_ListSignalsResponse, ListSignalsResponse__Output as _node_agent_v1_ListSignalsResponse__Output } from '../../node_agent/v1/ListSignalsResponse.ts';
import type { QueryHistoryRequest as _node_agent_v1_QueryHistoryRequest, QueryHistoryRequest__Output as _node_agent_v1_QueryHistoryRequest__Output } from '../../node_agent/v1/QueryHistoryRequest.ts';
import type { QueryHistoryResponse as _node_agent_v1_QueryHistoryResponse, QueryHistoryResponse__Output as _node_agent_v1_QueryHistoryResponse__Output } from '../../node_agent/v1/QueryHistoryResponse.ts';
import type { WatchStatusRequest as _node_agent_v1_WatchStatusRequest, WatchStatusRequest__Output as _node_agent_v1_WatchStatusRequest__Output } from '../../node_agent/v1/WatchStatusRequest.ts';
import type { WatchStatusResponse as _node_agent_v1_WatchStatusResponse, WatchStatusResponse__Output as _node_agent_v1_WatchStatusResponse__Output } from '../../node_agent/v1/WatchStatusResponse.ts';

/**
 * What one node-agent says about its node. All calls are views of the last report: none starts a collection.
 * 
 * Without the credentials that the agent demands: UNAUTHENTICATED. Too many calls or streams: RESOURCE_EXHAUSTED. Streams
 * that are open when the agent stops: UNAVAILABLE.
 */
export interface NodeAgentClient extends grpc.Client {
  /**
   * The last report; UNAVAILABLE until there is one.
   */
  GetStatus(argument: _node_agent_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _node_agent_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _node_agent_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _node_agent_v1_GetStatusRequest, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The last report; UNAVAILABLE until there is one.
   */
  getStatus(argument: _node_agent_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _node_agent_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _node_agent_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _node_agent_v1_GetStatusRequest, callback: grpc.requestCallback<_node_agent_v1_GetStatusResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Every signal that the agent knows: its unit, what it is of, what it means, and its values now.
   */
  ListSignals(argument: _node_agent_v1_ListSignalsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  ListSignals(argument: _node_agent_v1_ListSignalsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  ListSignals(argument: _node_agent_v1_ListSignalsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  ListSignals(argument: _node_agent_v1_ListSignalsRequest, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Every signal that the agent knows: its unit, what it is of, what it means, and its values now.
   */
  listSignals(argument: _node_agent_v1_ListSignalsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  listSignals(argument: _node_agent_v1_ListSignalsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  listSignals(argument: _node_agent_v1_ListSignalsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  listSignals(argument: _node_agent_v1_ListSignalsRequest, callback: grpc.requestCallback<_node_agent_v1_ListSignalsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Signals of the last 30 minutes.
   */
  QueryHistory(argument: _node_agent_v1_QueryHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  QueryHistory(argument: _node_agent_v1_QueryHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  QueryHistory(argument: _node_agent_v1_QueryHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  QueryHistory(argument: _node_agent_v1_QueryHistoryRequest, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Signals of the last 30 minutes.
   */
  queryHistory(argument: _node_agent_v1_QueryHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  queryHistory(argument: _node_agent_v1_QueryHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  queryHistory(argument: _node_agent_v1_QueryHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  queryHistory(argument: _node_agent_v1_QueryHistoryRequest, callback: grpc.requestCallback<_node_agent_v1_QueryHistoryResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The last report in full (or the first, once there is one), then one message a cycle with what changed since the
   * message before. Applying them in order gives the report of that cycle, but for the heartbeats of conditions, which
   * are those of `time`, and the figures of collectors whose state did not change.
   * 
   * A cycle without any change is sent too: `time` moves on, so a receiver can tell a quiet agent from a dead one.
   * For a client that reads too slowly cycles are put together: the next message holds what changed since the one that
   * it took. One that takes nothing for a minute is dropped with its connection. A connection lasts half an hour, give
   * or take a tenth; then clients connect again and begin with a full report.
   */
  WatchStatus(argument: _node_agent_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_node_agent_v1_WatchStatusResponse__Output>;
  WatchStatus(argument: _node_agent_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_node_agent_v1_WatchStatusResponse__Output>;
  /**
   * The last report in full (or the first, once there is one), then one message a cycle with what changed since the
   * message before. Applying them in order gives the report of that cycle, but for the heartbeats of conditions, which
   * are those of `time`, and the figures of collectors whose state did not change.
   * 
   * A cycle without any change is sent too: `time` moves on, so a receiver can tell a quiet agent from a dead one.
   * For a client that reads too slowly cycles are put together: the next message holds what changed since the one that
   * it took. One that takes nothing for a minute is dropped with its connection. A connection lasts half an hour, give
   * or take a tenth; then clients connect again and begin with a full report.
   */
  watchStatus(argument: _node_agent_v1_WatchStatusRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_node_agent_v1_WatchStatusResponse__Output>;
  watchStatus(argument: _node_agent_v1_WatchStatusRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_node_agent_v1_WatchStatusResponse__Output>;
  
}

/**
 * What one node-agent says about its node. All calls are views of the last report: none starts a collection.
 * 
 * Without the credentials that the agent demands: UNAUTHENTICATED. Too many calls or streams: RESOURCE_EXHAUSTED. Streams
 * that are open when the agent stops: UNAVAILABLE.
 */
export interface NodeAgentHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The last report; UNAVAILABLE until there is one.
   */
  GetStatus: grpc.handleUnaryCall<_node_agent_v1_GetStatusRequest__Output, _node_agent_v1_GetStatusResponse>;
  
  /**
   * Every signal that the agent knows: its unit, what it is of, what it means, and its values now.
   */
  ListSignals: grpc.handleUnaryCall<_node_agent_v1_ListSignalsRequest__Output, _node_agent_v1_ListSignalsResponse>;
  
  /**
   * Signals of the last 30 minutes.
   */
  QueryHistory: grpc.handleUnaryCall<_node_agent_v1_QueryHistoryRequest__Output, _node_agent_v1_QueryHistoryResponse>;
  
  /**
   * The last report in full (or the first, once there is one), then one message a cycle with what changed since the
   * message before. Applying them in order gives the report of that cycle, but for the heartbeats of conditions, which
   * are those of `time`, and the figures of collectors whose state did not change.
   * 
   * A cycle without any change is sent too: `time` moves on, so a receiver can tell a quiet agent from a dead one.
   * For a client that reads too slowly cycles are put together: the next message holds what changed since the one that
   * it took. One that takes nothing for a minute is dropped with its connection. A connection lasts half an hour, give
   * or take a tenth; then clients connect again and begin with a full report.
   */
  WatchStatus: grpc.handleServerStreamingCall<_node_agent_v1_WatchStatusRequest__Output, _node_agent_v1_WatchStatusResponse>;
  
}

export interface NodeAgentDefinition extends grpc.ServiceDefinition {
  GetStatus: MethodDefinition<_node_agent_v1_GetStatusRequest, _node_agent_v1_GetStatusResponse, _node_agent_v1_GetStatusRequest__Output, _node_agent_v1_GetStatusResponse__Output>
  ListSignals: MethodDefinition<_node_agent_v1_ListSignalsRequest, _node_agent_v1_ListSignalsResponse, _node_agent_v1_ListSignalsRequest__Output, _node_agent_v1_ListSignalsResponse__Output>
  QueryHistory: MethodDefinition<_node_agent_v1_QueryHistoryRequest, _node_agent_v1_QueryHistoryResponse, _node_agent_v1_QueryHistoryRequest__Output, _node_agent_v1_QueryHistoryResponse__Output>
  WatchStatus: MethodDefinition<_node_agent_v1_WatchStatusRequest, _node_agent_v1_WatchStatusResponse, _node_agent_v1_WatchStatusRequest__Output, _node_agent_v1_WatchStatusResponse__Output>
}
