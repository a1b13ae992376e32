"""Every way to flush, at the same time, each on a file of its own in FOLDER: prints the name of each when it is done."""
import mmap
import os
import sys
import threading

FOLDER = sys.argv[1]


def opened(name, flags=0):
    return os.open(os.path.join(FOLDER, name), os.O_RDWR | os.O_CREAT | flags, 0o644)


def synced(name, call):
    file = opened(name)
    os.write(file, name.encode())
    call(file)


def folder():
    os.mkdir(os.path.join(FOLDER, 'inside'))
    os.fsync(os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY))


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
        print(kind, flush=True)
    except OSError as error:
        print(kind, error, flush=True)


threads = [threading.Thread(target=run, args=(kind,)) for kind in KINDS]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
