"""Works at random in and between PLACEs of FOLDER until a line comes in; several processes at once.

SEED PROCESSES files|folders FOLDER PLACE...: whether files alone are moved over the border, or folders, too.

Files and folders are made, written, mapped, linked, moved, exchanged and deleted, from one place to another; files stay open over
all of that. What another process took away first is no fault. Says `ready`, and at its end how much was done.
"""
import ctypes
import mmap
import os
import random
import select
import sys

SEED, PROCESSES, FOLDER, PLACES = int(sys.argv[1]), int(sys.argv[2]), sys.argv[4], sys.argv[5:]
MOVES_FOLDERS = sys.argv[3] == 'folders'
NAMES = 6
OPEN_MAX = 8
EXCHANGE = 2
HERE = -100
libc = ctypes.CDLL(None, use_errno=True)
rng = random.Random()
held = []


def at():
    parts = [FOLDER, rng.choice(PLACES)]
    while rng.random() < 0.3:
        parts.append(f'd{rng.randrange(3)}')
    return os.path.join(*parts, f'f{rng.randrange(NAMES)}')


def folder_at():
    return os.path.join(FOLDER, rng.choice(PLACES), *[f'd{rng.randrange(3)}' for _ in range(rng.randint(1, 2))])


def content():
    return os.urandom(rng.choice((1, 100, 5000))) * rng.choice((1, 1, 20))


def hold(file):
    held.append(file)
    if len(held) > OPEN_MAX:
        os.close(held.pop(rng.randrange(len(held))))


def create():
    hold(os.open(at(), os.O_RDWR | os.O_CREAT | rng.choice((0, os.O_TRUNC)), 0o600))
    os.write(held[-1], content())


def write():
    file = rng.choice(held)
    os.pwrite(file, content(), rng.randrange(20000))


def cut():
    os.ftruncate(rng.choice(held), rng.randrange(30000))


def store():
    file = rng.choice(held)
    place, byte = rng.random(), rng.randrange(256)
    # Who stores behind where another one cut the file just then is ended by the kernel.
    child = os.fork()
    if child == 0:
        try:
            size = os.fstat(file).st_size
            with mmap.mmap(file, size) as mapped:
                mapped[int(place * size)] = byte
                mapped.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def copy():
    os.copy_file_range(rng.choice(held), rng.choice(held), rng.randrange(10000), rng.randrange(5000), rng.randrange(5000))


def nameless():
    file = os.open(os.path.dirname(at()), os.O_TMPFILE | os.O_RDWR, 0o600)
    hold(file)
    os.write(file, content())
    os.link(f'/proc/self/fd/{file}', at(), follow_symlinks=True)
    os.write(file, content())


def link():
    os.link(at(), at())


def unlink():
    os.unlink(at())


def move():
    os.rename(at(), at())


def move_folder():
    if MOVES_FOLDERS:
        os.rename(folder_at(), folder_at())


def exchange():
    one, other = (folder_at(), folder_at()) if MOVES_FOLDERS and rng.random() < 0.4 else (at(), at())
    libc.renameat2(HERE, one.encode(), HERE, other.encode(), EXCHANGE)


def make_folder():
    os.makedirs(folder_at(), exist_ok=True)


def remove_folder():
    os.rmdir(folder_at())


def change_mode():
    os.chmod(at(), rng.choice((0o600, 0o640, 0o644)))


DEEDS = [create] * 6 + [write] * 8 + [cut, store, store, copy, nameless, link, unlink, unlink] + [move] * 4
DEEDS += [move_folder] * 2 + [exchange, make_folder, make_folder, remove_folder, change_mode]


def work(number, end):
    rng.seed(SEED * 1000 + number)
    done = 0
    while not select.select([end], [], [], 0)[0]:
        try:
            rng.choice(DEEDS)()
            done += 1
        except (OSError, IndexError):
            pass
    # What is still open has been moved, perhaps, since it was written to last.
    for file in held:
        os.pwrite(file, os.urandom(64), rng.randrange(1000))
    return done


def main():
    for place in PLACES:
        os.makedirs(os.path.join(FOLDER, place), exist_ok=True)
    end, tell_end = os.pipe()
    told, tell = os.pipe()
    children = []
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            os.close(tell_end)
            os.write(tell, work(number, end).to_bytes(8, 'little'))
            os._exit(0)
        children.append(child)
    os.close(tell)
    print('ready', flush=True)
    sys.stdin.readline()
    os.close(tell_end)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    print(sum(int.from_bytes(os.read(told, 8), 'little') for _ in children), flush=True)


main()
