import Type, { type Static, type TSchema } from 'typebox'
import { collectors } from '../../collectors/index.ts'
import { ruleCatalogue } from '../rules/index.ts'
import { closed, duration, type RuleInput, ruleSchema } from './rule-schema.ts'

/** The configuration file: this schema is the validator, the types, the defaults and docs/configuration.md. */

const text = (description: string, value: string) => Type.String({ description, default: value })
const paths = (description: string, value: string[]) =>
  Type.Array(Type.String({ pattern: '^/' }), { description, default: value })

const FINDINGS = ruleCatalogue.filter(({ kind }) => kind === 'finding').map(({ id }) => id)

export const configSchema = Type.Object(
  {
    interval: duration('Time between two cycles, jittered by 10 %', '10s'),
    nodeName: text('Name of the node; `NODE_NAME`, then the host name, where empty', ''),
    http: Type.Object({ listenAddress: text('Address of HTTP; port 0 picks a free one', '127.0.0.1:20900') }, closed),
    grpc: Type.Object({ listenAddress: text('Address of gRPC; port 0 picks a free one', '127.0.0.1:20901') }, closed),
    tls: Type.Object(
      {
        certFile: text('Certificate chain in PEM; re-read when it changes', ''),
        keyFile: text('Private key in PEM', ''),
        clientCAFile: text(
          'CA of client certificates in PEM: callers must present one (mTLS); with auth.tokenFile both are demanded',
          '',
        ),
      },
      closed,
    ),
    auth: Type.Object({ tokenFile: text('File with bearer tokens, one a line; re-read when it changes', '') }, closed),
    metrics: Type.Object(
      { raw: Type.Boolean({ description: 'Also export raw kernel counters', default: false }) },
      closed,
    ),
    publish: Type.Object(
      {
        enabled: Type.Unsafe<boolean | 'auto'>({
          enum: ['auto', true, false],
          description: 'Whether conditions and events go to the cluster; `auto`: in a pod, or where kubeconfig is set',
          default: 'auto',
        }),
        kubeconfig: text('Kubeconfig file, for an agent outside a pod; the service account of the pod where empty', ''),
        after: Type.Object(
          {
            critical: duration('How long a critical problem has lasted when the Node object says so', '0s'),
            warning: duration('The same for a warning', '2m'),
            ...Object.fromEntries(
              ruleCatalogue
                .filter(({ kind }) => kind === 'condition')
                .map(({ id, publishAfter }) => [
                  id,
                  Type.Optional(duration(`The same for a warning of ${id}`, publishAfter)),
                ]),
            ),
          },
          closed,
        ),
        bootGrace: duration(
          'So long after boot warnings are not published: image pulls saturate every new node',
          '10m',
        ),
        spread: duration('The first write after a start or an outage waits a random time up to this', '30s'),
        notApplicable: Type.Enum(['publish', 'omit'], {
          description: 'Conditions that are not applicable to a node: False with reason NotApplicable, or left out',
          default: 'publish',
        }),
      },
      closed,
    ),
    events: Type.Object(
      {
        include: Type.Array(Type.Enum(FINDINGS), {
          description: 'Ids of findings that become events too; conditions and one-off events always do',
          default: [],
        }),
      },
      closed,
    ),
    state: Type.Object(
      { file: text('Where verdicts survive a restart of the agent', '/run/node-agent/state.json') },
      closed,
    ),
    log: Type.Object(
      {
        level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
          description: 'Least level that is logged',
          default: 'info',
        }),
      },
      closed,
    ),
    places: Type.Object(
      {
        kubeletRoots: paths('Where the kubelet may keep its state', [
          '/var/lib/kubelet',
          '/var/lib/k0s/kubelet',
          '/var/snap/microk8s/common/var/lib/kubelet',
        ]),
        runtimeRoots: paths('Where container runtimes may keep images and containers', [
          '/var/lib/containerd',
          '/var/lib/docker',
          '/var/lib/containers/storage',
          '/var/lib/rancher/k3s/agent/containerd',
          '/var/lib/rancher/rke2/agent/containerd',
          '/var/lib/k0s/containerd',
          '/var/snap/microk8s/common/var/lib/containerd',
        ]),
        dockerRoots: paths("Docker's data roots, beside the data-root of /etc/docker/daemon.json", ['/var/lib/docker']),
        podLogRoots: paths('Where the kubelet keeps container logs', ['/var/log/pods']),
      },
      closed,
    ),
    collectors: Type.Object(
      Object.fromEntries(
        collectors.map(({ name, source }) => [
          name,
          Type.Optional(
            Type.Object({ enabled: Type.Boolean({ description: `Whether ${source} is read`, default: true }) }, closed),
          ),
        ]),
      ) as Record<string, TSchema>,
      closed,
    ),
    rules: Type.Object(
      Object.fromEntries(ruleCatalogue.map(rule => [rule.id, ruleSchema(rule)])) as Record<string, TSchema>,
      closed,
    ),
  },
  { ...closed, $id: 'node-agent-config-v1', title: 'node-agent configuration' },
)

/** The configuration as written, defaults filled in. */
export type ConfigInput = Omit<Static<typeof configSchema>, 'rules' | 'collectors'> & {
  readonly rules: Readonly<Record<string, RuleInput>>
  readonly collectors: Readonly<Record<string, { readonly enabled: boolean }>>
}

/** The part of JSON Schema that we walk ourselves. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
}
