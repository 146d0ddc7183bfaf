// Original file: node_agent/v1/node_agent.proto

import type { Report as _node_agent_v1_Report, Report__Output as _node_agent_v1_Report__Output } from '../../node_agent/v1/Report.ts';
import type { ReportChange as _node_agent_v1_ReportChange, ReportChange__Output as _node_agent_v1_ReportChange__Output } from '../../node_agent/v1/ReportChange.ts';

export interface WatchStatusResponse {
  /**
   * The first message.
   */
  'report'?: (_node_agent_v1_Report | null);
  /**
   * All others.
   */
  'change'?: (_node_agent_v1_ReportChange | null);
  'update'?: "report"|"change";
}

export interface WatchStatusResponse__Output {
  /**
   * The first message.
   */
  'report'?: (_node_agent_v1_Report__Output | null);
  /**
   * All others.
   */
  'change'?: (_node_agent_v1_ReportChange__Output | null);
  'update'?: "report"|"change";
}
