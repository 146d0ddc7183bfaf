"""writer.py PATH [PAUSE_SECONDS]: overwrites one block of a file or device again and again, past the page cache."""
import mmap
import os
import sys
import time

path = sys.argv[1]
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0.2
block = mmap.mmap(-1, 4096)
block.write(b"x" * 4096)
fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
while True:
    os.pwritev(fd, [block], 0)
    time.sleep(pause)
