"""memory.py MIB: takes memory until only so much is available, then holds it and asks for no more."""
import mmap
import signal
import sys


def available_mib():
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024


# The kernel's OOM killer, should it come, must find this process first.
with open("/proc/self/oom_score_adj", "w") as score:
    score.write("1000")

floor = int(sys.argv[1])
held = []
while (left := available_mib()) > floor:
    size = max(1, min(32, (left - floor) // 2)) << 20
    chunk = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(0, size, 4096):
        chunk[page] = 1
    held.append(chunk)
signal.pause()
