"""Changes everything in FOLDER all the time, with PROCESSES processes, until its input ends; each rests PAUSE_MS after a change.

A large file is written at random places; small files are written in place, extended, cut, replaced and renamed; folders
come and go with what is in them.
"""
import os
import random
import select
import sys

FOLDER, PROCESSES, PAUSE_MS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
LARGE = 64 << 20
BLOCK = 4096
SMALL_FILES = 100
SMALL_MAX = 100_000

large = os.open(os.path.join(FOLDER, 'large'), os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(large, LARGE)


def small(number):
    return os.path.join(FOLDER, f'small-{number}')


def write_large(chance):
    os.pwrite(large, chance.randbytes(BLOCK), chance.randrange(LARGE // BLOCK) * BLOCK)


def write_small(chance):
    file = os.open(small(chance.randrange(SMALL_FILES)), os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(file, chance.randbytes(chance.randrange(1, BLOCK)), chance.randrange(SMALL_MAX))
    os.close(file)


def cut(chance):
    file = os.open(small(chance.randrange(SMALL_FILES)), os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(file, chance.randrange(SMALL_MAX))
    os.close(file)


def replace(chance):
    aside = os.path.join(FOLDER, f'aside-{os.getpid()}')
    with open(aside, 'wb') as file:
        file.write(chance.randbytes(chance.randrange(BLOCK)))
    os.rename(aside, small(chance.randrange(SMALL_FILES)))


def swap(chance):
    aside = os.path.join(FOLDER, f'swapped-{os.getpid()}')
    try:
        os.rename(small(chance.randrange(SMALL_FILES)), aside)
        os.rename(aside, small(chance.randrange(SMALL_FILES)))
    except FileNotFoundError:
        pass


def folder(chance):
    top = os.path.join(FOLDER, f'folder-{os.getpid()}')
    os.mkdir(top)
    for number in range(3):
        with open(os.path.join(top, str(number)), 'wb') as file:
            file.write(chance.randbytes(BLOCK))
    for number in range(3):
        os.unlink(os.path.join(top, str(number)))
    os.rmdir(top)


WORKS = [write_large] * 6 + [write_small] * 4 + [cut, replace, swap, folder]
own = 0
for other in range(1, PROCESSES):
    if os.fork() == 0:
        own = other
        break
chance = random.Random(own)
while not select.select([sys.stdin], [], [], PAUSE_MS / 1000)[0]:
    chance.choice(WORKS)(chance)
