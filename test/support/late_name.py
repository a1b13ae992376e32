"""Writes BYTES of a file that has no name yet in FOLDER, gives it the name NAME there, and flushes the folder."""
import os
import sys

FOLDER, NAME, BYTES = sys.argv[1], sys.argv[2], int(sys.argv[3])
file = os.open(FOLDER, os.O_TMPFILE | os.O_RDWR, 0o644)
os.write(file, os.urandom(BYTES))
os.fsync(file)
folder = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY)
os.link(f'/proc/self/fd/{file}', NAME, dst_dir_fd=folder, follow_symlinks=True)
os.fsync(folder)
