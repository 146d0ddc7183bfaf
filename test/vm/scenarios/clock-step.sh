# No problem by itself: the wall clock jumps an hour ahead and later back. Intervals are of the monotonic clock: no rate may become absurd, nothing may be raised.
setup() {
  booted=$(boot_time)
}
boot_time() { awk '$1 == "btime" { print $2 }' /proc/stat; }
fault() { date -s '+1 hour'; }
shown() { [ "$(boot_time)" -gt $((booted + 3500)) ] && completes "$(disk calm)"; }
undo() { [ "$(boot_time)" -le $((booted + 3500)) ] || date -s '-1 hour'; }
gone() { [ "$(boot_time)" -lt $((booted + 100)) ]; }
evidence() { date -u; grep btime /proc/stat; diskstats "$(disk calm)"; }
