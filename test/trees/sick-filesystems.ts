import type { Scenario } from './scenario.ts'

export const sickFilesystems: readonly Scenario[] = [
  {
    name: 'the kubelet file system fills at a constant rate',
    seconds: 720,
    frame(machine, when) {
      // 21 MB/s of 40 GiB; at 600 s somebody makes room.
      machine.space('/var/lib/kubelet', { available: when.second < 600 ? 0.36 - 0.0005 * when.second : 0.5 })
    },
    expect: [
      {
        id: 'DiskFillingUp//var/lib/kubelet',
        reason: 'DiskNearlyFull',
        severity: 'warning',
        subject: 'Filesystem /var/lib/kubelet (node)',
        // A forecast reaches eight times as far as it looks back.
        from: 60,
        to: 600,
      },
    ],
  },
  {
    name: 'the kubelet file system runs out of inodes',
    seconds: 420,
    frame(machine, when) {
      machine.space('/var/lib/kubelet', { inodes: when.second < 300 ? 0.2 - 0.0002 * when.second : 0.8 })
    },
    expect: [
      {
        id: 'DiskFillingUp//var/lib/kubelet#inodes',
        reason: 'DiskFillsUpSoon',
        severity: 'warning',
        subject: 'Filesystem /var/lib/kubelet#inodes (node)',
        from: 90,
        to: 300,
      },
    ],
  },
  {
    name: 'the root file system is full',
    seconds: 420,
    frame: (machine, when) => machine.space('/', { available: when.within(60, 240) ? 0 : 0.5 }),
    expect: [
      {
        id: 'DiskFillingUp//',
        reason: 'DiskNearlyFull',
        severity: 'warning',
        subject: 'Filesystem / (node)',
        from: 60,
        to: 240,
      },
    ],
  },
  {
    name: 'removing images does not free the image store',
    seconds: 1500,
    everySeconds: 60,
    frame: (machine, when) => machine.space('/var/lib/docker', { available: when.within(180, 1200) ? 0.12 : 0.4 }),
    expect: [
      {
        id: 'DiskFillingUp//var/lib/docker',
        reason: 'ImageGCNotFreeing',
        severity: 'warning',
        subject: 'Filesystem /var/lib/docker (node)',
        from: 180,
        to: 1200,
      },
    ],
  },
  {
    name: 'ext4 stops on an error and its mount still says rw',
    seconds: 360,
    frame(machine, when) {
      if (when.within(60, 240)) {
        machine.put('sys/fs/ext4/dm-0/errors_count', '2\n')
        machine.put('sys/fs/ext4/dm-0/last_error_time', '1795316455\n')
      }
      // Checked and mounted anew.
      if (when.second >= 240) machine.edit('proc/1/mountinfo', text => text.replace(/^32 /m, '132 '))
    },
    expect: [
      {
        id: 'ReadonlyFilesystem//var/lib/kubelet',
        reason: 'FilesystemIsReadOnly',
        severity: 'critical',
        subject: 'Filesystem /var/lib/kubelet (node)',
        from: 60,
        to: 240,
      },
    ],
  },
  {
    name: 'ext4 goes on after an error',
    seconds: 240,
    frame(machine, when) {
      machine.edit('proc/fs/ext4/dm-0/options', text => text.replace('errors=remount-ro', 'errors=continue'))
      machine.remount('/var/lib/kubelet', 'rw')
      if (when.second < 60) return
      machine.put('sys/fs/ext4/dm-0/errors_count', '1\n')
      machine.put('sys/fs/ext4/dm-0/last_error_time', '1795316455\n')
    },
    expect: [
      {
        id: 'FilesystemCorrupt//var/lib/kubelet',
        reason: 'FilesystemErrors',
        severity: 'info',
        subject: 'Filesystem /var/lib/kubelet (node)',
        from: 60,
        to: 60,
      },
    ],
  },
  {
    name: 'the root file system is remounted read-only',
    seconds: 360,
    frame(machine, when) {
      if (when.within(60, 240)) machine.remount('/', 'ro,discard,errors=remount-ro')
    },
    expect: [
      {
        id: 'ReadonlyFilesystem//',
        reason: 'FilesystemIsReadOnly',
        severity: 'critical',
        subject: 'Filesystem / (node)',
        from: 60,
        to: 240,
      },
    ],
  },
]
