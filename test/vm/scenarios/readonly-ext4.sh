# ReadonlyFilesystem: every request to the device below the kubelet's ext4 fails (dm table swapped to "error"). ext4 stops writing; recent kernels leave the
# mount's flag at rw, /sys/fs/ext4/<device>/errors_count tells.
PROBLEM=ReadonlyFilesystem//var/lib/kubelet
setup() {
  dm failing "$(table linear)"
  failing=$(dm_kernel_name failing)
  mkfs.ext4 -q -e remount-ro /dev/mapper/failing
  mkdir -p /var/lib/kubelet
  mount /dev/mapper/failing /var/lib/kubelet
  pod victim bash -c 'while :; do echo x >> /var/lib/kubelet/file; sync -d /var/lib/kubelet/file; sleep 0.5; done'
}
table() { echo "0 $(sectors "$(disk spare)") $1$([ "$1" = error ] || echo " /dev/$(disk spare) 0")"; }
fault() { dm_swap failing "$(table error)"; }
errors() { cat "/sys/fs/ext4/$failing/errors_count"; }
shown() { [ "$(errors)" -gt 0 ]; }
# What an operator does: take the file system out of use, mend the device, check and mount anew.
undo() {
  grep -q ' /var/lib/kubelet ext4 ' /proc/mounts || return 0
  kill_pod victim
  umount /var/lib/kubelet
  dm_swap failing "$(table linear)"
  [ "$(cat "$OUT/phase")" = clear ] || return 0
  e2fsck -fy /dev/mapper/failing || [ $? -le 2 ]
  mount /dev/mapper/failing /var/lib/kubelet
}
gone() { [ "$(errors)" = 0 ] && touch /var/lib/kubelet/well; }
cleanup() { mountpoint -q /var/lib/kubelet && umount /var/lib/kubelet; undm failing; }
evidence() {
  grep ' /var/lib/kubelet ' /proc/1/mountinfo
  grep -H . "/sys/fs/ext4/$failing/"{errors_count,first_error_time,last_error_time}
  touch /var/lib/kubelet/probe && echo writable
  dmesg | grep -E 'EXT4-fs|Buffer I/O|I/O error' | tail -5
}
