"""Commits 1, 2, 3, … in FOLDER and tells each once it is durable: write FOLDER | look FOLDER.

`write`: three programs at once, each a line `NAME NUMBER` for each commit: `append` to a plain file with fdatasync,
and two SQLite databases, one with a write-ahead log (synchronous=FULL) and one with a rollback journal (EXTRA: with
FULL a commit there is the removal of the journal, and SQLite does not flush its folder).
`look`: prints up to which number each has all of them, or what is wrong.
"""
import os
import sqlite3
import sys

ORDER, FOLDER = sys.argv[1], sys.argv[2]
LEDGER = os.path.join(FOLDER, 'ledger')
BASES = {'wal': ('WAL', 'FULL'), 'rollback': ('DELETE', 'EXTRA')}


def tell(name, number):
    os.write(1, f'{name} {number}\n'.encode())


def append():
    file = os.open(LEDGER, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.fsync(os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY))
    number = 0
    while True:
        number += 1
        os.write(file, f'{number}\n'.encode())
        os.fdatasync(file)
        tell('append', number)


def base_of(name):
    return os.path.join(FOLDER, f'{name}.db')


def enter(name):
    base = sqlite3.connect(base_of(name), isolation_level=None, timeout=60)
    mode, synchronous = BASES[name]
    base.execute(f'PRAGMA journal_mode={mode}')
    base.execute(f'PRAGMA synchronous={synchronous}')
    base.execute('CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT)')
    number = 0
    while True:
        number += 1
        base.execute('INSERT INTO entries VALUES (?, ?)', (number, 'x' * (number % 700)))
        tell(name, number)


def write():
    for name in BASES:
        if os.fork() == 0:
            enter(name)
    append()


def appended():
    if not os.path.exists(LEDGER):
        return 0
    with open(LEDGER, encoding='ascii') as file:
        lines = file.read().split('\n')
    # The last one may be cut off.
    numbers = [int(line) for line in lines[:-1]]
    if numbers != list(range(1, len(numbers) + 1)):
        raise ValueError('the ledger has a gap')
    return len(numbers)


def entered(name):
    if not os.path.exists(base_of(name)):
        return 0
    base = sqlite3.connect(base_of(name))
    if base.execute('PRAGMA integrity_check').fetchall() != [('ok',)]:
        raise ValueError(f'{name} is not sound')
    if base.execute('SELECT count(*) FROM sqlite_schema WHERE name = "entries"').fetchone() == (0,):
        return 0
    count, highest = base.execute('SELECT count(*), coalesce(max(number), 0) FROM entries').fetchone()
    if count != highest:
        raise ValueError(f'{name} has {count} entries up to {highest}')
    return count


if ORDER == 'write':
    write()
else:
    print('append', appended())
    for one in BASES:
        print(one, entered(one))
