// Original file: node_agent/v1/node_agent.proto

import type { Role as _node_agent_v1_Role, Role__Output as _node_agent_v1_Role__Output } from '../../node_agent/v1/Role.ts';

export interface Subject {
  /**
   * Node, Disk, Filesystem, Interface and so on.
   */
  'kind'?: (string);
  /**
   * The kernel's name, mount point, container id …
   */
  'name'?: (string);
  /**
   * The name that people use, such as `vg0-orders` for dm-0.
   */
  'displayName'?: (string);
  'role'?: (_node_agent_v1_Role);
  '_displayName'?: "displayName";
}

export interface Subject__Output {
  /**
   * Node, Disk, Filesystem, Interface and so on.
   */
  'kind': (string);
  /**
   * The kernel's name, mount point, container id …
   */
  'name': (string);
  /**
   * The name that people use, such as `vg0-orders` for dm-0.
   */
  'displayName'?: (string);
  'role': (_node_agent_v1_Role__Output);
  '_displayName'?: "displayName";
}
