"""`one_operation.py FOLDER OPERATION`: prepares one operation in a new folder, says `ready`, and carries it out when a line
comes. Says `done`, or what is wrong. It is one request to the file system, as far as that can be: names are looked up before."""
import ctypes
import fcntl
import os
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
PUNCH_AND_KEEP = 3
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
APPEND_ONLY = 0x20

folder, operation = sys.argv[1:3]
at = lambda name: os.path.join(folder, name)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def put(name, content=b"before"):
    with open(at(name), "wb") as file:
        file.write(content)
    os.stat(at(name))


def content(name):
    with open(at(name), "rb") as file:
        return file.read()


def renameat2(old, new, flags):
    call("renameat2", AT_FDCWD, at(old).encode(), AT_FDCWD, at(new).encode(), flags)


def missing(name):
    return not os.path.lexists(at(name))


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def writing(name, flags=os.O_RDWR):
    put(name)
    return os.open(at(name), flags)


def opened(name, flags=0):
    """A file that is there, open."""
    return lambda: writing(name, os.O_RDWR | flags)


def new(name):
    return lambda: expect(missing(name), True)


def made_file(_):
    file = os.open(at("new"), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)
    expect(os.write(file, b"content"), 7)
    os.close(file)
    expect(content("new"), b"content")
    expect(stat.S_IMODE(os.stat(at("new")).st_mode), 0o640)


def nameless(_):
    file = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    expect(os.write(file, b"content"), 7)
    call("linkat", AT_FDCWD, f"/proc/self/fd/{file}".encode(), AT_FDCWD, at("named").encode(), 0x400)
    expect(content("named"), b"content")


def unlinked_open(file):
    os.unlink(at("file"))
    expect(os.fstat(file).st_nlink, 0)
    expect(os.pwrite(file, b"AFTER", 0), 5)
    expect(os.pread(file, 10, 0), b"AFTERe")
    os.ftruncate(file, 3)
    expect(os.fstat(file).st_size, 3)


def replaced_open(file):
    os.rename(at("other"), at("file"))
    expect(os.pread(file, 10, 0), b"before")
    expect(os.pwrite(file, b"B", 0), 1)
    expect(content("file"), b"other")


def two():
    put("one", b"1")
    put("two", b"2")


def open_with_other():
    put("other", b"other")
    return writing("file")


def copied(file):
    put("from", b"0123456789")
    source = os.open(at("from"), os.O_RDONLY)
    expect(os.copy_file_range(source, file, 8, 1, 2), 8)
    expect(content("file"), b"be12345678")


def removed(file_or_none, action, name):
    action(at(name))
    expect(missing(name), True)


def with_xattr():
    put("file")
    os.setxattr(at("file"), "user.kept", b"value")


def error(number, action):
    try:
        action()
    except OSError as failure:
        expect(failure.errno, number)
        return
    raise AssertionError(f"no error {number}; there is {[(name, os.listxattr(at(name))) for name in os.listdir(folder)]}")


def emptied(_):
    file = os.open(at("file"), os.O_WRONLY | os.O_TRUNC)
    expect(os.write(file, b"new"), 3)
    os.close(file)
    expect(content("file"), b"new")


def truncated(file):
    os.ftruncate(file, 3)
    expect(content("file"), b"bef")


def punched(file):
    call("fallocate", file, PUNCH_AND_KEEP, ctypes.c_int64(0), ctypes.c_int64(3))
    expect(content("file"), b"\0\0\0ore")


def written(file):
    expect(os.pwrite(file, b"written", 3), 7)
    expect(content("file"), b"befwritten")


def moded(_):
    os.chmod(at("file"), 0o600)
    expect(stat.S_IMODE(os.stat(at("file")).st_mode), 0o600)


def put_file():
    put("file")


def xattr_made(_):
    os.setxattr(at("file"), "user.new", b"value", os.XATTR_CREATE)
    expect(os.getxattr(at("file"), "user.new"), b"value")
    error(17, lambda: os.setxattr(at("file"), "user.new", b"other", os.XATTR_CREATE))


def xattr_removed(_):
    os.removexattr(at("file"), "user.kept")
    error(61, lambda: os.removexattr(at("file"), "user.kept"))


def renamed(old, new_name, wanted):
    os.rename(at(old), at(new_name))
    expect([missing(old), content(new_name)], [True, wanted])


def exchanged(_):
    renameat2("one", "two", RENAME_EXCHANGE)
    expect([content("one"), content("two")], [b"2", b"1"])


def not_replaced(_):
    error(17, lambda: renameat2("one", "two", RENAME_NOREPLACE))
    expect([content("one"), content("two")], [b"1", b"2"])


def linked(_):
    os.link(at("file"), at("new"))
    expect([os.stat(at("file")).st_nlink, content("new")], [2, b"before"])


def appended(file):
    expect(os.write(file, b"-after"), 6)
    expect(content("file"), b"before-after")


def toggle_append():
    with open(at("file"), "rb") as file:
        flags = int.from_bytes(fcntl.ioctl(file, FS_IOC_GETFLAGS, bytes(4)), "little")
        fcntl.ioctl(file, FS_IOC_SETFLAGS, (flags ^ APPEND_ONLY).to_bytes(4, "little"))


def append_only():
    put("file")
    toggle_append()
    return os.open(at("file"), os.O_WRONLY | os.O_APPEND)


def only_appended(file):
    expect(os.write(file, b"-after"), 6)
    expect(content("file"), b"before-after")
    toggle_append()


OPERATIONS = {
    "create": (new("new"), made_file),
    "tmpfile": (lambda: None, nameless),
    "mkdir": (new("new"), lambda _: (os.mkdir(at("new"), 0o750), expect(os.listdir(at("new")), []))),
    "mknod": (new("new"), lambda _: (os.mkfifo(at("new")), expect(stat.S_ISFIFO(os.stat(at("new")).st_mode), True))),
    "symlink": (new("new"), lambda _: (os.symlink("to", at("new")), expect(os.readlink(at("new")), "to"))),
    "link": (lambda: (put("file"), new("new")())[0], linked),
    "unlink": (put_file, lambda _: removed(None, os.unlink, "file")),
    "unlink-open": (opened("file"), unlinked_open),
    "rmdir": (lambda: (os.mkdir(at("folder")), os.stat(at("folder")))[0], lambda _: removed(None, os.rmdir, "folder")),
    "rename": (lambda: (put("one", b"1"), new("two")())[0], lambda _: renamed("one", "two", b"1")),
    "rename-over": (two, lambda _: renamed("one", "two", b"1")),
    "rename-over-open": (open_with_other, replaced_open),
    "exchange": (two, exchanged),
    "no-replace": (two, not_replaced),
    "write": (opened("file"), written),
    "append": (opened("file", os.O_APPEND), appended),
    "append-only": (append_only, only_appended),
    "truncate": (opened("file"), truncated),
    "empty": (put_file, emptied),
    "punch": (opened("file"), punched),
    "copy": (opened("file"), copied),
    "chmod": (put_file, moded),
    "setxattr": (put_file, xattr_made),
    "removexattr": (with_xattr, xattr_removed),
}

if operation == "list":
    print(" ".join(OPERATIONS))
    sys.exit()
os.mkdir(folder)
prepare, carry_out = OPERATIONS[operation]
prepared = prepare()
print("ready", flush=True)
sys.stdin.readline()
try:
    carry_out(prepared)
    print("done", flush=True)
except Exception as failure:  # all of them are told
    print(f"{type(failure).__name__}: {failure}", flush=True)
