/** A real single-node Kubernetes for a test. By hand: `node test/cluster/cluster.ts` keeps one until it is interrupted. */
import { execFile } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { childrenOf } from '../host/beds/kernel.ts'
import { background, killGroup, run } from '../host/beds/processes.ts'
import { bed, type Undo } from '../host/beds/undo.ts'
import { until } from '../host/beds/wait.ts'
import { busyboxImage } from './archive.ts'
import {
  API_SERVER,
  type Component,
  commandLines,
  components,
  type Extras,
  kubeconfigOf,
  kubeletConfig,
  PAUSE_IMAGE,
  type Place,
  SERVICE_IP,
  writeContainerdConfig,
} from './components.ts'
import { ownDirectory } from './leftovers.ts'
import { NODE_IP, type Node, type NodeDisk, startNode } from './node.ts'
import { makePki } from './pki.ts'
import { programs } from './programs.ts'

const execute = promisify(execFile)

export const BUSYBOX_IMAGE = 'docker.io/library/busybox:test'

export interface Cluster {
  readonly nodeName: string
  /** Reached from the machine too, over a cable of its own; the machine's end is `MACHINE_IP` of node.ts. */
  readonly nodeIp: string
  readonly apiServerUrl: string
  /** Of the administrator; path of a file. */
  readonly kubeconfig: string
  /** Certificates and keys by name: `pki('ca.crt')`. */
  pki(name: string): string
  readonly kubectlPath: string
  /** The output; fails with what kubectl said. */
  kubectl(...args: string[]): Promise<string>
  /** `kubectl apply` of YAML or JSON. */
  apply(manifest: string): Promise<string>
  /** Runs a command on the node, in its name spaces. */
  exec(command: string, ...args: string[]): Promise<string>
  /** An archive as `docker save` writes it. */
  importImage(archive: string): Promise<void>
  /** SIGSTOP, SIGCONT, SIGKILL; `restart` kills first what still runs. */
  stop(component: Component): void
  cont(component: Component): void
  kill(component: Component): void
  restart(component: Component): void
  /** Pid on the machine. */
  pid(component: Component): number
  log(component: Component): string
  readonly disk: NodeDisk
}

export interface Options extends Extras {
  readonly nodeName?: string
}

/** Up with a Ready node; gone, with everything that it did to the machine, when the test is over. */
export async function startCluster(t: Pick<Test, 'teardown'>, options: Options = {}): Promise<Cluster> {
  const cluster = await bed(undo => build(undo, options))
  t.teardown(cluster.close)
  return cluster
}

async function build(undo: Undo, options: Options): Promise<Cluster> {
  const nodeName = options.nodeName ?? 'worker-1'
  const dir = await ownDirectory(undo)
  mkdirSync(join(dir, 'log'))
  const place = { dir, nodeName, pki: makePki(join(dir, 'pki'), nodeName, NODE_IP, SERVICE_IP) }
  writeContainerdConfig(dir)
  const node = await startNode(undo, dir, nodeName)
  writeOnNode(node, '/var/lib/kubelet/config.yaml', kubeletConfig(place, options))
  const processes = processesOf(undo, node, place, options)
  const cluster = { ...accessTo(node, place), ...processes, disk: node.disk }
  await start(cluster, dir)
  return cluster
}

function writeOnNode({ enter: [command, ...args] }: Node, path: string, text: string): void {
  run(command, ...args, 'sh', '-c', `printf %s "$1" > "$2"`, 'sh', text, path)
}

function accessTo({ enter: [nsenter, ...into] }: Node, place: Place) {
  const kubeconfig = kubeconfigOf(place, 'admin')
  const kubectlPath = programs()('kubectl')
  const call = async (command: string, args: string[], input = '') => {
    const running = execute(command, args, { maxBuffer: 64 << 20, env: { ...process.env, KUBECONFIG: kubeconfig } })
    running.child.stdin?.on('error', () => undefined) // ended already: its exit says why
    running.child.stdin?.end(input)
    return (await running).stdout
  }
  const exec = (command: string, ...args: string[]) => call(nsenter, [...into, command, ...args])
  return {
    nodeName: place.nodeName,
    nodeIp: NODE_IP,
    apiServerUrl: API_SERVER,
    kubeconfig,
    kubectlPath,
    pki: place.pki.file,
    kubectl: (...args: string[]) => call(kubectlPath, args),
    apply: (manifest: string) => call(kubectlPath, ['apply', '-f', '-'], manifest),
    exec,
    importImage: async (archive: string) => {
      await exec('ctr', '--namespace', 'k8s.io', 'images', 'import', archive)
    },
  }
}

type Processes = Pick<Cluster, 'stop' | 'cont' | 'kill' | 'restart' | 'pid' | 'log'>

/** Each runs as a child of its nsenter, in one process group, so that a signal reaches both. */
function processesOf(undo: Undo, node: Node, place: Place, { flags = {} }: Options): Processes {
  const lines = commandLines(place)
  const path = programs()
  const groups = new Map<Component, number>()
  const group = (component: Component) => groups.get(component) ?? 0
  const logOf = (component: Component) => join(place.dir, 'log', component)
  const signal = (component: Component, name: NodeJS.Signals) => process.kill(-group(component), name)
  const end = (component: Component) => {
    if (groups.has(component)) killGroup(group(component))
  }
  const start = (component: Component) => {
    const [command, ...into] = node.enter
    const program = component === 'containerd' ? component : path(component)
    const log = openSync(logOf(component), 'a')
    const args = [...into, program, ...lines[component], ...(flags[component] ?? [])]
    const child = background(undo, command, args, { stdio: ['ignore', log, log] })
    child.unref()
    groups.set(component, child.pid)
  }
  return {
    stop: component => signal(component, 'SIGSTOP'),
    cont: component => signal(component, 'SIGCONT'),
    kill: end,
    restart: component => {
      end(component)
      start(component)
    },
    pid: component => childrenOf(group(component))[0] ?? 0,
    log: component => readFileSync(logOf(component), 'utf8'),
  }
}

/** In the order in which one needs the other: a kubelet without its runtime ends at once, for systemd to try again. */
async function start(cluster: Cluster, dir: string): Promise<void> {
  const { kubectl, exec, nodeName } = cluster
  const [first, last] = [components.slice(0, 3), components.slice(3)]
  const status = ['-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}']
  const wait = (what: string, probe: () => Promise<unknown>) => until(what, probe, { everyMs: 200 })
  try {
    for (const component of first) cluster.restart(component)
    await wait('containerd to answer', () => exec('ctr', 'version'))
    await cluster.importImage(busyboxImage(dir, PAUSE_IMAGE, ['sleep', '1000000000']))
    await cluster.importImage(busyboxImage(dir, BUSYBOX_IMAGE, ['sh']))
    await wait('the API server', () => kubectl('get', '--raw', '/readyz'))
    for (const component of last) cluster.restart(component)
    await cluster.apply(JSON.stringify(KUBELET_API))
    await wait('a Ready node', async () => (await kubectl('get', 'node', nodeName, ...status)) === 'True')
    await wait('service accounts', () => kubectl('get', 'serviceaccount', 'default'))
  } catch (error) {
    const logs = components.map(name => `${name}: ${cluster.log(name).slice(-600)}`)
    throw new Error(`${(error as Error).message}\n${logs.join('\n')}`, { cause: error })
  }
}

/** The API server may use the kubelet's API (logs, exec, proxy). */
const KUBELET_API = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'apiserver-kubelet-client' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver-kubelet-client' }],
}

if (import.meta.main) {
  const start = performance.now()
  const cluster = await bed(undo => build(undo, {}))
  console.log(`up in ${((performance.now() - start) / 1000).toFixed(1)} s: export KUBECONFIG=${cluster.kubeconfig}`)
  setInterval(() => undefined, 1 << 30)
}
