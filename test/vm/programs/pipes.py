"""pipes.py FREE_MIB READY_FILE: fills memory with pipe buffers until so much is free, page by page in turn into two sets of pipes, then closes one set.
Half of the pages come back, each alone: kernel pages (pipe buffers) that nobody can move stand between them."""
import fcntl
import os
import resource
import signal
import sys

PIPE_PAGES = 256
F_SETPIPE_SZ = 1031


def free_mib():
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            if line.startswith("MemFree:"):
                return int(line.split()[1]) // 1024


def new_pipe():
    ends = os.pipe()
    fcntl.fcntl(ends[1], F_SETPIPE_SZ, PIPE_PAGES * 4096)
    return ends


resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))
with open("/proc/self/oom_score_adj", "w") as score:
    score.write("1000")

floor = int(sys.argv[1])
page = b"x" * 4096
kept, given_back = [], []
write = os.write
while free_mib() > floor:
    (_, keep), (_, give) = pair = new_pipe(), new_pipe()
    for _ in range(PIPE_PAGES):
        write(keep, page)
        write(give, page)
    kept.append(pair[0])
    given_back.append(pair[1])
for ends in given_back:
    for fd in ends:
        os.close(fd)
open(sys.argv[2], "w").close()
signal.pause()
