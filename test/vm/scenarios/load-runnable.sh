# HighLoad by runnable tasks: eight burners on two CPUs. The neighbour keeps writing.
PROBLEM=HighLoad
fault() {
  burners=
  for _ in 1 2 3 4 5 6 7 8; do pod burner bash -c 'while :; do :; done'; burners="$burners $!"; done
}
running() { awk '$1 == "procs_running" { print $2 }' /proc/stat; }
shown() { [ "$(running)" -ge 8 ]; }
undo() { kill -9 $burners || true; }
gone() { [ "$(running)" -lt 4 ]; }
evidence() { grep -E '^(cpu |procs_)' /proc/stat; cat /proc/loadavg; pressure; }
