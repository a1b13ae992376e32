"""Holds a file in one way until the input ends.

usage: file_holder.py open|flock|posix|ofd|mapping|denial FILE
Says "held" when it does.
"""

import ctypes
import fcntl
import mmap
import os
import select
import struct
import sys

F_OFD_SETLK = 37
FAN_CLASS_CONTENT = 4
FAN_MARK_ADD = 1
FAN_OPEN_PERM = 0x10000
FAN_DENY = 2
AT_FDCWD = -100
EVENT = struct.Struct("=IBBHQii")
RESPONSE = struct.Struct("=iI")


def hold_open(path):
    return os.open(path, os.O_WRONLY)


def hold_flock(path):
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def hold_posix(path):
    fcntl.lockf(os.open(path, os.O_RDONLY), fcntl.LOCK_SH)


def hold_ofd(path):
    lock = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    fcntl.fcntl(os.open(path, os.O_RDONLY), F_OFD_SETLK, lock)


MAPPINGS = []


def hold_mapping(path):
    descriptor = os.open(path, os.O_RDWR)
    MAPPINGS.append(mmap.mmap(descriptor, 0))
    os.closerange(3, 99)


def deny(path):
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.fanotify_init(FAN_CLASS_CONTENT, os.O_RDONLY)
    mark = libc.fanotify_mark(queue, FAN_MARK_ADD, ctypes.c_uint64(FAN_OPEN_PERM), AT_FDCWD, path.encode())
    if queue < 0 or mark < 0:
        raise OSError(ctypes.get_errno(), "fanotify")
    print("held", flush=True)
    while True:
        ready, _, _ = select.select([queue, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        events = os.read(queue, 4096)
        while len(events) >= EVENT.size:
            length, _, _, _, _, descriptor, _ = EVENT.unpack_from(events)
            os.write(queue, RESPONSE.pack(descriptor, FAN_DENY))
            os.close(descriptor)
            events = events[length:]


WAYS = {"open": hold_open, "flock": hold_flock, "posix": hold_posix, "ofd": hold_ofd, "mapping": hold_mapping}


def main():
    way, path = sys.argv[1:]
    if way == "denial":
        return deny(path)
    WAYS[way](path)
    print("held", flush=True)
    sys.stdin.read()


main()
