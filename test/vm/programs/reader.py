"""reader.py FILE: reads pages of a mapped file in random order, for ever. With too little page cache each read is a major fault."""
import mmap
import os
import random
import sys

fd = os.open(sys.argv[1], os.O_RDONLY)
pages = os.fstat(fd).st_size // 4096
data = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
data.madvise(mmap.MADV_RANDOM)
total = 0
while True:
    total += data[random.randrange(pages) * 4096]
