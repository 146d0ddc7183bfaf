# ReadonlyFilesystem: as with ext4, on btrfs, which does set the flag of its super block.
PROBLEM=ReadonlyFilesystem//var/lib/kubelet
setup() {
  modprobe btrfs
  dm failing "$(table linear)"
  mkfs.btrfs -q -f -m single /dev/mapper/failing
  mkdir -p /var/lib/kubelet
  mount -t btrfs /dev/mapper/failing /var/lib/kubelet
  pod victim bash -c 'while :; do echo x >> /var/lib/kubelet/file; sync -d /var/lib/kubelet/file; sleep 0.5; done'
}
table() { echo "0 $(sectors "$(disk spare)") $1$([ "$1" = error ] || echo " /dev/$(disk spare) 0")"; }
fault() { dm_swap failing "$(table error)"; }
readonly_flag() { awk '$5 == "/var/lib/kubelet" { print $NF }' /proc/1/mountinfo | grep -qE '^ro(,|$)'; }
shown() { sync -f /var/lib/kubelet; readonly_flag; }
undo() {
  grep -q ' /var/lib/kubelet btrfs ' /proc/mounts || return 0
  kill_pod victim
  umount /var/lib/kubelet
  dm_swap failing "$(table linear)"
  [ "$(cat "$OUT/phase")" = clear ] || return 0
  mount -t btrfs /dev/mapper/failing /var/lib/kubelet
}
gone() { ! readonly_flag && touch /var/lib/kubelet/well; }
cleanup() { mountpoint -q /var/lib/kubelet && umount /var/lib/kubelet; undm failing; }
evidence() {
  grep ' /var/lib/kubelet ' /proc/1/mountinfo
  touch /var/lib/kubelet/probe && echo writable
  dmesg | grep -i btrfs | tail -5
}
