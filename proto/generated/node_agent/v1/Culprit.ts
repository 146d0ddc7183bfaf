// Original file: node_agent/v1/node_agent.proto


/**
 * Who causes a problem. What is not known is absent.
 */
export interface Culprit {
  /**
   * Container, Process, Pod, Unit, Device or Interface.
   */
  'kind'?: (string);
  'namespace'?: (string);
  'pod'?: (string);
  'container'?: (string);
  'containerId'?: (string);
  'name'?: (string);
  /**
   * Part of the whole, 0 to 1.
   */
  'share'?: (number | string);
  'evidence'?: ({[key: string]: number | string});
  '_namespace'?: "namespace";
  '_pod'?: "pod";
  '_container'?: "container";
  '_containerId'?: "containerId";
  '_name'?: "name";
  '_share'?: "share";
}

/**
 * Who causes a problem. What is not known is absent.
 */
export interface Culprit__Output {
  /**
   * Container, Process, Pod, Unit, Device or Interface.
   */
  'kind': (string);
  'namespace'?: (string);
  'pod'?: (string);
  'container'?: (string);
  'containerId'?: (string);
  'name'?: (string);
  /**
   * Part of the whole, 0 to 1.
   */
  'share'?: (number);
  'evidence': ({[key: string]: number});
  '_namespace'?: "namespace";
  '_pod'?: "pod";
  '_container'?: "container";
  '_containerId'?: "containerId";
  '_name'?: "name";
  '_share'?: "share";
}
