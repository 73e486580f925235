"""Changes at a chosen moment of another program's work: fanotify holds it in the middle of an open or a read until the change
is made."""

import collections
import contextlib
import ctypes
import os
import select
import struct
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
CLASS_CONTENT, CLOEXEC, MARK_ADD = 0x4, 0x1, 0x1
KINDS = {"open": 0x10000, "read": 0x20000}  # FAN_OPEN_PERM, FAN_ACCESS_PERM
ON_DIRECTORIES, ON_CHILDREN = 0x40000000, 0x08000000
ALLOW = 1


def are_there():
    fd = LIBC.fanotify_init(CLASS_CONTENT | CLOEXEC, os.O_RDONLY)
    if fd >= 0:
        os.close(fd)
    return fd >= 0


class Moments:
    """at("read", path, change, time=2): `change` is called while somebody else's second read of path waits for it; time=None:
    at each. Of folders a read is a listing. Paths are those at the beginning. Use as a context manager around the program's
    run."""

    def __init__(self, top):
        self.top = os.fspath(top)
        self.wanted = {}
        self.seen = collections.Counter()
        self.happened = []

    def at(self, kind, path, change, time=1):
        self.wanted[kind, os.fspath(path)] = (time, change)

    def __enter__(self):
        self.fd = LIBC.fanotify_init(CLASS_CONTENT | CLOEXEC, os.O_RDONLY)
        mask = ctypes.c_uint64(KINDS["open"] | KINDS["read"] | ON_DIRECTORIES | ON_CHILDREN)
        self.names = {}
        for folder, _, files in list(os.walk(self.top)):  # before anything waits for an answer
            if LIBC.fanotify_mark(self.fd, MARK_ADD, mask, -100, os.fsencode(folder)) != 0:
                raise OSError(ctypes.get_errno(), f"fanotify_mark {folder}")
            for path in [folder, *(os.path.join(folder, name) for name in files)]:
                self.names[os.lstat(path).st_ino] = path
        self.end, self.ended = os.pipe()
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        return self

    def __exit__(self, *_):
        os.close(self.ended)
        self.thread.join()
        os.close(self.end)
        os.close(self.fd)

    def listen(self):
        """Whatever nobody waits for goes on at once, also what the changes themselves open."""
        while True:
            readable, _, _ = select.select([self.fd, self.end], [], [])
            if self.fd not in readable:
                return
            events = os.read(self.fd, 65536)
            while events:
                length, _, _, _, mask, file, process = struct.unpack_from("=IBBHQii", events)
                events = events[length:]
                self.judge(mask, file, process)

    def judge(self, mask, file, process):
        if process == os.getpid():
            return self.allow(file)
        for kind, bit in KINDS.items():
            path = self.names.get(os.fstat(file).st_ino)
            if mask & bit and (kind, path) in self.wanted:
                self.seen[kind, path] += 1
                time, change = self.wanted[kind, path]
                if time in (None, self.seen[kind, path]):
                    self.happened.append((kind, path))
                    threading.Thread(target=self.make, args=[change, file]).start()
                    return
        self.allow(file)

    def make(self, change, file):
        with contextlib.suppress(FileNotFoundError):  # it was made before
            change()
        self.allow(file)

    def allow(self, file):
        os.write(self.fd, struct.pack("=iI", file, ALLOW))
        os.close(file)
