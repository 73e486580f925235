#!/usr/bin/env python3
"""A second, independent reader of volumes, written from doc/format.md alone.

Replays the run records in the packs, without the catalog, and brings back the tree of any
snapshot with its metadata.  zstd and rdiff, the programs, read what is compressed.

reader.py ROOT              the snapshots of a mounted volume
reader.py ROOT SNAPSHOT TO  restores one into the new folder TO (as root, with its owners)
"""
import collections, hashlib, os, stat, struct, subprocess, sys, tempfile

WHOLE, DELTA, ROWS, END, GAP = 1, 2, 3, 4, 5


Part = collections.namedtuple("Part", "digest base encoding plain plain_size length")


class Damaged(Exception):
    pass


def require(holds, what):
    if not holds:
        raise Damaged(what)


def zstd(frame, prefix=b""):
    """The plain bytes; the prefix, where there is one, goes through a file."""
    if not prefix:
        return subprocess.run(["zstd", "-dcq"], input=frame, stdout=subprocess.PIPE, check=True).stdout
    with tempfile.NamedTemporaryFile() as base:
        base.write(prefix)
        base.flush()
        return subprocess.run(["zstd", "-dcq", f"--patch-from={base.name}"], input=frame, stdout=subprocess.PIPE,
                              check=True).stdout


def rdiff_patch(delta, base):
    """librsync's own program applies what Kist wrote."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in ("base", base), ("delta", delta):
            with open(f"{folder}/{name}", "wb") as f:
                f.write(data)
        subprocess.run(["rdiff", "patch", f"{folder}/base", f"{folder}/delta", f"{folder}/result"], check=True)
        with open(f"{folder}/result", "rb") as f:
            return f.read()


def read_pack(data, number, repository, end, unused=None):
    """The records of a pack, up to its committed end. unused: gets the offsets of bytes that mean nothing."""
    head = data[:64]
    require(len(head) == 64 and head[:8] == b"KISTPACK", "pack header")
    require(hashlib.sha256(head[:48]).digest()[:16] == head[48:], "pack header's checksum")
    require(struct.unpack("<IIq", head[8:24]) == (1, 0, number), "version or number")
    require(head[24:40] == repository, "repository")
    at = 64
    while at < end:
        head = data[at:at + 128]
        require(len(head) == 128 and head[:4] == b"KREC", "record")
        require(hashlib.sha256(head[:120]).digest()[:8] == head[120:], "record header's checksum")
        kind, encoding, zero, plain_size, size = struct.unpack("<BBHQQ", head[4:24])
        if kind == GAP:
            require(head[5:16] == bytes(11) and head[24:120] == bytes(96), "a gap's header")
            if unused is not None:
                unused.update(range(at + 128, at + 128 + size))
            at += 128 + size
            continue
        require(plain_size <= 16 << 20 and size <= plain_size + 1024, "record size")
        payload = data[at + 128:at + 128 + size]
        require(hashlib.sha256(payload).digest() == head[88:120], "payload")
        plain = zstd(payload) if encoding == 1 else payload
        require(encoding < 3, "encoding")
        require(encoding == 2 or len(plain) == plain_size, "plain size")
        base = head[56:88]
        require((kind == DELTA or encoding == 2) == (base != bytes(32)), "a base")
        length = 128 + size + -size % 8
        if unused is not None:
            unused.update(range(at + 128 + size, at + length))
        yield at, kind, Part(head[24:56], base, encoding, plain, plain_size, length)
        at += length
    require(at == end, "the pack's end")


class Items:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def raw(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def sized(self):
        return self.raw(self.take("I"))

    def optional(self):
        there, value = self.take("Bq")
        return value if there else None


class Rebuilt:
    def __init__(self):
        self.sources, self.snapshots, self.contents, self.entries, self.skipped = {}, {}, {}, {}, []
        self.highest = 0

    def replay(self, data):
        items, self.number, self.forgotten = Items(data), 0, set()
        names = [None, "run", "content", "opened", "closed", "refreshed", "skip", "forget", "checkpoint", "within", "placed",
                 "tagged", "renamed"]
        while items.at < len(data):
            getattr(self, names[items.take("B")])(items)
        if self.forgotten:
            self.drop_forgotten()
        self.drop_contents()

    def run(self, i):
        self.source = i.take("q")
        self.sources[self.source] = (i.sized().decode(), i.sized(), i.sized().decode())
        self.number = i.take("q")
        self.highest = max(self.highest, self.number)
        self.snapshots[self.number] = (self.source, *i.take("qqQQQQ"), "")

    def content(self, i):
        id, digest, size, place = i.take("q"), i.raw(32), i.take("q"), i.take("B")
        self.contents[id] = (digest, size, place, i.optional(), i.optional(), i.optional(), i.raw(32))

    def opened(self, i):
        e = dict(first=self.number, last=None, source=self.source)
        e["id"], e["directory"] = i.take("qq")
        e["name"], e["node"], e["content"] = i.sized(), i.optional(), i.optional()
        e["type"], e["mode"], e["uid"], e["gid"] = i.take("BIII")
        e["user"], e["grp"] = i.sized().decode(), i.sized().decode()
        e["size"], e["mtime"], e["special"], e["has_holes"] = i.take("QqQB")
        target, attributes = i.sized(), i.sized()
        e["target"], e["attributes"] = target or None, attributes or None
        e["device"], e["inode"], e["ctime"] = i.take("QQq")
        e["birth"], e["unsettled"], e["mirror_inode"] = i.optional(), i.take("B"), i.take("Q")
        self.entries[e["id"]] = e

    def closed(self, i):
        id, last = i.take("qq")
        self.entries[id]["last"] = last

    def refreshed(self, i):
        e = self.entries[i.take("q")]
        e["device"], e["inode"], e["ctime"] = i.take("qqq")
        e["birth"], e["unsettled"] = i.optional(), i.take("B")

    def skip(self, i):
        self.skipped.append((self.number, i.sized(), i.sized().decode()))

    def forget(self, i):
        self.forgotten.add(i.take("q"))

    def checkpoint(self, i):
        self.__init__()
        self.highest = i.take("q")
        self.forgotten = set()

    def within(self, i):
        self.number = i.take("q")
        self.source = self.snapshots[self.number][0]

    def placed(self, i):
        id, inode = i.take("qQ")
        self.entries[id]["mirror_inode"] = inode

    def tagged(self, i):
        number = i.take("q")
        self.snapshots[number] = (*self.snapshots[number][:-1], i.sized().decode())

    def renamed(self, i):
        id = i.take("q")
        self.sources[id] = (*self.sources[id][:-1], i.sized().decode())

    def drop_forgotten(self):
        """The rule of doc/format.md: rows that hold no snapshot that is left vanish, the others' ends move to such."""
        self.snapshots = {n: s for n, s in self.snapshots.items() if n not in self.forgotten}
        self.skipped = [s for s in self.skipped if s[0] not in self.forgotten]
        left = {}
        for number, snapshot in sorted(self.snapshots.items()):
            left.setdefault(snapshot[0], []).append(number)
        for e in list(self.entries.values()):
            held = [n for n in left.get(e["source"], []) if e["first"] <= n and (e["last"] is None or n <= e["last"])]
            if not held:
                del self.entries[e["id"]]
                continue
            e["first"] = held[0]
            e["last"] = None if held[-1] == left[e["source"]][-1] else held[-1]
        self.sources = {id: s for id, s in self.sources.items() if id in left}

    def drop_contents(self):
        """Contents go that neither a row names nor another content has as its base, until there are none."""
        named, count = {e["content"] for e in self.entries.values()}, None
        while count != len(self.contents):
            count, bases = len(self.contents), {c[6] for c in self.contents.values()}
            self.contents = {id: c for id, c in self.contents.items() if id in named or c[0] in bases}


def rebuild(volume, packs, repository):
    rebuilt, rows, chunks, contents = Rebuilt(), b"", 0, {}
    for number, size in packs:
        with open(f"{volume}/.kist/history/{number:04}.pack", "rb") as f:
            data = f.read()
        for at, kind, part in read_pack(data, number, repository, size):
            if kind in (WHOLE, DELTA):
                contents[number, at] = kind, part
            elif kind == ROWS:
                rows, chunks = rows + part.plain, chunks + 1
            elif kind == END:
                snapshot, count, total = struct.unpack("<qQ32s", part.plain)
                require(count == chunks and hashlib.sha256(rows).digest() == total, "a run record's end")
                rebuilt.replay(rows)
                require(snapshot in (0, rebuilt.number), "a run record's number")
                rows, chunks = b"", 0
    require(not rows, "an unfinished run record")
    return rebuilt, contents


def content_hash(data):
    """doc/format.md: leaves of 4096 bytes, nodes of up to four, the size in the root."""
    sha = lambda b: hashlib.sha256(b).digest()
    level = [sha(b"\0" + data[at:at + 4096]) for at in range(0, max(len(data), 1), 4096)]
    while len(level) > 1:
        level = [sha(b"\1" + b"".join(level[at:at + 4])) for at in range(0, len(level), 4)]
    return sha(b"\2" + struct.pack("<Q", len(data)) + level[0])


def must_equal(what, a, b):
    if a != b:
        sys.exit(f"FAILED: {what} differ:\n  rebuilt {a}\n  catalog {b}")


class Contents:
    """The bytes of any content, in whatever way the volume has them."""

    def __init__(self, volume, rebuilt, records):
        self.volume, self.rebuilt, self.records = volume, rebuilt, records
        self.by_digest = {c[0]: c for c in rebuilt.contents.values()}
        self.deltas = {"rdiff": 0, "prefix": 0}

    def read(self, content):
        digest, size, place, pack, offset, stored, base = content
        if place == 0:
            data = self.read_mirror(digest)
        elif place == 2:
            with open(f"{self.volume}/.kist/history/kept/{digest.hex()}", "rb") as f:
                data = f.read()
        else:
            data = self.read_records(digest, pack, offset, stored, base)
        must_equal("contents", (len(data), content_hash(data)), (size, digest))
        return data

    def read_records(self, digest, pack, offset, stored, base):
        kinds, plain, end = set(), b"", offset + stored
        while offset < end:
            kind, part = self.records[pack, offset]
            kinds.add((kind, part.encoding == 2))
            must_equal("a record's hashes", (part.digest, part.base), (digest, base))
            plain, offset = plain + part.plain, offset + part.length
        must_equal("the ends of a content's records", (offset, len(kinds)), (end, 1))
        if kinds == {(WHOLE, False)}:
            return plain
        below = self.read(self.by_digest[base])
        if kinds == {(DELTA, False)}:
            self.deltas["rdiff"] += 1
            return rdiff_patch(plain, below)
        must_equal("kinds of records", kinds, {(WHOLE, True)})
        self.deltas["prefix"] += 1
        return zstd(plain, below)

    def read_mirror(self, digest):
        if not hasattr(self, "mirror"):
            self.mirror = {}
            for folder, _, names in os.walk(f"{self.volume}/latest"):
                for path in (f"{folder}/{name}" for name in names):
                    if os.path.isfile(path) and not os.path.islink(path):
                        with open(path, "rb") as f:
                            self.mirror[content_hash(f.read())] = path
        with open(self.mirror[digest], "rb") as f:
            return f.read()


NODES = {3: stat.S_IFIFO, 4: stat.S_IFSOCK, 5: stat.S_IFCHR, 6: stat.S_IFBLK}


def attributes(encoded):
    items = Items(encoded or b"")
    while items.at < len(items.data):
        yield items.sized(), items.sized()


class Tree:
    """The entries of one snapshot, as files."""

    def __init__(self, rebuilt, contents, number):
        self.rebuilt, self.contents, self.linked = rebuilt, contents, {}
        source = rebuilt.snapshots[number][0]
        self.children = {}
        for e in rebuilt.entries.values():
            if e["source"] == source and e["first"] <= number and (e["last"] is None or number <= e["last"]):
                self.children.setdefault(e["directory"], []).append(e)
        self.root = self.children[-source][0]

    def restore(self, target):
        self.make(self.root, os.fsencode(target))

    def make(self, e, path):
        if e["type"] == 1:
            os.mkdir(path, 0o700)
            for child in self.children.get(e["node"], []):
                require(child["name"] not in (b"", b".", b"..") and b"/" not in child["name"], "a name")
                self.make(child, path + b"/" + child["name"])
        elif e["node"] is not None and e["node"] in self.linked:
            return os.link(self.linked[e["node"]], path, follow_symlinks=False)
        elif e["type"] == 0:
            with open(path, "xb") as f:
                f.write(self.contents.read(self.rebuilt.contents[e["content"]]))
        elif e["type"] == 2:
            os.symlink(e["target"], path)
        else:
            os.mknod(path, NODES[e["type"]] | 0o600, e["special"])
        if e["node"] is not None:
            self.linked[e["node"]] = path
        self.describe(e, path)

    @staticmethod
    def describe(e, path):
        os.chown(path, e["uid"], e["gid"], follow_symlinks=False)
        for name, value in attributes(e["attributes"]):
            os.setxattr(path, name, value, follow_symlinks=False)
        if e["type"] != 2:
            os.chmod(path, e["mode"])
        os.utime(path, ns=(e["mtime"], e["mtime"]), follow_symlinks=False)


def open_volume(volume):
    """Without the catalog: all packs, as far as records reach."""
    with open(f"{volume}/.kist/id") as f:
        repository = bytes.fromhex(dict(line.split() for line in f)["id"].replace("-", ""))
    packs = []
    for name in sorted(os.listdir(f"{volume}/.kist/history")):
        if name.endswith(".pack"):
            packs.append((int(name[:-5]), os.path.getsize(f"{volume}/.kist/history/{name}")))
    rebuilt, records = rebuild(volume, packs, repository)
    return rebuilt, Contents(volume, rebuilt, records)


def main(volume, number=None, target=None):
    rebuilt, contents = open_volume(volume)
    if number is None:
        for number, snapshot in sorted(rebuilt.snapshots.items()):
            host, path, _ = rebuilt.sources[snapshot[0]]
            print(number, host, os.fsdecode(path))
    else:
        Tree(rebuilt, contents, int(number)).restore(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
