"""Two processes meet in FOLDER, COUNT times: one writes a file while the other copies it, and both store into a third.

What the copy holds tells which came first; no later change covers it.
"""
import mmap
import os
import random
import sys

FOLDER, COUNT = sys.argv[1], int(sys.argv[2])
LENGTH = 1 << 17
STORED = 1 << 16
# One byte for each of the two: how far it is.
steps = mmap.mmap(-1, 4096)
own = 0 if os.fork() == 0 else 1
chance = random.Random(own)


def meet(step):
    steps[own] = step % 250
    while steps[1 - own] not in (step % 250, (step + 1) % 250):
        pass


def opened(name, size=0):
    file = os.open(os.path.join(FOLDER, name), os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(file, size)
    return file


stored = opened('stored', STORED)
mapped = mmap.mmap(stored, STORED, mmap.MAP_SHARED)
for number in range(1, COUNT + 1):
    source, target = (opened(f'{name}-{number}', LENGTH if name == 'source' else 0) for name in ('source', 'target'))
    data = chance.randbytes(LENGTH)
    meet(2 * number)
    if own == 0:
        os.pwrite(source, data, 0)
    else:
        os.copy_file_range(source, target, LENGTH, 0, 0)
    at = chance.randrange(STORED - 5000)
    mapped[at:at + 5000] = data[:5000]
    if own == 0:
        mapped.flush()
    else:
        os.pwrite(stored, data[5000:9000], at)
    meet(2 * number + 1)
    os.close(source)
    os.close(target)
mapped.flush()
if own == 1:
    os.wait()
