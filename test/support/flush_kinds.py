"""Every way to flush, at the same time, each on a file of its own in FOLDER: prints the name of each when it is done."""
import mmap
import os
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


KINDS = {
    'fsync': lambda: synced('fsync', os.fsync),
    'fdatasync': lambda: synced('fdatasync', os.fdatasync),
    'folder': folder,
    'O_SYNC': lambda: os.write(opened('O_SYNC', os.O_SYNC), b'O_SYNC'),
    'O_DSYNC': lambda: os.write(opened('O_DSYNC', os.O_DSYNC), b'O_DSYNC'),
    'msync': mapped,
    'allocated': allocated,
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
for one in KINDS:
    if os.fork() == 0:
        run(one)
        os._exit(0)
for _ in KINDS:
    os.wait()
