import { DISK_LIFE, rest } from './life.ts'
import { type Disk, type Machine, times } from './machine.ts'
import type { Scenario, When } from './scenario.ts'

/** The log of `default/java-app` in the fixture. */
const CONTAINER = '3f4e5a6b7c8d9e0f11223344556677889900aabbccddeeff0011223344556677'
const LOG = `var/lib/docker/containers/${CONTAINER}/${CONTAINER}-json.log`

/** What iostat said in the field: w_await 11 165 ms, aqu-sz 126, util 100 %. */
const SATURATED: Disk = { writes: 11.3, writeSectors: 116_750, writeMs: 11.3 * 11_165, busyMs: 1000, queueMs: 126_000 }

/** A disk that answers each of its few writes in a second. */
const SLOW: Disk = { writes: 5, writeSectors: 200, writeMs: 5 * 1200, busyMs: 950, queueMs: 6000 }

/** Instead of what it does else. */
function becomes(machine: Machine, disk: string, life: Disk, perSecond: Disk, seconds: number): void {
  rest(machine, disk, life, seconds)
  machine.disk(disk, times(perSecond, seconds))
}

/** Requests are in flight and none completes. */
const hang = (machine: Machine, disk: string, life: Disk, when: When, inFlight: number): void => {
  becomes(machine, disk, life, { busyMs: 1000, queueMs: 1000 * inFlight }, when.spent(60, 180))
  if (when.within(60, 180)) machine.disk(disk, { inFlight })
}

const tasksWait = (machine: Machine, when: When, count: number): void => {
  machine.pressure('io', times({ some: 0.9, full: 0.5 }, when.spent(60, 180)))
  if (when.within(60, 180)) machine.blocked(count)
}

export const sickDisks: readonly Scenario[] = [
  {
    name: 'a disk saturated by the log of one container',
    seconds: 420,
    frame(machine, when) {
      becomes(machine, 'vdb', DISK_LIFE.vdb, SATURATED, when.spent(60, 240))
      machine.pressure('io', times({ some: 0.9, full: 0.5 }, when.spent(60, 240)))
      machine.cpu(times({ iowait: 0.18, idle: -0.18 }, when.spent(60, 240)))
      if (when.within(60, 240)) machine.blocked(5)
      if (when.within(60, 240)) machine.disk('vdb', { inFlight: 126 })
      // 12 GiB, and at 240 s somebody truncates it.
      const sizeBytes = when.second < 240 ? 12 * 1024 ** 3 + 59_000_000 * when.spent(60, 240) : 4096
      machine.put(LOG, { sizeBytes })
      machine.space('/var/lib/docker', { available: 0.45 - sizeBytes / (200 * 1024 ** 3) })
    },
    expect: [
      {
        id: 'ContainerLogPressure/3f4e5a6b7c8d',
        reason: 'ContainerLogLarge',
        severity: 'warning',
        subject: 'Container 3f4e5a6b7c8d (node)',
        from: 0,
        to: 240,
      },
      {
        id: 'DiskSlow/vdb',
        reason: 'DiskSaturated',
        severity: 'critical',
        subject: 'Disk vdb (node)',
        from: 70,
        to: 250,
      },
    ],
  },
  {
    name: 'a slow disk with a short queue',
    seconds: 300,
    frame: (machine, when) => becomes(machine, 'vda', DISK_LIFE.vda, SLOW, when.spent(60, 180)),
    expect: [
      {
        id: 'DiskSlow/vda',
        reason: 'DiskLatencyHigh',
        severity: 'warning',
        subject: 'Disk vda (node)',
        from: 70,
        to: 190,
      },
    ],
  },
  {
    name: 'a hung disk',
    seconds: 300,
    frame(machine, when) {
      hang(machine, 'vdb', DISK_LIFE.vdb, when, 17)
      tasksWait(machine, when, 5)
      // The requests that waited complete together, each after two minutes: the end of this problem, not a slow disk.
      if (when.second >= 180) machine.disk('vdb', { writes: 17, writeMs: 17 * 120_000 })
    },
    expect: [
      {
        id: 'DiskHung/vdb',
        reason: 'DiskNotCompleting',
        severity: 'critical',
        subject: 'Disk vdb (node)',
        from: 70,
        to: 180,
      },
    ],
  },
  {
    name: 'a hung disk below device mapper',
    seconds: 300,
    frame(machine, when) {
      hang(machine, 'vdc', DISK_LIFE.vdc, when, 4)
      hang(machine, 'dm-0', DISK_LIFE.vdc, when, 4)
      tasksWait(machine, when, 3)
    },
    expect: [
      {
        id: 'DiskHung/vdc',
        reason: 'DiskNotCompleting',
        severity: 'critical',
        subject: 'Disk vdc (node)',
        from: 70,
        to: 180,
      },
    ],
  },
  {
    name: 'a suspended device-mapper device',
    seconds: 300,
    frame(machine, when) {
      const seconds = when.spent(60, 180)
      for (const name of ['vdc', 'dm-0']) rest(machine, name, DISK_LIFE.vdc, seconds)
      if (when.within(60, 180)) machine.put('sys/block/dm-0/dm/suspended', '1\n')
      tasksWait(machine, when, 3)
    },
    expect: [
      {
        id: 'DiskHung/dm-0',
        reason: 'DiskNotCompleting',
        severity: 'critical',
        subject: 'Disk dm-0 (node)',
        from: 60,
        to: 180,
      },
    ],
  },
  {
    name: 'a slow device-mapper device over a fast disk',
    seconds: 300,
    frame: (machine, when) => becomes(machine, 'dm-0', DISK_LIFE.vdc, SLOW, when.spent(60, 180)),
    expect: [
      {
        id: 'DiskSlow/dm-0',
        reason: 'DiskLatencyHigh',
        severity: 'warning',
        subject: 'Disk dm-0 (node)',
        from: 70,
        to: 190,
      },
    ],
  },
  {
    name: 'a slow disk below device mapper',
    seconds: 300,
    frame(machine, when) {
      for (const name of ['vdc', 'dm-0']) becomes(machine, name, DISK_LIFE.vdc, SLOW, when.spent(60, 180))
    },
    expect: [
      {
        id: 'DiskSlow/vdc',
        reason: 'DiskLatencyHigh',
        severity: 'warning',
        subject: 'Disk vdc (node)',
        from: 70,
        to: 190,
      },
    ],
  },
  {
    name: 'the slow volume of one pod',
    seconds: 300,
    frame(machine, when) {
      const volume = '/var/lib/kubelet/pods/0d1f6f2a-33c1-4a5e-9d57-0a4b8c9d1e01/volumes/kubernetes.io~csi/data/mount'
      const space = {
        blockSize: 4096,
        blocks: 2_580_302,
        freeBlocks: 2_000_000,
        availableBlocks: 1_868_000,
        files: 655_360,
        freeFiles: 655_000,
      }
      machine.mount(`60 32 254:48 / ${volume} rw,relatime shared:60 - ext4 /dev/vdd rw`, space)
      machine.edit('proc/diskstats', text => `${text} 254      48 vdd${' 0'.repeat(17)}\n`)
      machine.put('sys/block/vdd/queue/iostats', '1\n')
      machine.disk('vdd', times({ writes: 5, writeMs: 10, busyMs: 10, queueMs: 10 }, when.second))
      machine.disk('vdd', times({ ...SLOW, writeMs: 40_000 }, when.spent(60, 180)))
    },
    expect: [
      {
        id: 'DiskSlow/vdd',
        reason: 'DiskLatencyHigh',
        severity: 'warning',
        subject: 'Disk vdd (volume)',
        from: 70,
        to: 190,
      },
    ],
  },
  {
    name: 'a disk that the kernel has given up',
    seconds: 240,
    frame(machine, when) {
      machine.edit('proc/diskstats', text => `${text}   8       0 sda${' 0'.repeat(17)}\n`)
      machine.put('sys/block/sda/device/state', when.within(60, 120) ? 'offline\n' : 'running\n')
    },
    expect: [
      {
        id: 'DiskHung/sda',
        reason: 'DiskOffline',
        severity: 'critical',
        subject: 'Disk sda (node)',
        from: 60,
        to: 120,
      },
    ],
  },
  {
    name: 'a log of a CRI runtime grows fast, and rotation does not bound it',
    seconds: 540,
    everySeconds: 20,
    frame(machine, when) {
      const directory = 'var/log/pods/shop_web-0_5b8c1d2e-0f3a-4c6b-8d7e-9f0a1b2c3d4e/web'
      const grown = when.second < 440 ? 20_000_000 * when.spent(60, 440) : 0
      machine.put(`${directory}/3.log`, { sizeBytes: 20_000 + grown })
      machine.put(`${directory}/3.log.20261122-025000`, { sizeBytes: 10_485_760 })
    },
    // It is large from 120 s on; that it grows fast is told after five minutes, and that began before.
    expect: [
      {
        id: 'ContainerLogPressure/shop/web-0/web',
        reason: 'ContainerLogLarge',
        severity: 'warning',
        subject: 'Container shop/web-0/web (node)',
        from: 80,
        to: 440,
      },
    ],
  },
]
