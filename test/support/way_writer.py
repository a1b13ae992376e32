"""Changes a folder all the time, and writes down elsewhere what was done and what was refused.

usage: way_writer.py FOLDER LOG
Says "going" once it has begun, and goes on until its input ends. Each line of the log: what, number, "done" or "refused".
A line is in the log at once.
"""

import errno
import os
import select
import sys


def main():
    folder, log_path = sys.argv[1:]
    ledger = os.open(os.path.join(folder, "ledger"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    with open(log_path, "w", buffering=1, encoding="ascii") as log:

        def attempt(what, number, action):
            try:
                result = action()
            except OSError as error:
                if error.errno != errno.EROFS:
                    raise
                log.write(f"{what} {number} refused\n")
                return None
            log.write(f"{what} {number} done\n")
            return result

        print("going", flush=True)
        number = 0
        while not select.select([sys.stdin], [], [], 0)[0]:
            number += 1
            path = os.path.join(folder, f"file-{number}")
            attempt("append", number, lambda: os.write(ledger, f"{number}\n".encode()))
            made = attempt("create", number, lambda: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            if made is None:
                continue
            attempt("write", number, lambda: os.write(made, b"content"))
            os.close(made)
            attempt("rename", number, lambda: os.rename(path, path + "-renamed"))
    os.close(ledger)


main()
