"""pipes.py FREE_MIB READY_FILE: fragments memory with pipe buffers, kernel pages that nobody can move, and keeps it so.
First it fills memory until so much is free, page by page in turn into two sets of pipes, and closes one set: half of the pages come back, each alone.
Then it takes the larger blocks that are left, and those that others give back: a pipe of 1024 slots needs 64 KiB in one piece."""
import fcntl
import os
import resource
import sys
import time

PIPE_PAGES = 256
SLOTS_OF_64_KIB = 1024
F_SETPIPE_SZ = 1031
LARGE_ENOUGH_MIB = 6


def free_mib():
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            if line.startswith("MemFree:"):
                return int(line.split()[1]) // 1024


def large_blocks_mib():
    """Free memory in blocks of 64 KiB and more, without zone DMA."""
    with open("/proc/buddyinfo") as buddyinfo:
        rows = [line.split() for line in buddyinfo if line.split()[3] != "DMA"]
    return sum(int(count) << order for row in rows for order, count in enumerate(row[4:]) if order >= 4) // 256


def new_pipe(pages):
    ends = os.pipe()
    fcntl.fcntl(ends[1], F_SETPIPE_SZ, pages * 4096)
    return ends


resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
with open("/proc/self/oom_score_adj", "w") as score:
    score.write("1000")

floor = int(sys.argv[1])
page = b"x" * 4096
given_back = []
write = os.write
while free_mib() > floor:
    (_, keep), give = new_pipe(PIPE_PAGES), new_pipe(PIPE_PAGES)
    for _ in range(PIPE_PAGES):
        write(keep, page)
        write(give[1], page)
    given_back += give
for fd in given_back:
    os.close(fd)

while True:
    try:
        while large_blocks_mib() > LARGE_ENOUGH_MIB:
            for _ in range(16):
                new_pipe(SLOTS_OF_64_KIB)
    except OSError:
        pass  # No block is left: what it is about.
    open(sys.argv[2], "w").close()
    time.sleep(0.2)
