"""`steady_load.py FOLDER`: makes, renames, links and removes names, and writes to a file that has none any more, until a line
comes. Every step is checked. Then says how many rounds there were and how many milliseconds the longest step took."""
import os
import select
import sys
import time

folder = sys.argv[1]
os.makedirs(folder)
at = lambda name: os.path.join(folder, name)
longest = 0.0


def timed(action, *arguments):
    global longest
    began = time.monotonic()
    result = action(*arguments)
    longest = max(longest, time.monotonic() - began)
    return result


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def open_new(name):
    return os.open(at(name), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)


nameless = open_new("nameless")
os.unlink(at("nameless"))
print("ready", flush=True)
rounds = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    name = f"file-{rounds % 50}"
    content = b"%d\n" % rounds
    file = timed(open_new, f"new-{rounds}")
    expect(timed(os.write, file, content), len(content))
    timed(os.rename, at(f"new-{rounds}"), at(name))
    timed(os.link, at(name), at(f"link-{rounds}"))
    expect(timed(os.fstat, file).st_nlink, 2)
    timed(os.unlink, at(f"link-{rounds}"))
    timed(os.mkdir, at(f"folder-{rounds}"))
    timed(os.rmdir, at(f"folder-{rounds}"))
    expect(timed(os.pread, file, 100, 0), content)
    expect(os.fstat(file).st_nlink, 1)
    os.close(file)
    expect(timed(os.pwrite, nameless, content, rounds * 8), len(content))
    rounds += 1
for number in range(rounds):
    content = b"%d\n" % number
    expect(os.pread(nameless, len(content), number * 8), content)
expect(os.fstat(nameless).st_nlink, 0)
os.close(nameless)
print(f"{rounds} {round(longest * 1000)}", flush=True)
