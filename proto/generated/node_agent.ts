import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AgentStatus as _node_agent_v1_AgentStatus, AgentStatus__Output as _node_agent_v1_AgentStatus__Output } from './node_agent/v1/AgentStatus.ts';
import type { Collector as _node_agent_v1_Collector, Collector__Output as _node_agent_v1_Collector__Output } from './node_agent/v1/Collector.ts';
import type { Condition as _node_agent_v1_Condition, Condition__Output as _node_agent_v1_Condition__Output } from './node_agent/v1/Condition.ts';
import type { Culprit as _node_agent_v1_Culprit, Culprit__Output as _node_agent_v1_Culprit__Output } from './node_agent/v1/Culprit.ts';
import type { Cycle as _node_agent_v1_Cycle, Cycle__Output as _node_agent_v1_Cycle__Output } from './node_agent/v1/Cycle.ts';
import type { EvidenceValue as _node_agent_v1_EvidenceValue, EvidenceValue__Output as _node_agent_v1_EvidenceValue__Output } from './node_agent/v1/EvidenceValue.ts';
import type { GetStatusRequest as _node_agent_v1_GetStatusRequest, GetStatusRequest__Output as _node_agent_v1_GetStatusRequest__Output } from './node_agent/v1/GetStatusRequest.ts';
import type { GetStatusResponse as _node_agent_v1_GetStatusResponse, GetStatusResponse__Output as _node_agent_v1_GetStatusResponse__Output } from './node_agent/v1/GetStatusResponse.ts';
import type { HistorySeries as _node_agent_v1_HistorySeries, HistorySeries__Output as _node_agent_v1_HistorySeries__Output } from './node_agent/v1/HistorySeries.ts';
import type { ListSignalsRequest as _node_agent_v1_ListSignalsRequest, ListSignalsRequest__Output as _node_agent_v1_ListSignalsRequest__Output } from './node_agent/v1/ListSignalsRequest.ts';
import type { ListSignalsResponse as _node_agent_v1_ListSignalsResponse, ListSignalsResponse__Output as _node_agent_v1_ListSignalsResponse__Output } from './node_agent/v1/ListSignalsResponse.ts';
import type { NodeAgentClient as _node_agent_v1_NodeAgentClient, NodeAgentDefinition as _node_agent_v1_NodeAgentDefinition } from './node_agent/v1/NodeAgent.ts';
import type { Problem as _node_agent_v1_Problem, Problem__Output as _node_agent_v1_Problem__Output } from './node_agent/v1/Problem.ts';
import type { Publishing as _node_agent_v1_Publishing, Publishing__Output as _node_agent_v1_Publishing__Output } from './node_agent/v1/Publishing.ts';
import type { QueryHistoryRequest as _node_agent_v1_QueryHistoryRequest, QueryHistoryRequest__Output as _node_agent_v1_QueryHistoryRequest__Output } from './node_agent/v1/QueryHistoryRequest.ts';
import type { QueryHistoryResponse as _node_agent_v1_QueryHistoryResponse, QueryHistoryResponse__Output as _node_agent_v1_QueryHistoryResponse__Output } from './node_agent/v1/QueryHistoryResponse.ts';
import type { Report as _node_agent_v1_Report, Report__Output as _node_agent_v1_Report__Output } from './node_agent/v1/Report.ts';
import type { ReportChange as _node_agent_v1_ReportChange, ReportChange__Output as _node_agent_v1_ReportChange__Output } from './node_agent/v1/ReportChange.ts';
import type { Signal as _node_agent_v1_Signal, Signal__Output as _node_agent_v1_Signal__Output } from './node_agent/v1/Signal.ts';
import type { SignalDescription as _node_agent_v1_SignalDescription, SignalDescription__Output as _node_agent_v1_SignalDescription__Output } from './node_agent/v1/SignalDescription.ts';
import type { SignalSubjects as _node_agent_v1_SignalSubjects, SignalSubjects__Output as _node_agent_v1_SignalSubjects__Output } from './node_agent/v1/SignalSubjects.ts';
import type { SignalValue as _node_agent_v1_SignalValue, SignalValue__Output as _node_agent_v1_SignalValue__Output } from './node_agent/v1/SignalValue.ts';
import type { Subject as _node_agent_v1_Subject, Subject__Output as _node_agent_v1_Subject__Output } from './node_agent/v1/Subject.ts';
import type { WatchStatusRequest as _node_agent_v1_WatchStatusRequest, WatchStatusRequest__Output as _node_agent_v1_WatchStatusRequest__Output } from './node_agent/v1/WatchStatusRequest.ts';
import type { WatchStatusResponse as _node_agent_v1_WatchStatusResponse, WatchStatusResponse__Output as _node_agent_v1_WatchStatusResponse__Output } from './node_agent/v1/WatchStatusResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  node_agent: {
    v1: {
      AgentStatus: MessageTypeDefinition<_node_agent_v1_AgentStatus, _node_agent_v1_AgentStatus__Output>
      Collector: MessageTypeDefinition<_node_agent_v1_Collector, _node_agent_v1_Collector__Output>
      CollectorState: EnumTypeDefinition
      Condition: MessageTypeDefinition<_node_agent_v1_Condition, _node_agent_v1_Condition__Output>
      ConditionStatus: EnumTypeDefinition
      Culprit: MessageTypeDefinition<_node_agent_v1_Culprit, _node_agent_v1_Culprit__Output>
      Cycle: MessageTypeDefinition<_node_agent_v1_Cycle, _node_agent_v1_Cycle__Output>
      Direction: EnumTypeDefinition
      EvidenceValue: MessageTypeDefinition<_node_agent_v1_EvidenceValue, _node_agent_v1_EvidenceValue__Output>
      GetStatusRequest: MessageTypeDefinition<_node_agent_v1_GetStatusRequest, _node_agent_v1_GetStatusRequest__Output>
      GetStatusResponse: MessageTypeDefinition<_node_agent_v1_GetStatusResponse, _node_agent_v1_GetStatusResponse__Output>
      HistorySeries: MessageTypeDefinition<_node_agent_v1_HistorySeries, _node_agent_v1_HistorySeries__Output>
      ListSignalsRequest: MessageTypeDefinition<_node_agent_v1_ListSignalsRequest, _node_agent_v1_ListSignalsRequest__Output>
      ListSignalsResponse: MessageTypeDefinition<_node_agent_v1_ListSignalsResponse, _node_agent_v1_ListSignalsResponse__Output>
      /**
       * What one node-agent says about its node. All calls are views of the last report: none starts a collection.
       * 
       * Without the credentials that the agent demands: UNAUTHENTICATED. Too many calls or streams: RESOURCE_EXHAUSTED. Streams
       * that are open when the agent stops: UNAVAILABLE.
       */
      NodeAgent: SubtypeConstructor<typeof grpc.Client, _node_agent_v1_NodeAgentClient> & { service: _node_agent_v1_NodeAgentDefinition }
      Problem: MessageTypeDefinition<_node_agent_v1_Problem, _node_agent_v1_Problem__Output>
      Publishing: MessageTypeDefinition<_node_agent_v1_Publishing, _node_agent_v1_Publishing__Output>
      QueryHistoryRequest: MessageTypeDefinition<_node_agent_v1_QueryHistoryRequest, _node_agent_v1_QueryHistoryRequest__Output>
      QueryHistoryResponse: MessageTypeDefinition<_node_agent_v1_QueryHistoryResponse, _node_agent_v1_QueryHistoryResponse__Output>
      Report: MessageTypeDefinition<_node_agent_v1_Report, _node_agent_v1_Report__Output>
      ReportChange: MessageTypeDefinition<_node_agent_v1_ReportChange, _node_agent_v1_ReportChange__Output>
      Role: EnumTypeDefinition
      Severity: EnumTypeDefinition
      Signal: MessageTypeDefinition<_node_agent_v1_Signal, _node_agent_v1_Signal__Output>
      SignalDescription: MessageTypeDefinition<_node_agent_v1_SignalDescription, _node_agent_v1_SignalDescription__Output>
      SignalSubjects: MessageTypeDefinition<_node_agent_v1_SignalSubjects, _node_agent_v1_SignalSubjects__Output>
      SignalValue: MessageTypeDefinition<_node_agent_v1_SignalValue, _node_agent_v1_SignalValue__Output>
      Subject: MessageTypeDefinition<_node_agent_v1_Subject, _node_agent_v1_Subject__Output>
      Verdict: EnumTypeDefinition
      WatchStatusRequest: MessageTypeDefinition<_node_agent_v1_WatchStatusRequest, _node_agent_v1_WatchStatusRequest__Output>
      WatchStatusResponse: MessageTypeDefinition<_node_agent_v1_WatchStatusResponse, _node_agent_v1_WatchStatusResponse__Output>
    }
  }
}

