// Original file: node_agent/v1/node_agent.proto


export interface EvidenceValue {
  'number'?: (number | string);
  'text'?: (string);
  'flag'?: (boolean);
  'value'?: "number"|"text"|"flag";
}

export interface EvidenceValue__Output {
  'number'?: (number);
  'text'?: (string);
  'flag'?: (boolean);
  'value'?: "number"|"text"|"flag";
}
