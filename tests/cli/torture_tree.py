"""A tree of everything that a filesystem can hold, for whoever says that nothing is lost. Needs root, and ext4 with birth
times.

Its folders: `plain` is what rsync and tar can judge, too; `deep` reaches beyond PATH_MAX; `huge` holds a file that nobody
reads from end to end.
"""

import os
import socket
import stat
import struct
import subprocess

NAME_MAX = 255
UNKNOWN_USER, UNKNOWN_GROUP = 54321, 65530  # nobody has a name for them
DEEP_LEVELS = 40  # of folders with names of 200 bytes: twice PATH_MAX
TIMES = [-(10**18) // 1000 - 1, -1, 0, 1, 10**18 + 123456789, 2**31 * 10**9 + 1, 2**32 * 10**9 + 987654321]


class TortureTree:
    """many: files in one folder; links: names of one file; largest_value: of an extended attribute that the tree's
    filesystem can hold."""

    def __init__(self, top, many=2000, links=10000, largest_value=3000):
        self.top, self.many, self.links, self.largest_value = top, many, links, largest_value

    def make(self):
        (self.top / "plain").mkdir(parents=True)
        self.make_plain(self.top / "plain")
        self.make_deep()
        self.make_huge()

    def make_plain(self, plain):
        for make in [self.names, self.hard_links, self.crowd, self.attributes, self.acls, self.special_files, self.modes,
                     self.symlinks, self.holes, self.times]:
            folder = plain / make.__name__
            folder.mkdir()
            make(folder)
            os.utime(folder, ns=(10**18, 10**18 + len(make.__name__)))

    def names(self, folder):
        every_byte = bytes(byte for byte in range(1, 256) if byte != ord("/"))
        odd = [every_byte, b"n" * NAME_MAX, "ü".encode() * 127, b"\n", b" ", b"-rf", b"...", b"a\n\nb", b"\xff\xfe", b"\xc3", b"\\x41",
               b"*?[", b"~", b"con", b".kist", b".kist-restore-", b"\x7f\x1b[31m", b"x" * 254 + b"\\"]
        for name in odd + [bytes([byte]) for byte in every_byte if byte != ord(".")]:
            path = os.path.join(os.fsencode(folder), name)
            if not os.path.lexists(path):
                write(path, name)
        for name in [every_byte + b"d", b"d" * NAME_MAX, b"\xff\xfed", b" d "]:
            os.mkdir(os.path.join(os.fsencode(folder), name))
            write(os.path.join(os.fsencode(folder), name, name), name)

    def hard_links(self, folder):
        write(folder / "first", b"one file of many names")
        for number in range(self.links - 1):
            where = folder / str(number % 50)
            where.mkdir(exist_ok=True)
            os.link(folder / "first", where / str(number))
        os.mkfifo(folder / "fifo")
        os.link(folder / "fifo", folder / "same fifo")
        os.symlink("first", folder / "link")
        os.link(folder / "link", folder / "same link", follow_symlinks=False)

    def crowd(self, folder):
        for number in range(self.many):
            write(folder / f"{number:06}", str(number % 700).encode())

    def attributes(self, folder):
        big = os.urandom(self.largest_value)
        for kind in ["file", "folder", "fifo", "link", "device"]:
            path = folder / kind
            make = {"file": lambda: write(path, b"x"), "folder": path.mkdir, "fifo": lambda: os.mkfifo(path),
                    "link": lambda: os.symlink("file", path), "device": lambda: os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))}
            make[kind]()
            os.setxattr(path, "trusted.kind", kind.encode(), follow_symlinks=False)
            os.setxattr(path, "security.own", b"\0\1\xff", follow_symlinks=False)
        write(folder / "capable", b"#!/bin/true\n")
        os.chmod(folder / "capable", 0o755)
        os.chown(folder / "capable", UNKNOWN_USER, UNKNOWN_GROUP)
        os.setxattr(folder / "capable", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10 | 1 << 13, 0, 0, 0))
        write(folder / "largest", b"x")
        os.setxattr(folder / "largest", "user.largest", big)
        for path in [folder / "file", folder / "folder"]:
            for name, value in [("user.empty", b""), ("user.binary", bytes(range(256))), ("user." + "n" * 250, b"long name"),
                                ("user.not utf-8 \udcff\n", b"odd"), ("user..", b"."), ("trusted." + "t" * 200, b"")]:
                os.setxattr(path, name, value)
        write(folder / "many", b"x")
        for number in range(60):
            os.setxattr(folder / "many", f"user.{number}", b"v" * 20)

    def acls(self, folder):
        write(folder / "file", b"x")
        run("setfacl", "-m", f"u:{UNKNOWN_USER}:rwx,g:{UNKNOWN_GROUP}:r,u:1:---,m::rx", folder / "file")
        (folder / "defaults").mkdir()
        run("setfacl", "-d", "-m", f"u:{UNKNOWN_USER}:rwx,g:{UNKNOWN_GROUP}:r-x,o::-", folder / "defaults")
        (folder / "defaults/inherits").mkdir()
        write(folder / "defaults/inherits/file", b"x")
        write(folder / "many", b"x")
        run("setfacl", "-m", ",".join(f"u:{70000 + number}:r" for number in range(60)), folder / "many")

    def special_files(self, folder):
        os.mkfifo(folder / "fifo", 0o604)
        here = os.getcwd()
        os.chdir(folder)  # a socket's path may have 107 bytes
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
        os.chdir(here)
        for name, kind, device in [("character", stat.S_IFCHR, (1, 3)), ("block", stat.S_IFBLK, (7, 300)),
                                   ("large", stat.S_IFCHR, (511, 1048575))]:
            os.mknod(folder / name, kind | 0o640, os.makedev(*device))
            os.chown(folder / name, 0, 6)

    def modes(self, folder):
        for mode in [0, 0o111, 0o400, 0o4755, 0o2755, 0o6711, 0o1644, 0o7777, 0o4000]:
            write(folder / f"file {mode:o}", b"x")
            os.chown(folder / f"file {mode:o}", UNKNOWN_USER, 100)
            os.chmod(folder / f"file {mode:o}", mode)
            (folder / f"folder {mode:o}").mkdir()
            write(folder / f"folder {mode:o}" / "inner", b"x")
            os.chown(folder / f"folder {mode:o}", 1, UNKNOWN_GROUP)
            os.chmod(folder / f"folder {mode:o}", mode)

    def symlinks(self, folder):
        for number, target in enumerate([b"file", b"../..", b"/nowhere", b"t" * 4095, b"\xff\n", b".", b"60" * 30]):
            path = os.path.join(os.fsencode(folder), str(number).encode())
            os.symlink(target, path)
            os.lchown(path, UNKNOWN_USER + number, 7)
            os.utime(path, ns=(0, TIMES[number]), follow_symlinks=False)

    def holes(self, folder):
        block, data = 65536, os.urandom(65536)
        layouts = {"begin": (3, [2]), "middle": (3, [0, 2]), "end": (3, [0]), "all": (3, []), "none": (2, [0, 1]),
                   "alternating": (40, range(0, 40, 2)), "far": (3000, [2999])}
        for name, (blocks, written) in layouts.items():
            with open(folder / name, "wb") as file:
                for number in written:
                    file.seek(number * block)
                    file.write(data)
                file.truncate(blocks * block)
        with open(folder / "odd size", "wb") as file:
            file.truncate(100_001)
            file.seek(50_000)
            file.write(b"x")
        write(folder / "empty", b"")
        write(folder / "zeros", bytes(block))
        with open(folder / "reserved", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 4 * block)

    def times(self, folder):
        for number, time in enumerate(TIMES):
            write(folder / f"file {number}", b"x")
            (folder / f"folder {number}").mkdir()
            write(folder / f"folder {number}" / "inner", b"x")
            os.mkfifo(folder / f"fifo {number}")
            for kind in ["file", "folder", "fifo"]:
                os.utime(folder / f"{kind} {number}", ns=(10**18, time))

    def make_deep(self):
        """Each level in its parent's descriptor, as no path reaches it."""
        (self.top / "deep").mkdir()
        at = os.open(self.top / "deep", os.O_RDONLY)
        for level in range(DEEP_LEVELS):
            name = f"{level:03}" + "d" * 197
            os.mkdir(name, dir_fd=at)
            inner = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
            write(f"file {level}", str(level).encode(), dir_fd=at)
            if level == 0:
                first = os.dup(at)
        os.symlink("file 0", "link", dir_fd=at)
        os.link("file 0", "far link", src_dir_fd=first, dst_dir_fd=at)
        os.setxattr(f"/proc/self/fd/{at}", "user.depth", b"beyond")
        os.utime(at, ns=(0, 123456789))
        os.close(at)
        os.close(first)

    def make_huge(self):
        (self.top / "huge").mkdir()
        with open(self.top / "huge/4T", "wb") as file:
            for place in [0, 1 << 40, (3 << 40) + 12345]:
                file.seek(place)
                file.write(f"at {place}".encode())
            file.truncate(4 << 40)

    def set_flags(self):
        """chattr's; what has them cannot be changed or removed any more."""
        folder = self.top / "plain/flags"
        (folder / "inner").mkdir(parents=True)
        for letters in ["i", "a", "dAS", "s", "ia"]:
            write(folder / letters, letters.encode())
            run("chattr", "+" + letters, folder / letters)
        write(folder / "inner/file", b"x")
        run("chattr", "+aD", folder / "inner")


def write(path, content, dir_fd=None):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=dir_fd)
    try:
        os.write(file, content)
    finally:
        os.close(file)


def run(*argv):
    subprocess.run([os.fspath(word) for word in argv], check=True, stdout=subprocess.DEVNULL)
