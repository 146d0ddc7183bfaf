# What the scenarios share. A scenario defines some of
#   setup    the healthy machine: disks, mounts, pods                      fault   breaks it
#   shown    true when the kernel's own counters show the fault            undo    takes the fault away
#   gone     true when the counters are well again                         cleanup leaves nothing behind, also after a failure
#   evidence prints the counters that matter; it is recorded in every phase
setup() { :; }
fault() { :; }
shown() { :; }
undo() { :; }
gone() { :; }
cleanup() { :; }
evidence() { :; }

say() { printf '%8.1f %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$*"; }

# await SECONDS WORD...: until the command is true. The limit only ends a hopeless wait; what is asserted never depends on how long it took.
await() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    if [ $SECONDS -ge $until ]; then say "gave up waiting for: $*"; return 1; fi
    sleep 0.5
  done
}

phase() {
  echo "$1" > "$OUT/phase"
  say "phase $1"
}

record() {
  {
    echo "== $(cat "$OUT/phase") at $(cut -d' ' -f1 /proc/uptime)"
    evidence
  } >> "$OUT/evidence.txt" 2>&1 || true
}

# The id of the problem that the agent must raise, named by the scenario or its setup; empty where nothing may be raised.
PROBLEM=
run_scenario() {
  trap finish EXIT
  phase calm
  echo "$OUT" > /run/scenario
  start_capture
  setup
  with_agent await 90 nothing_raised
  with_agent cycles 4
  record
  phase fault
  fault
  await 90 shown
  record
  if [ -n "$PROBLEM" ]; then
    echo "$PROBLEM" > "$OUT/problem"
    with_agent await 150 raised
    # The verdict must hold while the fault lasts.
    with_agent cycles 3
    record
  else
    with_agent cycles 10
  fi
  phase clear
  undo
  await 90 gone
  with_agent await 150 nothing_raised
  with_agent cycles 2
  record
  phase over
  echo ok > "$OUT/result"
}

# Also after a failure: the next scenario must find a healthy machine.
finish() {
  set +e
  stop_capture
  if [ ! -e "$OUT/result" ]; then
    echo "failed in phase $(cat "$OUT/phase")" > "$OUT/result"
    record
  fi
  undo
  kill_pods
  cleanup
}

# The agent, where the harness brought its bundle. Some waits make sense with it only.
with_agent() { [ -z "${AGENT:-}" ] || "$@"; }
raised() { grep -qxF "$PROBLEM" /run/agent/problems; }
nothing_raised() { [ -e /run/agent/problems ] && [ ! -s /run/agent/problems ]; }
# cycles N: until the agent has made so many more reports.
cycles() {
  local target=$(($(cat /run/agent/cycle) + $1))
  await 120 reached "$target"
}
reached() { [ "$(cat /run/agent/cycle)" -ge "$1" ]; }

# With RECORD set a capture of the whole scenario is made beside the running agent.
start_capture() {
  [ -n "${RECORD:-}" ] || return 0
  $AGENT capture --interval 2s --duration 30m --file "$OUT/capture" > "$OUT/capture.log" 2>&1 &
  capture=$!
  await 60 test -e "$OUT/capture"
}
stop_capture() {
  [ -n "${capture:-}" ] || return 0
  kill -TERM "$capture"
  await 30 ended "$capture" || kill -9 "$capture"
  capture=
}
ended() { ! kill -0 "$1" 2> /dev/null; }

# on_host WORD: asks the harness on the host for something only it can do, and waits until it is done.
on_host() {
  mkdir -p /results/host
  rm -f "/results/host/$1.done"
  # The host may take it away while it is being made, which looks like a failure; `.done` is what counts.
  true 2> /dev/null > "/results/host/$1.wanted" || true
  await 30 test -e "/results/host/$1.done"
}

# disk NAME: the kernel's name (vda, vdb …) of the virtio disk with that serial.
disk() {
  local file
  for file in /sys/block/vd*/serial; do
    if [ "$(cat "$file")" = "$1" ]; then basename "$(dirname "$file")"; return; fi
  done
  echo "no disk $1" >&2
  return 1
}

sectors() { cat "/sys/class/block/$1/size"; }

# dm NAME TABLE: a device-mapper device; there is no udev here, dmsetup makes the nodes itself.
export DM_DISABLE_UDEV=1
dm() { dmsetup create "$1" --table "$2"; }
dm_kernel_name() { dmsetup info -c --noheadings -o blkdevname "$1"; }
dm_swap() {
  dmsetup suspend --nolockfs "$1"
  dmsetup load "$1" --table "$2"
  dmsetup resume "$1"
}
undm() {
  local name
  for name in "$@"; do
    if [ -e "/dev/mapper/$name" ]; then
      dmsetup resume "$name"
      await 20 dmsetup remove "$name"
    fi
  done
}

# pod NAME WORD...: runs the command in the background in a container's cgroup, as the kubelet lays them out. $! is its pid.
pod() {
  local name=$1 uid id
  shift
  uid=$(printf '%s' "$name" | md5sum | sed -E 's/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/')
  id=$(printf '%s' "$name" | sha256sum | cut -c1-64)
  POD_CGROUP=/sys/fs/cgroup/kubepods/burstable/pod$uid
  POD_DIR=/var/lib/kubelet/pods/$uid
  CONTAINER_CGROUP=$POD_CGROUP/$id
  if [ ! -d "$CONTAINER_CGROUP" ]; then
    mkdir -p "$POD_CGROUP"
    echo +cpu +io +memory +pids > "$POD_CGROUP/cgroup.subtree_control"
    mkdir "$CONTAINER_CGROUP"
  fi
  [ $# -gt 0 ] || return 0
  (
    echo "$BASHPID" > "$CONTAINER_CGROUP/cgroup.procs"
    exec "$@"
  ) &
  # Or bash tells in the evidence of every process that is killed.
  disown
}

# kill_pod NAME: ends that pod's processes.
kill_pod() {
  pod "$1"
  kill_cgroup "$CONTAINER_CGROUP"
}
kill_cgroup() {
  local procs
  procs=$(cat "$1/cgroup.procs")
  # shellcheck disable=SC2086
  [ -z "$procs" ] || kill -9 $procs 2> /dev/null || true
  await 30 empty "$1"
}
empty() { [ -z "$(cat "$1/cgroup.procs")" ]; }
# All but the neighbour.
kill_pods() {
  local dir
  for dir in /sys/fs/cgroup/kubepods/burstable/pod*/; do
    if [ "${dir%/}" != "$(cat /run/neighbour)" ]; then
      kill_cgroup "$(echo "$dir"*/)"
      rmdir "$dir"*/ "$dir"
    fi
  done
}

program() { echo "/usr/bin/python3 -I $VM/programs/$*"; }

# The innocent neighbour: a pod that writes a little, at a steady pace, to a disk of its own, from boot to the end.
start_neighbour() {
  local dev
  dev=/dev/$(disk calm)
  mkfs.ext4 -q "$dev"
  mkdir -p /mnt/calm
  mount "$dev" /mnt/calm
  pod neighbour $(program writer.py /mnt/calm/file)
  echo "$POD_CGROUP" > /run/neighbour
}

# Counters
diskstats() { awk -v want=" $* " 'index(want, " " $3 " ")' /proc/diskstats; }
in_flight() { awk -v dev="$1" '$3 == dev { print $12 }' /proc/diskstats; }
completed() { awk -v dev="$1" '$3 == dev { print $4 + $8 + $15 + $19 }' /proc/diskstats; }
pressure() { local name; for name in cpu memory io; do sed "s/^/$name /" /proc/pressure/$name; done; }
meminfo() { awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo; }
vmstat() { awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat; }
memory() {
  grep -E '^(MemTotal|MemFree|MemAvailable|Cached|AnonPages|SUnreclaim)' /proc/meminfo
  grep -E '^(workingset_refault|pgmajfault|pgscan_direct |pgsteal_direct |compact_(stall|fail|success)|thp_fault|oom_kill)' /proc/vmstat
  awk '/^allocstall/ { sum += $2 } END { print "allocstall", sum }' /proc/vmstat
}
# processes_in STATE: how many user processes are in that state. Kernel threads, which have no memory of their own, do not count.
processes_in() {
  local count=0 dir size line
  for dir in /proc/[0-9]*; do
    read -r size _ < "$dir/statm" && read -r line < "$dir/stat" || continue
    [[ $size = 0 || ${line##*) } != "$1 "* ]] || count=$((count + 1))
  done 2> /dev/null
  echo $count
}
# without_completions DEVICE: something in flight, and two seconds long nothing completes.
without_completions() {
  local before
  before=$(completed "$1")
  sleep 2
  [ "$(in_flight "$1")" -gt 0 ] && [ "$(completed "$1")" = "$before" ]
}
# completes DEVICE: requests complete again.
completes() {
  local before
  before=$(completed "$1")
  sleep 1
  [ "$(completed "$1")" -gt "$before" ]
}
