import { collector } from './collector.ts'
import type { FileEntry, Host } from './host.ts'
import { fault, ok, type Reading } from './reading.ts'

/**
 * When the node's time daemon last set the clock right, by the files that it leaves (gauges, wall clock).
 *
 *     /run/systemd/timesync/synchronized     touched by systemd-timesyncd on each successful synchronisation (v239);
 *                                            the directory is there while the service runs
 *     /run/chrony/chronyd.pid                there while chronyd runs, since its start
 *     /var/lib/chrony/{chrony.drift,drift}   rewritten once an hour while chronyd is synchronised, and when it ends
 *
 * Asked once a minute, through a helper: /var may hang. The kernel's own word, adjtimex(2), cannot be had without a
 * native module. Other daemons (ntpd, PTP, a hypervisor's agent) leave nothing that tells.
 * man 8 systemd-timesyncd.service, man 5 chrony.conf (driftfile)
 */
export interface ClockSync {
  readonly daemon: 'systemd-timesyncd' | 'chronyd'
  /** Unix ms; null: not since it was started. */
  readonly synchronizedMs: number | null
  /** Unix ms; null where the daemon does not tell. */
  readonly startedMs: number | null
}

const DRIFT_FILES = new Set(['chrony.drift', 'drift'])

export const clock = collector({
  name: 'clock',
  source: '/run/systemd/timesync, /run/chrony, /var/lib/chrony',
  absentWhen: 'neither systemd-timesyncd nor chronyd runs on the node, or its /run is not visible',
  everyMs: 60_000,
  collect: async (host): Promise<Reading<ClockSync>> => {
    const timesyncd = await readTimesyncd(host)
    return timesyncd.ok || timesyncd.fault.code !== 'Absent' ? timesyncd : readChronyd(host)
  },
})

async function readTimesyncd(host: Host): Promise<Reading<ClockSync>> {
  const listed = await host.blocking.files('/run/systemd/timesync', 1)
  if (!listed.ok) return listed
  const synchronizedMs = modifiedMs(listed.value, name => name === 'synchronized')
  return ok({ daemon: 'systemd-timesyncd', synchronizedMs, startedMs: null })
}

async function readChronyd(host: Host): Promise<Reading<ClockSync>> {
  const run = await host.blocking.files('/run/chrony', 1)
  if (!run.ok) return run
  const startedMs = modifiedMs(run.value, name => name === 'chronyd.pid')
  if (startedMs === null) return fault('Absent', '/run/chrony: chronyd does not run')
  const state = await host.blocking.files('/var/lib/chrony', 1)
  if (!state.ok) return state
  const synchronizedMs = modifiedMs(state.value, name => DRIFT_FILES.has(name))
  return synchronizedMs === null
    ? fault('Absent', '/var/lib/chrony: chronyd keeps no drift file there')
    : ok({ daemon: 'chronyd', synchronizedMs, startedMs })
}

function modifiedMs(entries: readonly FileEntry[], wanted: (name: string) => boolean): number | null {
  return entries.find(({ path }) => wanted(path))?.modifiedMs ?? null
}
