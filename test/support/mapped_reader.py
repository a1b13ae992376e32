"""Holds a file open and mapped, and answers each line of its input with what it sees of it, as one line of JSON.

usage: mapped_reader.py FILE
"""

import json
import mmap
import os
import sys


def main():
    file = os.open(sys.argv[1], os.O_RDONLY)
    size = os.fstat(file).st_size
    shared = mmap.mmap(file, size, mmap.MAP_SHARED, mmap.PROT_READ)
    private = mmap.mmap(file, size, mmap.MAP_PRIVATE, mmap.PROT_READ)
    for _ in sys.stdin:
        seen = [os.pread(file, size, 0), shared[:], private[:], bytes(str(os.fstat(file).st_size), "ascii")]
        print(json.dumps([part.decode("latin1") for part in seen]), flush=True)


main()
