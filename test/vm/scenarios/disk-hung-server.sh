# DiskHung: the server behind a virtio disk (qemu-nbd on the host) is stopped. Requests stay in flight, none completes.
# The disk holds the kubelet's directory, so it is the node's and not one pod's. The neighbour's disk goes on.
setup() {
  victim=$(disk hang) PROBLEM=DiskHung/$(disk hang)
  mkdir -p /var/lib/kubelet
  mkfs.ext4 -q "/dev/$victim"
  mount "/dev/$victim" /var/lib/kubelet
  pod victim $(program writer.py /var/lib/kubelet/file)
  await 30 completes "$victim"
}
fault() { on_host stop-disk-server; }
shown() { without_completions "$victim" && completes "$(disk calm)"; }
undo() { on_host continue-disk-server; }
gone() { completes "$victim"; }
cleanup() { umount /var/lib/kubelet; }
evidence() { diskstats "$victim" "$(disk calm)"; pressure; echo "in D: $(processes_in D)"; }
