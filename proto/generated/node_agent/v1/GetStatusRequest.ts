// Original file: node_agent/v1/node_agent.proto


export interface GetStatusRequest {
}

export interface GetStatusRequest__Output {
}
