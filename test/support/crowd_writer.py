"""Writes to the same files as others do: FOLDER COUNT SEED. Several of it at once meet in every range."""
import mmap
import os
import random
import sys

FOLDER, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
FILES, SIZE, PAGE = 2, 1 << 18, 4096
chance = random.Random(SEED)
paths = [os.path.join(FOLDER, f'shared-{number}') for number in range(FILES)]
files = [os.open(path, os.O_RDWR) for path in paths]
direct = [os.open(path, os.O_RDWR | os.O_DIRECT) for path in paths]
maps = [mmap.mmap(file, SIZE, mmap.MAP_SHARED) for file in files]
page = mmap.mmap(-1, PAGE)


def place(length):
    return chance.randrange(SIZE - length)


def write():
    data = chance.randbytes(chance.randrange(1, 20000))
    os.pwrite(chance.choice(files), data, place(len(data)))


def store():
    data = chance.randbytes(chance.randrange(1, 5000))
    mapped = chance.choice(maps)
    at = place(len(data))
    mapped[at:at + len(data)] = data
    if chance.random() < 0.3:
        mapped.flush()


def write_direct():
    page[:] = chance.randbytes(PAGE)
    os.pwritev(chance.choice(direct), [page], chance.randrange(SIZE // PAGE) * PAGE)


def copy():
    length = chance.randrange(1, 30000)
    source, target = chance.sample(files, 2)
    os.copy_file_range(source, target, length, place(length), place(length))


def rename():
    try:
        os.rename(os.path.join(FOLDER, f'name-{chance.randrange(3)}'), os.path.join(FOLDER, f'name-{chance.randrange(3)}'))
    except FileNotFoundError:
        with open(os.path.join(FOLDER, f'name-{chance.randrange(3)}'), 'w') as file:
            file.write(str(SEED))


for number in range(COUNT):
    chance.choice((write, write, store, write_direct, copy, rename))()
for mapped in maps:
    mapped.flush()
