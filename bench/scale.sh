#!/usr/bin/env bash
# scale.sh NODE BUNDLE DISKS MOUNTS: runs the agent on a machine with that many disks and mounts, prints its cycle's cost.
set -euo pipefail
node=$1 bundle=$2 disks=$3 mounts=$4
work=$(mktemp -d)
loops=()
cleanup() {
  kill "$agent" 2>/dev/null || true
  for loop in "${loops[@]}"; do losetup -d "$loop"; done
  umount -l "$work" 2>/dev/null || true
  rm -rf "$work"
}
agent=
trap cleanup EXIT
mount -t tmpfs bench "$work"
for ((i = 0; i < disks; i++)); do
  truncate -s 1M "$work/disk$i"
  loops+=("$(losetup -f --show "$work/disk$i")")
done
for ((i = 0; i < mounts; i++)); do
  mkdir "$work/m$i"
  mount -t tmpfs -o size=64k "bench$i" "$work/m$i"
done
"$node" --max-semi-space-size=4 --max-old-space-size=64 "$bundle" run --set interval=250ms --set state.file="$work/state.json" --log-level silent \
  --http.listen-address 127.0.0.1:20990 --grpc.listen-address 127.0.0.1:0 >/dev/null &
agent=$!
cpu() { for pid in $agent $(cat /proc/$agent/task/$agent/children); do cat "/proc/$pid/stat"; done | awk '{sub(/^.*\) /, ""); s += $12 + $13} END {print s * 10}'; }
count() { curl -s 127.0.0.1:20990/status | sed -n 's/.*"cycle":{"count":\([0-9]*\).*/\1/p'; }
sleep 10
c0=$(count) t0=$(cpu)
sleep 20
c1=$(count) t1=$(cpu)
awk -v d="$disks" -v m="$mounts" -v c=$((c1 - c0)) -v t=$((t1 - t0)) 'BEGIN {printf "%4d more disks, %4d more mounts: %6.2f ms CPU a cycle\n", d, m, t / c}'
