# HighLoad by blocked tasks: many processes wait (state D) for a frozen file system while the CPUs are idle. A frozen file system is not a hung disk: nothing
# is in flight. The neighbour keeps writing.
PROBLEM=HighLoad
setup() {
  mkfs.ext4 -q "/dev/$(disk spare)"
  mkdir -p /mnt/data
  mount "/dev/$(disk spare)" /mnt/data
}
fault() {
  fsfreeze -f /mnt/data
  pod waiters bash -c 'for i in {1..32}; do : > /mnt/data/$i & done; wait'
}
shown() { [ "$(processes_in D)" -ge 32 ]; }
undo() { fsfreeze -u /mnt/data || true; }
gone() { [ "$(processes_in D)" = 0 ]; }
cleanup() { umount /mnt/data; }
evidence() { cat /proc/loadavg; grep -E '^(cpu |procs_)' /proc/stat; echo "in D: $(processes_in D)"; pressure; diskstats "$(disk spare)"; }
