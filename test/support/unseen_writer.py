"""Changes a file without a notice of the kernel, as its standard input says.

usage: unseen_writer.py mapping|libaio FILE
Each line is OFFSET TEXT; each is answered by a line. Everything is kept open until the input ends.
"""

import ctypes
import mmap
import os
import platform
import struct
import sys

IO_SETUP, IO_SUBMIT, IO_GETEVENTS = (206, 209, 208) if platform.machine() == "x86_64" else (0, 2, 4)
IOCB_CMD_PWRITE = 1


class Iocb(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_uint32),
        ("opcode", ctypes.c_uint16),
        ("priority", ctypes.c_int16),
        ("descriptor", ctypes.c_uint32),
        ("buffer", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("reserved", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("result_descriptor", ctypes.c_uint32),
    ]


def mapping(descriptor):
    memory = mmap.mmap(descriptor, 0)
    os.close(descriptor)

    def store(offset, content):
        memory[offset : offset + len(content)] = content

    return store


def libaio(descriptor):
    call = ctypes.CDLL(None, use_errno=True).syscall
    context = ctypes.c_ulong(0)
    if call(IO_SETUP, 8, ctypes.byref(context)) != 0:
        raise OSError(ctypes.get_errno(), "io_setup")

    def write(offset, content):
        buffer = ctypes.create_string_buffer(content, len(content))
        iocb = Iocb(opcode=IOCB_CMD_PWRITE, descriptor=descriptor, count=len(content), offset=offset)
        iocb.buffer = ctypes.addressof(buffer)
        if call(IO_SUBMIT, context, 1, (ctypes.c_void_p * 1)(ctypes.addressof(iocb))) != 1:
            raise OSError(ctypes.get_errno(), "io_submit")
        event = ctypes.create_string_buffer(32)
        if call(IO_GETEVENTS, context, 1, 1, event, None) != 1:
            raise OSError(ctypes.get_errno(), "io_getevents")
        # struct io_event: data, object, result, second result.
        _, _, result, _ = struct.unpack("=QQqq", event.raw)
        if result != len(content):
            raise OSError(max(0, -result), f"{result} of {len(content)} bytes were written")

    return write


def main():
    way, path = sys.argv[1:]
    change = {"mapping": mapping, "libaio": libaio}[way](os.open(path, os.O_RDWR))
    print("open", flush=True)
    for line in sys.stdin:
        offset, text = line.rstrip("\n").split(" ", 1)
        change(int(offset), text.encode())
        print("done", flush=True)


main()
