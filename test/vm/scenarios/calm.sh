# Nothing is wrong: a node with one pod that writes a little. Nothing may be raised.
shown() { completes "$(disk calm)"; }
evidence() { diskstats "$(disk calm)"; pressure; cat /proc/loadavg; memory; }
