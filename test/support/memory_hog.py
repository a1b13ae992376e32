"""Told to begin, reads random pages of a file that is larger than the memory there is for it: memory_hog.py FILE MIB."""

import mmap
import os
import random
import sys

MIB = 1024 * 1024
PAGE = 4096

path, mib = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
with open(path, "w+b") as file:
    for _ in range(mib):
        file.write(os.urandom(MIB))
    file.flush()
    os.fsync(file.fileno())
    pages = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
os.unlink(path)
while True:
    pages[random.randrange(len(pages) // PAGE) * PAGE]
