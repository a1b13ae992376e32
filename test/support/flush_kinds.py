"""Every way to flush, or the one that is named, at the same time, each on a file of its own in FOLDER: prints the name of each when it is done."""
import ctypes
import mmap
import os
import platform
import struct
import sys

FOLDER = sys.argv[1]


def opened(name, flags=0):
    return os.open(os.path.join(FOLDER, name), os.O_RDWR | os.O_CREAT | flags, 0o644)


def synced(name, call):
    file = opened(name)
    os.write(file, name.encode())
    call(file)


def folder():
    # One of its own: while a folder is flushed, the kernel lets nobody change names in it.
    inside = os.path.join(FOLDER, 'inside')
    os.mkdir(inside)
    os.close(os.open(os.path.join(inside, 'name'), os.O_CREAT))
    os.fsync(os.open(inside, os.O_RDONLY | os.O_DIRECTORY))


def mapped():
    file = opened('msync')
    os.ftruncate(file, 4096)
    view = mmap.mmap(file, 4096)
    view[:5] = b'msync'
    view.flush()


def allocated():
    os.posix_fallocate(opened('allocated', os.O_SYNC), 0, 4096)


def asynchronous():
    # As libaio does it: nobody waits in the call that asks for the write. Within the file, for the kernel waits itself where one grows.
    file = opened('asynchronous', os.O_DIRECT | os.O_DSYNC)
    os.ftruncate(file, 4096)
    setup, submit, getevents = (206, 209, 208) if platform.machine() == 'x86_64' else (0, 2, 4)
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    context = ctypes.c_uint64(0)
    pwrite = 1
    order = ctypes.create_string_buffer(
        struct.pack('<QIIHhIQQqQII', 0, 0, 0, pwrite, 0, file, address, len(page), 0, 0, 0, 0)
    )
    orders = (ctypes.c_void_p * 1)(ctypes.addressof(order))
    done = ctypes.create_string_buffer(32)
    for number, *arguments in (setup, 1, ctypes.byref(context)), (submit, context, 1, orders), (getevents, context, 1, 1, done, None):
        if syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), 'aio')
    written = struct.unpack('<QQqq', done.raw)[2]
    if written != len(page):
        raise OSError(-written, os.strerror(-written))


KINDS = {
    'fsync': lambda: synced('fsync', os.fsync),
    'fdatasync': lambda: synced('fdatasync', os.fdatasync),
    'folder': folder,
    'O_SYNC': lambda: os.write(opened('O_SYNC', os.O_SYNC), b'O_SYNC'),
    'O_DSYNC': lambda: os.write(opened('O_DSYNC', os.O_DSYNC), b'O_DSYNC'),
    'msync': mapped,
    'allocated': allocated,
    'asynchronous': asynchronous,
}


def run(kind):
    try:
        KINDS[kind]()
        said = kind
    except OSError as error:
        said = f'{kind}: {error}'
    # A line at once, beside those of the others.
    os.write(1, f'{said}\n'.encode())


# Programs, not threads: some of these calls keep all threads of a program waiting.
CHOSEN = sys.argv[2:] or KINDS
for one in CHOSEN:
    if os.fork() == 0:
        run(one)
        os._exit(0)
for _ in CHOSEN:
    os.wait()
