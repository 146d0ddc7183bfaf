# DiskHung: a device-mapper device below another one is suspended, without flushing and without freezing the file system. The requests are in flight on the
# upper device; the lower one, which is at fault, shows none, only dm/suspended = 1. A pod's volume lies on it.
setup() {
  local dev=/dev/$(disk spare)
  dm lower "0 $(sectors "$(disk spare)") linear $dev 0"
  dm upper "0 $(sectors "$(disk spare)") linear /dev/mapper/lower 0"
  lower=$(dm_kernel_name lower) PROBLEM=DiskHung/$(dm_kernel_name lower)
  upper=$(dm_kernel_name upper)
  mkfs.ext4 -q /dev/mapper/upper
  pod victim
  volume="$POD_DIR/volumes/kubernetes.io~csi/data/mount"
  mkdir -p "$volume"
  mount /dev/mapper/upper "$volume"
  pod victim $(program writer.py "$volume/file")
  await 30 completes "$upper"
}
fault() { dmsetup suspend --noflush --nolockfs lower; }
shown() { [ "$(cat "/sys/block/$lower/dm/suspended")" = 1 ] && without_completions "$upper" && completes "$(disk calm)"; }
undo() { dmsetup resume lower; }
gone() { completes "$upper"; }
cleanup() { umount "$volume"; undm upper lower; }
evidence() {
  diskstats "$lower" "$upper" "$(disk spare)" "$(disk calm)"
  grep . /sys/block/dm-*/{dm/name,dm/suspended,queue/iostats}
  pressure
  echo "in D: $(processes_in D)"
}
