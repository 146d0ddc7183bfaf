#!/bin/bash
# node.sh DIR: process 1 of the node. Makes the namespaces that it was started in look like a machine of its own, says
# which disks that machine has, and then reaps orphans until its standard input ends. It ends when the test ends, however
# that happens, and then the kernel ends every process in here and takes the mounts and the network with them.
set -euo pipefail
dir=$1

# A file system without anything that writes later of its own accord.
make_disk() { # IMAGE MIB MOUNTPOINT; sets $device
  truncate -s "$2M" "$1"
  device=$(losetup --find --show --direct-io=on "$1")
  mkfs.ext4 -q -F -m 0 -i 65536 -J size=16 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard "$device"
  mount -t ext4 "$device" "$3"
  losetup --detach "$device" # now the kernel does so when the mount goes away
}

name_and_number() { echo "$(basename "$1") $(cat "/sys/block/$(basename "$1")/dev")"; }

# /sys/class/net of this network namespace, and the control groups as they are.
mkdir -p "$dir"/{cgroup,lower,sysctl}
mount --rbind /sys/fs/cgroup "$dir/cgroup"
umount --recursive /sys
mount -t sysfs sysfs /sys
mount --move "$dir/cgroup" /sys/fs/cgroup

# The kubelet sets these for good; they are the machine's, not this node's. It finds what it wants and leaves them alone.
while read -r key value; do
  echo "$value" > "$dir/sysctl/${key//\//.}"
  mount --bind "$dir/sysctl/${key//\//.}" "/proc/sys/$key"
done << 'SYSCTLS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SYSCTLS

# /var with kubelet, images, containers and logs is a disk of its own. Its image lies on another one: throttled, that makes
# the upper one slow as diskstats shows it; throttled directly, a disk shows nothing.
make_disk "$dir/lower.img" 4608 "$dir/lower"
lower=$device
make_disk "$dir/lower/var.img" 4096 /var
var=$device
mkdir -p /var/lib/{kubelet,containerd,cni} /var/log/{pods,containers} /var/tmp
ln -s /run /var/run
mount -t tmpfs -o mode=755,size=256m tmpfs /run

# Pods that want to see later mounts (HostToContainer) need this; nothing gets out of here.
mount --make-rshared /
echo "ready $(name_and_number "$lower") $(name_and_number "$var")"
while read -r _; do :; done
