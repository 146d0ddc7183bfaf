# Nothing is wrong: a node with one pod that writes a little. Nothing may be raised.
setup() { start_neighbour; }
shown() { completes "$(disk calm)"; }
cleanup() { stop_neighbour; }
evidence() { diskstats "$(disk calm)"; pressure; cat /proc/loadavg; memory; }
