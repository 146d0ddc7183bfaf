// Original file: node_agent/v1/node_agent.proto

import type { Report as _node_agent_v1_Report, Report__Output as _node_agent_v1_Report__Output } from '../../node_agent/v1/Report.ts';

export interface GetStatusResponse {
  'report'?: (_node_agent_v1_Report | null);
}

export interface GetStatusResponse__Output {
  'report': (_node_agent_v1_Report__Output | null);
}
