"""One process appends to a file in FOLDER/cache all the time, another moves the file out of there, COUNT times.

What the file held when it was out is written beside it (NUMBER.then), so that whatever came later can be told.
"""
import os
import sys

FOLDER, COUNT, HOW = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PIECE = 64
hidden, shown = os.path.join(FOLDER, 'cache'), os.path.join(FOLDER, 'shown')
for path in (hidden, shown):
    os.makedirs(path, exist_ok=True)


def append(path, until):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    number = 0
    while not os.path.exists(until):
        number += 1
        os.write(file, f'{number:>{PIECE}}'.encode())
    os._exit(0)


for number in range(COUNT):
    inner = os.path.join(hidden, f'inner-{number}')
    os.mkdir(inner)
    before, end = os.path.join(inner, 'file'), os.path.join(FOLDER, 'cache', f'end-{number}')
    child = os.fork()
    if child == 0:
        append(before, end)
    while not os.path.exists(before) or os.stat(before).st_size < 20 * PIECE:
        pass
    after = os.path.join(shown, str(number))
    if HOW == 'file':
        os.rename(before, after)
    elif HOW == 'folder':
        os.rename(inner, after)
        after = os.path.join(after, 'file')
    else:
        os.link(before, after)
    with open(after, 'rb') as file:
        held = len(file.read())
    with open(os.path.join(shown, f'{number}.then'), 'w') as then:
        then.write(str(held))
    # However the two are scheduled, some of it is written from then on.
    while os.stat(after).st_size < held + 2 * PIECE:
        pass
    os.close(os.open(end, os.O_CREAT | os.O_WRONLY))
    os.waitpid(child, 0)
