// Original file: node_agent/v1/node_agent.proto


export interface Publishing {
  'enabled'?: (boolean);
  'detail'?: (string);
}

export interface Publishing__Output {
  'enabled': (boolean);
  'detail': (string);
}
