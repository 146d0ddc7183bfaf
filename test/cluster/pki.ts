import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../host/beds/processes.ts'

export interface Pki {
  /** Path of a certificate or key: `file('ca.crt')`. */
  file(name: string): string
}

const CLIENTS: Record<string, string> = {
  admin: '/O=system:masters/CN=admin',
  'kube-controller-manager': '/CN=system:kube-controller-manager',
  'kube-scheduler': '/CN=system:kube-scheduler',
  'kube-proxy': '/CN=system:kube-proxy',
  'apiserver-kubelet-client': '/CN=kube-apiserver-kubelet-client',
}

/** What kubeadm would make: two authorities, two servers, a client for each component, the key of service accounts. */
export function makePki(dir: string, nodeName: string, nodeIp: string, serviceIp: string): Pki {
  mkdirSync(dir)
  const file = (name: string) => join(dir, name)
  writeFileSync(file('openssl.cnf'), '[req]\ndistinguished_name = subject\n[subject]\n')
  authority(file, 'ca', 'kubernetes')
  authority(file, 'front-proxy-ca', 'front-proxy-ca')
  const dns = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  server(file, 'apiserver', '/CN=kube-apiserver', ['localhost', ...dns], ['127.0.0.1', serviceIp, nodeIp])
  const node = `/O=system:nodes/CN=system:node:${nodeName}`
  server(file, 'kubelet-server', node, [nodeName, 'localhost'], ['127.0.0.1', nodeIp])
  for (const [name, subject] of Object.entries({ ...CLIENTS, kubelet: node })) client(file, name, 'ca', subject)
  client(file, 'front-proxy-client', 'front-proxy-ca', '/CN=front-proxy-client')
  run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('sa.key'))
  run('openssl', 'pkey', '-in', file('sa.key'), '-pubout', '-out', file('sa.pub'))
  return { file }
}

type FileOf = Pki['file']

function authority(file: FileOf, name: string, commonName: string): void {
  issue(file, name, `/CN=${commonName}`, [
    ...['-addext', 'basicConstraints=critical,CA:TRUE'],
    ...['-addext', 'keyUsage=critical,digitalSignature,keyCertSign,cRLSign'],
  ])
}

function server(file: FileOf, name: string, subject: string, dns: string[], ips: string[]): void {
  const names = [...dns.map(each => `DNS:${each}`), ...ips.map(each => `IP:${each}`)].join(',')
  const extensions = ['-addext', 'extendedKeyUsage=serverAuth', '-addext', `subjectAltName=${names}`]
  issue(file, name, subject, [...signedBy(file, 'ca'), ...extensions])
}

function client(file: FileOf, name: string, by: string, subject: string): void {
  issue(file, name, subject, [...signedBy(file, by), '-addext', 'extendedKeyUsage=clientAuth'])
}

const signedBy = (file: FileOf, by: string) => [
  ...['-CA', file(`${by}.crt`), '-CAkey', file(`${by}.key`)],
  ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=critical,digitalSignature'],
]

function issue(file: FileOf, name: string, subject: string, more: string[]): void {
  run(
    'openssl',
    ...['req', '-x509', '-config', file('openssl.cnf'), '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...[
      '-noenc',
      '-days',
      '30',
      '-subj',
      subject,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.crt`),
      ...more,
    ],
  )
}
