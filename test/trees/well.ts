import { DISK_LIFE, live, load, rest } from './life.ts'
import { times } from './machine.ts'
import type { Scenario } from './scenario.ts'
import { enlarge, shrink, startAgain } from './shapes.ts'

/** Nodes that look bad and are well: no warning, nothing Unknown. What is expected is information at most. */
export const well: readonly Scenario[] = [
  { name: 'healthy', seconds: 120 },
  {
    name: '192 CPUs and 1 TiB of memory, half of it huge pages',
    seconds: 200,
    frame(machine, when) {
      enlarge(machine)
      machine.load(150, 148, 140)
      machine.running(146)
      machine.cpu(times({ user: 0.65, idle: -0.65 }, when.second))
    },
  },
  {
    name: 'file systems that are full or read-only by design',
    seconds: 240,
    frame(machine) {
      const full = { blockSize: 4096, blocks: 20_000, freeBlocks: 0, availableBlocks: 0, files: 1200, freeFiles: 0 }
      machine.mount(
        '50 29 7:0 / /snap/core/17200 ro,nodev,relatime shared:50 - squashfs /dev/loop0 ro,errors=continue',
        full,
      )
      machine.mount('51 29 11:0 / /mnt/seed ro,relatime shared:51 - iso9660 /dev/sr0 ro,nojoliet,check=s', full)
      machine.mount('52 29 7:1 / /usr/share/image ro,relatime shared:52 - erofs /dev/loop1 ro,user_xattr', full)
      machine.mount('53 29 0:60 / /mnt/merged rw,relatime shared:53 - overlay overlay ro,lowerdir=/a:/b', full)
      machine.mount('54 29 254:48 / /recovery ro,relatime shared:54 - ext4 /dev/vdd ro', full)
      machine.mount('55 29 254:3 / /boot/efi ro,relatime shared:55 - vfat /dev/vda3 ro,fmask=0077', full)
      // A pod's read-only mount of a directory of the root file system, which itself is rw.
      const pod = '/var/lib/kubelet/pods/0d1f6f2a-33c1-4a5e-9d57-0a4b8c9d1e01'
      const rw = 'ext4 /dev/vda1 rw,discard,errors=remount-ro'
      machine.mount(`56 32 254:1 /etc/ssl ${pod}/volume-subpaths/certs/app/0 ro,relatime shared:56 - ${rw}`, full)
      machine.put('sys/block/vdd/queue/iostats', '1\n')
    },
  },
  {
    name: 'all counters start again',
    seconds: 240,
    frame(machine, when) {
      if (when.second < 100) return
      startAgain(machine)
      live(machine, when.second - 100)
    },
  },
  {
    name: 'no conntrack, no PSI, no IPv6, no swap, no sysfs, no time daemon',
    seconds: 240,
    frame(machine) {
      machine.remove(
        'proc/pressure',
        'proc/1/net/snmp6',
        'proc/1/net/stat',
        'proc/sys/net/netfilter',
        'proc/sys/net/ipv6',
      )
      machine.remove('sys', 'run')
      machine.edit('proc/meminfo', text => text.replace(/^Swap.*\n/gm, ''))
    },
  },
  {
    name: 'one CPU and 2 GiB, all of it in DMA32',
    seconds: 300,
    frame(machine, when) {
      shrink(machine)
      machine.vmstat(times({ compact_stall: 0.5, compact_fail: 0.2, compact_success: 0.3 }, when.second))
    },
  },
  {
    name: 'disks that nobody uses',
    seconds: 240,
    frame(machine, when) {
      for (const name of ['loop2', 'nbd0', 'sr0', 'zram0', 'ram0', 'md0']) {
        machine.edit('proc/diskstats', text => `${text}${`   7 9 ${name}`}${' 0'.repeat(17)}\n`)
        machine.put(`sys/block/${name}/queue/iostats`, '1\n')
      }
      // Swap in memory waits for nobody.
      machine.disk('zram0', times({ writes: 100, writeMs: 90_000, busyMs: 1000, queueMs: 90_000 }, when.second))
    },
  },
  {
    name: 'image removal saws at the image store',
    seconds: 3600,
    everySeconds: 60,
    frame(machine, when) {
      // Half a per cent a minute from 80 % used to 86 %, then the kubelet removes images.
      machine.space('/var/lib/docker', { available: 0.2 - 0.005 * ((when.second / 60) % 12) })
    },
  },
  {
    name: 'page cache has all memory, and what is free is in pieces',
    seconds: 300,
    frame(machine, when) {
      machine.meminfo({ MemFree: 98_304, MemAvailable: 11_900_000 })
      machine.buddyinfo('DMA32', 3011, 1020, 60, 0, 0, 0, 0, 0, 0, 0, 0)
      machine.buddyinfo('Normal', 9022, 2044, 120, 4, 0, 0, 0, 0, 0, 0, 0)
      machine.vmstat(
        times({ pgscan_kswapd: 40_000, pgsteal_kswapd: 39_000, workingset_refault_file: 200 }, when.second),
      )
    },
  },
  {
    name: 'a container at its CPU limit: PSI 95 %',
    seconds: 360,
    frame(machine, when) {
      machine.pressure('cpu', { some: 0.93 * when.second })
      machine.cpu(times({ user: 0.25, idle: -0.25 }, when.second))
      load(machine, when, 0, 1000, 6)
    },
  },
  {
    name: 'a container at its memory limit: PSI full 20 %, nobody else reclaims',
    seconds: 300,
    frame(machine, when) {
      machine.pressure('memory', { some: 0.4 * when.second, full: 0.2 * when.second })
      machine.vmstat(times({ workingset_refault_file: 3000, pgmajfault: 400 }, when.second))
    },
  },
  {
    name: 'interfaces of pods come and go',
    seconds: 300,
    frame(machine, when) {
      const name = `veth${(when.second * 7919).toString(16).padStart(8, '0')}`
      machine.edit('proc/1/net/dev', text => text.replaceAll('veth9a1be07', name))
      machine.remove('sys/devices/virtual/net/veth9a1be07', 'proc/sys/net/ipv4/conf/veth9a1be07')
      // Every third one is so new that sysfs was listed without it.
      if (when.second % 30 !== 0) machine.put(`sys/devices/virtual/net/${name}/operstate`, 'up\n')
      machine.put(`proc/sys/net/ipv4/conf/${name}/rp_filter`, '2\n')
      machine.interfaces({ [name]: { rxErrors: 50_000, rxFifo: 50_000, txErrors: 50_000 } })
    },
  },
  {
    name: 'a leaked count of requests in flight, and nobody waits',
    seconds: 300,
    frame(machine, when) {
      rest(machine, 'vdc', DISK_LIFE.vdc, when.second)
      rest(machine, 'dm-0', DISK_LIFE.vdc, when.second)
      machine.disk('vdc', { inFlight: 3, busyMs: 1000 * when.second })
    },
  },
  {
    name: 'iowait 60 % on an idle machine',
    seconds: 300,
    frame(machine, when) {
      machine.cpu(times({ iowait: 0.6, idle: -0.6 }, when.second))
      machine.blocked(1)
      machine.pressure('io', times({ some: 0.7, full: 0.6 }, when.second))
      machine.disk('vda', times({ reads: 300, readMs: 900, busyMs: 900, queueMs: 900 }, when.second))
    },
  },
  {
    name: 'the clock was set ahead by an hour',
    seconds: 240,
    frame(machine, when) {
      if (when.second < 100) return
      machine.edit('proc/stat', text => text.replace(/^btime \d+/m, 'btime 1795103600'))
    },
    expect: [{ id: 'ClockStepped', reason: 'ClockStepped', severity: 'info', from: 100, to: 100 }],
  },
  {
    name: 'conntrack insert_failed 2/s',
    seconds: 420,
    everySeconds: 20,
    frame: (machine, when) => machine.conntrackStat({ insert_failed: 2 * when.second }),
  },
  {
    name: 'one burst in each counter of drops',
    seconds: 240,
    frame(machine, when) {
      if (when.second < 100) return
      const burst = 5000
      machine.netstat({ ListenOverflows: burst, ListenDrops: burst, TCPReqQFullDrop: burst, TCPRcvQDrop: burst })
      machine.netstat({ TCPBacklogDrop: burst, TCPAbortOnMemory: burst, RcvPruned: burst })
      machine.snmp('Udp', { InErrors: burst, RcvbufErrors: burst, SndbufErrors: burst })
      machine.snmp6({ Udp6RcvbufErrors: burst })
      machine.softnet(1, { dropped: burst, timeSqueeze: burst })
      machine.missed('eth0', burst)
      machine.interfaces({ eth0: { rxErrors: burst / 2, txErrors: burst / 2 } })
      machine.conntrackStat({ insert_failed: burst, drop: burst, early_drop: burst })
    },
  },
  {
    name: 'images are pulled: a deep queue that nobody waits for',
    seconds: 300,
    frame(machine, when) {
      const pulled = { writes: 60, writeSectors: 60 * 1024, writeMs: 60 * 650, busyMs: 960, queueMs: 39_000 }
      machine.disk('vdb', times(pulled, when.spent(60, 180)))
      machine.pressure('io', times({ some: 0.2, full: 0.03 }, when.spent(60, 180)))
    },
    expect: [
      { id: 'DiskSlow/vdb', reason: 'DiskSaturated', severity: 'info', subject: 'Disk vdb (node)', from: 70, to: 190 },
    ],
  },
  {
    name: 'a deep queue, and what waits for it hovers around the level that counts',
    seconds: 300,
    frame(machine, when) {
      const pulled = { writes: 60, writeSectors: 60 * 1024, writeMs: 60 * 650, busyMs: 960, queueMs: 39_000 }
      machine.disk('vdb', times(pulled, when.spent(60, 180)))
      // 15 % and 5 % by turns.
      const turns = Math.floor(when.spent(60, 180) / 20)
      const rest = when.spent(60, 180) % 20 > 0 ? 1.5 : 0
      machine.pressure('io', { some: 0.3 * when.spent(60, 180), full: 2 * turns + rest })
    },
    expect: [
      { id: 'DiskSlow/vdb', reason: 'DiskSaturated', severity: 'info', subject: 'Disk vdb (node)', from: 70, to: 190 },
    ],
  },
  {
    name: 'writeback in bursts of a second',
    seconds: 300,
    frame(machine, when) {
      const bursts = Math.floor(when.second / 60)
      machine.disk('vda', times({ writes: 80, writeMs: 80 * 700, busyMs: 1000, queueMs: 80 * 700 }, bursts))
    },
  },
  {
    name: 'errors of ext4 from years ago',
    seconds: 240,
    frame(machine) {
      machine.put('sys/fs/ext4/vdb/errors_count', '5\n')
      machine.put('sys/fs/ext4/vdb/last_error_time', '1650000000\n')
    },
    expect: [
      {
        id: 'FilesystemCorrupt//var/lib/docker',
        reason: 'FilesystemErrors',
        severity: 'info',
        subject: 'Filesystem /var/lib/docker (node)',
        from: 0,
        to: 0,
      },
    ],
  },
  {
    name: 'the agent stood still for five minutes while everything grew',
    seconds: 600,
    frame(machine, when) {
      if (when.second > 60 && when.second < 360) machine.files.clear()
      const inGap = when.spent(60, 360)
      machine.disk('vdb', times({ writes: 1, writeMs: 8000, busyMs: 1000, queueMs: 8000 }, inGap))
      machine.netstat({ ListenOverflows: 50 * inGap })
      machine.pressure('memory', { some: inGap, full: inGap })
    },
  },
]
