// Original file: node_agent/v1/node_agent.proto


export interface SignalSubjects {
  'name'?: (string);
  'subjects'?: (string)[];
}

export interface SignalSubjects__Output {
  'name': (string);
  'subjects': (string)[];
}
