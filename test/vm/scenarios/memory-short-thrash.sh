# MemoryShort: too little page cache for the file that a pod reads. Pages are thrown out and read again (refaults), everybody waits for memory.
PROBLEM=MemoryShort
setup() {
  mkfs.ext4 -q "/dev/$(disk spare)"
  mkdir -p /mnt/data
  mount "/dev/$(disk spare)" /mnt/data
  # Past the page cache, one request after the other: a burst of writeback would make a deep queue, and that a slow disk.
  dd if=/dev/zero of=/mnt/data/file bs=1M count=300 oflag=direct status=none
}
fault() {
  pod holder $(program memory.py 60)
  holder=$!
  await 60 short
  refaults=$(vmstat workingset_refault_file)
  readers=
  for _ in 1 2 3; do pod reader $(program reader.py /mnt/data/file); readers="$readers $!"; done
}
short() { [ "$(meminfo MemAvailable)" -lt $((80 * 1024)) ]; }
shown() { [ "$(vmstat workingset_refault_file)" -gt $((refaults + 5000)) ]; }
undo() { kill -9 $holder $readers || true; }
gone() { [ "$(meminfo MemAvailable)" -gt $((500 * 1024)) ]; }
cleanup() { umount /mnt/data; }
evidence() { memory; pressure; diskstats "$(disk spare)"; }
