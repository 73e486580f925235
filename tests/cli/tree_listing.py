"""What a tree holds, entry by entry, at any depth: for comparing two without the limits of other tools' paths."""

import fcntl
import hashlib
import os
import stat
import struct

GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS
SETTABLE = 0x83C4FF
PIECE = 1 << 16
KERNELS_OWN = {"security.selinux", "security.ima", "security.evm"}


def listing(top, leave_out=(), attributes=lambda name: True):
    """path below top, as bytes: what stands there. leave_out: of `flags`, `holes`, `xattrs`. Names of one file have the first
    one's path."""
    found, first_names, pending = {}, {}, [(os.open(top, os.O_RDONLY | os.O_DIRECTORY), b".")]
    while pending:
        folder, path = pending.pop()
        with os.scandir(folder) as entries:
            names = sorted(os.fsencode(entry.name) for entry in entries)
        if path == b".":
            found[path] = describe(folder, b".", path, first_names, leave_out, attributes)
        for name in names:
            below = path + b"/" + name
            found[below] = describe(folder, name, below, first_names, leave_out, attributes)
            if found[below]["type"] == "d":
                pending.append((os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder), below))
        os.close(folder)
    return found


def describe(folder, name, path, first_names, leave_out, attributes):
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFIFO: "p", stat.S_IFSOCK: "s", stat.S_IFCHR: "c",
            stat.S_IFBLK: "b"}[stat.S_IFMT(status.st_mode)]
    entry = {"type": kind, "mode": oct(stat.S_IMODE(status.st_mode)), "owner": (status.st_uid, status.st_gid),
             "mtime": status.st_mtime_ns}
    if kind != "d":
        entry["links"] = status.st_nlink
        entry["same as"] = first_names.setdefault(status.st_ino, path)
    if kind in "cb":
        entry["device"] = status.st_rdev
    if kind == "l":
        entry["target"] = os.readlink(name, dir_fd=folder)
    pinned = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    try:
        if "xattrs" not in leave_out:
            proc = f"/proc/self/fd/{pinned}"
            entry["xattrs"] = {attribute: os.getxattr(proc, attribute) for attribute in os.listxattr(proc)
                               if attribute not in KERNELS_OWN and attributes(attribute)}
    finally:
        os.close(pinned)
    if kind in "fd":
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        try:
            if "flags" not in leave_out:
                entry["flags"] = hex(struct.unpack("l", fcntl.ioctl(file, GET_FLAGS, bytes(8)))[0] & SETTABLE)
            if kind == "f" and entry["same as"] == path:
                entry.update(contents(file, status, leave_out))
        finally:
            os.close(file)
    return entry


def contents(file, status, leave_out):
    """Size, hash, and how much is stored; of a file with holes only what lies between them is read."""
    found = {"size": status.st_size}
    digest, at = hashlib.sha256(), 0
    while at < status.st_size:
        try:
            begin = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            break
        place = begin - begin % PIECE
        piece = os.pread(file, PIECE, place)
        if piece.strip(b"\0"):
            digest.update(struct.pack("q", place) + piece)
        at = place + PIECE
    found["digest"] = digest.hexdigest()
    if "holes" not in leave_out:
        found["blocks"] = status.st_blocks // 128  # of 64 KiB: the lists of extents are the filesystem's business
    return found


def differences(expected, actual):
    """For people: what is missing, too much, or different in what."""
    lines = []
    for path in sorted(expected.keys() | actual.keys()):
        shown = repr(path if len(path) < 300 else path[:100] + b"..." + path[-100:])
        if path not in actual:
            lines.append(f"missing: {shown}")
        elif path not in expected:
            lines.append(f"too much: {shown}")
        else:
            for key in sorted(expected[path].keys() | actual[path].keys()):
                one, other = expected[path].get(key), actual[path].get(key)
                if one != other:
                    lines.append(f"{shown}: {key} is {str(other)[:200]}, not {str(one)[:200]}")
    return lines
