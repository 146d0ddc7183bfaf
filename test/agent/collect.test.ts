import t from 'tap'
import { Collecting } from '../../agent/collect.ts'
import type { Host } from '../../collectors/host.ts'
import { textHost } from '../collectors/texthost.ts'
import { PLACES } from './samples.ts'

const settings = { disabled: new Set<string>(), intervalMs: 10_000, patienceMs: 500 }

t.test('a collector that throws has failed; the cycle goes on, and so does the next one', async t => {
  const texts = textHost({ files: { '/proc/loadavg': '0.1 0.2 0.3 1/2 3\n', '/proc/sys/fs/file-nr': '1 0 100\n' } })
  let broken = true
  const host: Host = {
    ...texts,
    read(path) {
      if (broken && path === '/proc/loadavg') throw new TypeError('not expected')
      return texts.read(path)
    },
    blocking: { ...texts.blocking, files: () => Promise.reject(new TypeError('not expected either')) },
  }
  const collecting = new Collecting(PLACES, settings)
  const { statuses, sample } = await collecting.collect(host, 0, 0)
  const failed = Object.entries(statuses).filter(([, { status }]) => status === 'failed')
  t.ok(failed.length >= 2, 'both kinds')
  for (const [name, { error }] of failed)
    t.match(error, new RegExp(`^collector ${name} failed: TypeError: not expected`), name)
  t.match(sample.readings.loadavg.reading, { ok: false, fault: { code: 'Io' } })
  broken = false
  t.equal((await collecting.collect(host, 10_000, 10_000)).statuses.loadavg!.status, 'ok')
})
