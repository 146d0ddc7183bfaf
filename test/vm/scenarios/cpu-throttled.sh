# No problem at all: a container runs into its own CPU quota. The node's CPU pressure goes up, its CPUs are idle. Nothing of warning or above may be raised.
fault() {
  pod greedy
  echo "20000 100000" > "$CONTAINER_CGROUP/cpu.max"
  greedy=$CONTAINER_CGROUP
  burners=
  for _ in 1 2 3; do pod greedy bash -c 'while :; do :; done'; burners="$burners $!"; done
}
throttled() { awk '$1 == "nr_throttled" { print $2 }' "$greedy/cpu.stat"; }
shown() { [ "$(throttled)" -gt 100 ]; }
undo() { kill -9 $burners || true; }
evidence() { cat "${greedy:-/sys/fs/cgroup/kubepods}/cpu.stat"; pressure; grep -E '^(cpu |procs_)' /proc/stat; }
