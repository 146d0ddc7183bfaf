"""hugepages.py: a program that asks for huge pages again and again, and falls back to small ones when there are none."""
import mmap
import time

HUGE = 2 << 20
while True:
    # Private: shared memory gets no huge pages by default.
    area = mmap.mmap(-1, 2 * HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_HUGEPAGE)
    area[HUGE - 4096] = 1
    area[HUGE] = 1
    area.close()
    time.sleep(0.02)
