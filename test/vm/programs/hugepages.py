"""hugepages.py: a program that asks for 40 huge pages, one by one, gives them back and starts again. Where there is none it gets by with a small page."""
import mmap
import time

HUGE = 2 << 20
while True:
    areas = []
    for _ in range(40):
        # Private: shared memory gets no huge pages by default. Twice the size: one of its halves is aligned.
        area = mmap.mmap(-1, 2 * HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(mmap.MADV_HUGEPAGE)
        area[HUGE] = 1
        areas.append(area)
        time.sleep(0.02)
    for area in areas:
        area.close()
