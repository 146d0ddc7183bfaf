# The guest's init (bash, as pid 1): makes the machine look like a node, runs the scenarios that /results/env names, one after the other, and powers off.
# Everything it has to say goes to /results, the host's writable share: <scenario>/evidence.txt and <scenario>/result.
set -uo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
VM=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debugfs /sys/kernel/debug 2> /dev/null
mkdir -p /dev/pts /dev/shm /lib/modules
mount -t devpts devpts /dev/pts
mount --bind /kmods/lib/modules /lib/modules
ip link set lo up
hostname sick-node

# Pods and the system's own processes each below a slice of their own. No process may stay in the root cgroup, or the controllers cannot be handed down.
CGROUP=/sys/fs/cgroup
mkdir -p $CGROUP/system.slice $CGROUP/kubepods/burstable
echo $$ > $CGROUP/system.slice/cgroup.procs
for dir in $CGROUP $CGROUP/kubepods $CGROUP/kubepods/burstable; do
  for controller in cpu io memory pids; do echo +$controller > $dir/cgroup.subtree_control; done
done
# What a kubelet does: system daemons keep their share of the CPU however many pods want it.
echo 1000 > $CGROUP/system.slice/cpu.weight

# khugepaged reserves 45 MiB for itself, a great part of so small a machine: without this no scenario gets memory really low.
echo 8192 > /proc/sys/vm/min_free_kbytes

modprobe -a dm-mod dm-delay ext4
. /results/env
(. "$VM/lib.sh"; start_neighbour) > /results/boot.txt 2>&1
if [ -n "${AGENT:-}" ]; then
  $AGENT run --config /results/agent.yaml > /results/agent.log 2>&1 &
  agent=$!
  /usr/bin/python3 -I "$VM/programs/watch-status.py" > /results/watch-status.log 2>&1 &
  # Node and its bundle come from the host through an emulator: the load of the boot may raise HighLoad.
  (
    . "$VM/lib.sh"
    OUT=/results/boot
    mkdir $OUT
    echo $OUT > /run/scenario
    phase boot
    await 90 test -e /run/agent/cycle
    cycles 25
    await 120 nothing_raised
  ) >> /results/boot.txt 2>&1
fi
for SCENARIO in $SCENARIOS; do
  OUT=/results/$SCENARIO
  mkdir -p "$OUT"
  (
    set -eu
    . "$VM/lib.sh"
    . "$VM/scenarios/$SCENARIO.sh"
    run_scenario
  ) > "$OUT/log.txt" 2>&1 < /dev/null
  rc=$?
  [ -e "$OUT/result" ] || echo "failed: exit code $rc" > "$OUT/result"
  echo "$SCENARIO: $(< "$OUT/result")"
  touch "$OUT/ended"
done
if [ -n "${AGENT:-}" ]; then
  kill -TERM "$agent"
  wait "$agent"
  echo "agent ended with $?" >> /results/agent.log
fi
dmesg > /results/dmesg.txt
touch /results/done
sync -f /results
echo o > /proc/sysrq-trigger
sleep 60
