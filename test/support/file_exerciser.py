"""Does anything to one file, and compares it with what it should hold: FOLDER COUNT SEED.

Writes, reads, maps, cuts, punches, fills, copies, opens anew and syncs, the same for the same seed. Prints each
difference, and at last how many there were. Exit status 1 where there was any.
"""
import ctypes
import errno
import mmap
import os
import random
import sys

FOLDER, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SIZE_MAX = 1 << 20
LENGTH_MAX = 1 << 16
PAGE = 4096
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16

libc = ctypes.CDLL(None, use_errno=True)
chance = random.Random(SEED)
path = os.path.join(FOLDER, f'file-{SEED}')
other_path = os.path.join(FOLDER, f'other-{SEED}')
file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
other = os.open(other_path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
other_content = chance.randbytes(LENGTH_MAX)
os.write(other, other_content)
expected = bytearray()
differences = 0


def differ(what):
    global differences
    differences += 1
    print(what, flush=True)


def range_in(limit):
    offset = chance.randrange(limit)
    return offset, min(chance.randrange(1, LENGTH_MAX), limit - offset)


def put(offset, data):
    if len(expected) < offset:
        expected.extend(bytes(offset - len(expected)))
    expected[offset:offset + len(data)] = data


def fallocate(mode, offset, length):
    if libc.fallocate(file, mode, ctypes.c_long(offset), ctypes.c_long(length)) < 0:
        raise OSError(ctypes.get_errno(), 'fallocate')


def write():
    offset, length = range_in(SIZE_MAX)
    data = chance.randbytes(length)
    if os.pwrite(file, data, offset) != length:
        differ('a short write')
    put(offset, data)


def read():
    offset, length = range_in(SIZE_MAX)
    if os.pread(file, length, offset) != bytes(expected[offset:offset + length]):
        differ(f'read {offset} {length}')


def truncate():
    size = chance.randrange(SIZE_MAX)
    os.ftruncate(file, size)
    if size < len(expected):
        del expected[size:]
    else:
        expected.extend(bytes(size - len(expected)))


def map_read():
    if not expected:
        return
    with mmap.mmap(file, len(expected), mmap.MAP_SHARED, mmap.PROT_READ) as mapped:
        if mapped[:] != bytes(expected):
            differ('mapped for reading')


def map_write():
    if not expected:
        return
    with mmap.mmap(file, len(expected), mmap.MAP_SHARED) as mapped:
        offset, length = range_in(len(expected))
        data = chance.randbytes(length)
        mapped[offset:offset + length] = data
        expected[offset:offset + length] = data
        if chance.random() < 0.5:
            mapped.flush()


def allocate():
    offset, length = range_in(SIZE_MAX)
    fallocate(0, offset, length)
    if offset + length > len(expected):
        expected.extend(bytes(offset + length - len(expected)))


def allocate_beyond():
    offset, length = range_in(SIZE_MAX)
    fallocate(KEEP_SIZE, offset, length)


def punch():
    offset, length = range_in(SIZE_MAX)
    fallocate(KEEP_SIZE | PUNCH_HOLE, offset, length)
    end = min(offset + length, len(expected))
    if offset < end:
        expected[offset:end] = bytes(end - offset)


def zero():
    offset, length = range_in(SIZE_MAX)
    fallocate(ZERO_RANGE, offset, length)
    put(offset, bytes(length))


def copy_within():
    if len(expected) < 2:
        return
    source, length = range_in(len(expected))
    target = chance.randrange(SIZE_MAX)
    if abs(source - target) < length:
        return
    copied = os.copy_file_range(file, file, length, source, target)
    put(target, bytes(expected[source:source + copied]))


def copy_from_other():
    source, length = range_in(len(other_content))
    target = chance.randrange(SIZE_MAX)
    copied = os.copy_file_range(other, file, length, source, target)
    put(target, other_content[source:source + copied])


def append():
    global file
    os.close(file)
    emptied = chance.random() < 0.2
    file = os.open(path, os.O_RDWR | os.O_APPEND | (os.O_TRUNC if emptied else 0))
    if emptied:
        expected.clear()
    data = chance.randbytes(1000)
    if len(expected) < SIZE_MAX:
        os.write(file, data)
        expected.extend(data)
    reopen()


def reopen():
    global file
    os.close(file)
    file = os.open(path, os.O_RDWR)


def direct():
    """Past the page cache, from and to memory that begins at a page."""
    global file
    os.close(file)
    file = os.open(path, os.O_RDWR | os.O_DIRECT)
    offset = chance.randrange(SIZE_MAX // PAGE) * PAGE
    length = chance.randrange(1, 8) * PAGE
    with mmap.mmap(-1, length) as memory:
        data = chance.randbytes(length)
        memory[:] = data
        os.pwritev(file, [memory], offset)
        put(offset, data)
        got = os.preadv(file, [memory], offset)
        if memory[:got] != data:
            differ(f'direct read {offset} {length}')
    if chance.random() < 0.5:
        map_write()
    reopen()


def sync():
    os.fsync(file) if chance.random() < 0.5 else os.fdatasync(file)


def size():
    if os.fstat(file).st_size != len(expected):
        differ(f'size {os.fstat(file).st_size} instead of {len(expected)}')


def holes():
    """Whatever is a hole reads as zeros, and the last one ends with the file."""
    at = 0
    while at < len(expected):
        try:
            data = os.lseek(file, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            data = len(expected)
        if any(expected[at:data]):
            differ(f'data in a hole from {at} to {data}')
        if data >= len(expected):
            break
        at = os.lseek(file, data, os.SEEK_HOLE)


def unlinked():
    """A file without a name is one all the same while it is open."""
    lost = os.path.join(FOLDER, f'lost-{SEED}')
    held = os.open(lost, os.O_RDWR | os.O_CREAT, 0o600)
    os.unlink(lost)
    data = chance.randbytes(5000)
    os.write(held, data)
    os.ftruncate(held, 4000)
    about = os.fstat(held)
    if (about.st_nlink, about.st_size) != (0, 4000) or os.pread(held, 9000, 0) != data[:4000]:
        differ('a file without a name')
    os.close(held)


ACTIONS = [write] * 4 + [read] * 4 + [truncate] * 2 + [
    map_read, map_write, map_write, allocate, allocate_beyond, punch, zero, copy_within, copy_from_other, append,
    reopen, direct, sync, size, holes, unlinked,
]

for number in range(COUNT):
    action = chance.choice(ACTIONS)
    try:
        action()
    except OSError as error:
        differ(f'{action.__name__} {error}')
os.fsync(file)
reopen()
if os.pread(file, SIZE_MAX * 2, 0) != bytes(expected):
    differ('at the end')
os.close(file)
print(f'{differences} differences')
sys.exit(1 if differences else 0)
