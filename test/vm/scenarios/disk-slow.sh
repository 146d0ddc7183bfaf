# DiskSlow: dm-delay holds every write for a second. The disk below answers at once and must not be accused. In flight is 0 in nearly every sample.
setup() {
  local dev=/dev/$(disk spare)
  dm slow "0 $(sectors "$(disk spare)") linear $dev 0"
  slow=$(dm_kernel_name slow) PROBLEM=DiskSlow/$(dm_kernel_name slow)
  mkfs.ext4 -q /dev/mapper/slow
  mkdir -p /var/lib/kubelet
  mount /dev/mapper/slow /var/lib/kubelet
  # Several writers, so that an interval has enough completions to judge by.
  for i in 1 2 3 4; do pod victim $(program writer.py "/var/lib/kubelet/file$i"); done
  await 30 completes "$slow"
}
table() { echo "0 $(sectors "$(disk spare)") $1"; }
fault() { dm_swap slow "$(table "delay /dev/$(disk spare) 0 0 /dev/$(disk spare) 0 1000")"; }
await_ms() { awk -v dev="$1" '$3 == dev { print $8, $11 }' /proc/diskstats; }
# slower_than DEVICE MS: the mean of the writes that complete within three seconds.
slower_than() {
  local before after
  before=$(await_ms "$1")
  sleep 3
  after=$(await_ms "$1")
  echo "$before $after" | awk -v limit="$2" '{ exit !($3 > $1 && ($4 - $2) / ($3 - $1) > limit) }'
}
shown() { slower_than "$slow" 500 && ! slower_than "$(disk spare)" 100; }
undo() { dm_swap slow "$(table "linear /dev/$(disk spare) 0")"; }
gone() { completes "$slow" && ! slower_than "$slow" 100; }
cleanup() { umount /var/lib/kubelet; undm slow; }
evidence() { diskstats "$slow" "$(disk spare)" "$(disk calm)"; grep . "/sys/block/$slow/queue/iostats"; pressure; }
