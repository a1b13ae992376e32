"""Two ledgers in FOLDER, each an SQLite database, for COUNT entries: write FOLDER COUNT [END] | look FOLDER.

`write`: one process enters 1, 2, 3, … into the first ledger (rollback journal), and moves one unit between two
accounts with each entry. Another reads the first ledger and enters into the second (write-ahead log) only what it
read there. With END it goes on until there is such a file. `look`: prints what is wrong with what lies there, or the number of entries in both.
"""
import os
import sqlite3
import sys

ORDER, FOLDER = sys.argv[1], sys.argv[2]
FIRST, SECOND = os.path.join(FOLDER, 'first.db'), os.path.join(FOLDER, 'second.db')
TOTAL = 1000


def opened(path, mode):
    base = sqlite3.connect(path, isolation_level=None, timeout=60)
    base.execute(f'PRAGMA journal_mode={mode}')
    base.execute('PRAGMA synchronous=FULL')
    return base


def write(count, end):
    first, second = opened(FIRST, 'DELETE'), opened(SECOND, 'WAL')
    first.execute('BEGIN')
    first.execute('CREATE TABLE accounts (name TEXT PRIMARY KEY, balance INTEGER)')
    first.execute('INSERT INTO accounts VALUES ("one", ?), ("two", 0)', (TOTAL,))
    first.execute('CREATE TABLE entries (number INTEGER PRIMARY KEY, text TEXT)')
    first.execute('COMMIT')
    second.execute('CREATE TABLE entries (number INTEGER PRIMARY KEY)')
    first.close()
    second.close()
    writer = os.fork()
    if writer == 0:
        first = opened(FIRST, 'DELETE')
        number = 0
        while number < count or not (end is None or os.path.exists(end)):
            number += 1
            first.execute('BEGIN IMMEDIATE')
            first.execute('INSERT INTO entries VALUES (?, ?)', (number, 'x' * (number % 700)))
            first.execute('UPDATE accounts SET balance = balance - 1 WHERE name = "one"')
            first.execute('UPDATE accounts SET balance = balance + 1 WHERE name = "two"')
            first.execute('COMMIT')
        os._exit(0)
    first, second = opened(FIRST, 'DELETE'), opened(SECOND, 'WAL')
    entered, is_over = 0, False
    while True:
        # What was entered before its end is found after it.
        is_over = is_over or os.waitpid(writer, os.WNOHANG)[0] == writer
        found = first.execute('SELECT number FROM entries WHERE number > ? ORDER BY number', (entered,)).fetchall()
        for (number,) in found:
            second.execute('INSERT INTO entries VALUES (?)', (number,))
            entered = number
        if is_over and not found:
            return


def entries_of(base):
    if base.execute('PRAGMA integrity_check').fetchall() != [('ok',)]:
        raise sqlite3.DatabaseError('integrity')
    if base.execute('SELECT count(*) FROM sqlite_schema WHERE name = "entries"').fetchone() == (0,):
        return 0
    count, highest = base.execute('SELECT count(*), coalesce(max(number), 0) FROM entries').fetchone()
    if count != highest:
        raise sqlite3.DatabaseError(f'{count} entries up to {highest}')
    return count


def look():
    # The second one first: what it holds came out of the first one.
    if not os.path.exists(SECOND):
        return '0 0'
    base = sqlite3.connect(SECOND)
    second = entries_of(base)
    base = sqlite3.connect(FIRST)
    first = entries_of(base)
    if second > first:
        return f'{second} in the second ledger, {first} in the first'
    if first > 0 and base.execute('SELECT sum(balance) FROM accounts').fetchone() != (TOTAL,):
        return 'the sum'
    return f'{first} {second}'


if ORDER == 'write':
    write(int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
else:
    print(look())
