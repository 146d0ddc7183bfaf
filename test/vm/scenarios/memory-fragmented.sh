# MemoryFragmented: much memory is free, but each free page stands alone between kernel pages (pipe buffers) that compaction cannot move, while a neighbour
# asks for huge pages in vain.
PROBLEM=MemoryFragmented
fault() {
  stalls=$(vmstat compact_stall)
  rm -f /run/fragmented
  pod holder $(program pipes.py 25 /run/fragmented)
  holder=$!
  await 60 test -e /run/fragmented
  pod asker $(program hugepages.py)
}
# Free memory in blocks of 64 KiB or more, in MiB; zone DMA keeps some and does not count.
big_blocks() { awk '$4 != "DMA" { for (i = 9; i <= NF; i++) sum += $i * 2 ^ (i - 5) } END { print int(sum / 256) }' /proc/buddyinfo; }
shown() { [ "$(meminfo MemFree)" -gt $((300 * 1024)) ] && [ "$(big_blocks)" -lt 15 ] && [ "$(vmstat compact_stall)" -gt $((stalls + 10)) ]; }
undo() { kill -9 "$holder" || true; }
gone() { [ "$(big_blocks)" -gt 300 ]; }
evidence() { cat /proc/buddyinfo; echo "free in blocks of 64 KiB or more: $(big_blocks) MiB"; memory; pressure; }
