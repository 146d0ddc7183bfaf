# ConntrackPressure: a pod opens more connections to the node than the node's connection table may hold. Its limit is one for the whole kernel, the count is
# one of each network namespace: the pod has its own, and the table of the node's namespace is what fills.
PROBLEM=ConntrackPressure
setup() {
  modprobe -a veth nf_conntrack nft_ct
  before=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
  echo 256 > /proc/sys/net/netfilter/nf_conntrack_max
  ip netns add client
  ip link add veth0 type veth peer name eth0 netns client
  ip addr add 10.1.0.1/24 dev veth0
  ip link set veth0 up
  ip -n client addr add 10.1.0.2/24 dev eth0
  ip -n client link set eth0 up
  # A stateful rule makes the kernel track. Loopback is left out, or nobody could ask the agent for its report once the table is full.
  nft -f - << 'RULES'
    table inet fw {
      chain in { type filter hook input priority filter; ct state established accept; }
      chain loopback-in { type filter hook prerouting priority raw; iif lo notrack; }
      chain loopback-out { type filter hook output priority raw; oif lo notrack; }
    }
RULES
  pod server $(program connections.py serve 8080)
}
entries() { cat /proc/sys/net/netfilter/nf_conntrack_count; }
fault() { pod client ip netns exec client $(program connections.py open 10.1.0.1 8080 300); client=$!; }
shown() { [ "$(entries)" -ge 250 ] && dropped; }
dropped() { [ "$(conntrack_stat drop)" -gt 0 ]; }
conntrack_stat() {
  local sum=0 value column
  column=$(head -1 /proc/net/stat/nf_conntrack | tr -s ' ' '\n' | grep -nx "$1" | cut -d: -f1)
  for value in $(tail -n +2 /proc/net/stat/nf_conntrack | awk -v c="$column" '{ print $c }'); do sum=$((sum + 0x$value)); done
  echo $sum
}
# What an operator does. To end the client alone would take a minute and more: entries of closed connections stay until the kernel collects them.
undo() { echo "$before" > /proc/sys/net/netfilter/nf_conntrack_max; }
gone() { [ "$(entries)" -ge 300 ]; }
cleanup() {
  nft delete table inet fw
  ip netns del client
}
evidence() { echo "$(entries) of $(cat /proc/sys/net/netfilter/nf_conntrack_max)"; cat /proc/net/stat/nf_conntrack; dmesg | grep -c 'table full' || true; }
