#!/usr/bin/env python3
"""An independent reader of packs and run records, written from doc/format.md alone.

Reads every pack of a repository with some history, replays the run records, and requires
that the rows they give are those of the catalog, column by column: so a lost catalog can
be rebuilt.  Then flips bits, and requires that each is noticed.

rebuild_test.py FAULT_RUN
"""
import collections, hashlib, os, random, shutil, sqlite3, struct, subprocess, sys, tempfile

fault_run = sys.argv[1]
WHOLE, DELTA, ROWS, END, GAP = 1, 2, 3, 4, 5
ENTRY = ("id directory name first last type mode uid gid size mtime node content device inode ctime birth unsettled "
         "source user grp special has_holes target attributes mirror_inode").split()


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
        names = [None, "run", "content", "opened", "closed", "refreshed", "skip", "forget", "checkpoint", "within", "placed"]
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
        self.snapshots[self.number] = (self.source, *i.take("qqQQQQ"))

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


def run(*words):
    subprocess.run([fault_run, *map(str, words)], check=True)


def make_history(top, volume):
    source = f"{top}/source"
    os.makedirs(f"{source}/folder/below")
    run("create", volume)
    for hour in range(1, 6):
        for n in range(30):
            with open(f"{source}/folder/{n}", "wb") as f:
                f.write(f"file {n} in hour {hour if n % 3 else 0}\n".encode() * (n * n + 1))
        with open(f"{source}/large", "wb") as f:
            f.write(bytes([hour % 2]) * 1_300_000)
        with open(f"{source}/replaced", "wb") as f:
            f.write(random.Random(hour).randbytes(1_200_000))
        edit(f"{source}/document", 300_000, hour)
        edit(f"{source}/image", 5_000_000, hour)
        if hour == 2:
            os.symlink("target", f"{source}/link")
            os.setxattr(f"{source}/folder/1", "user.note", b"kept")
            os.link(f"{source}/folder/2", f"{source}/folder/below/hard")
        if hour == 3:
            os.rename(f"{source}/folder", f"{source}/renamed")
            shutil.copytree(f"{source}/renamed", f"{source}/folder")
        if hour == 4:
            shutil.rmtree(f"{source}/renamed")
        run("backup", volume, source, hour)


def edit(path, size, hour):
    """Bytes that do not compress, another place of them changed and some inserted in each hour."""
    data = random.Random(os.path.basename(path)).randbytes(size)
    for past in range(1, hour + 1):
        at = size * past // 9
        data = data[:at] + random.Random(past).randbytes(5_000) + data[at + 4_000:]
    with open(path, "wb") as f:
        f.write(data)


def must_equal(what, a, b):
    if a != b:
        sys.exit(f"FAILED: {what} differ:\n  rebuilt {a}\n  catalog {b}")


def compare(volume, catalog, rebuilt, contents):
    rows = lambda sql: catalog.execute(sql).fetchall()
    must_equal("sources", rebuilt.sources, {r[0]: r[1:] for r in rows("SELECT id, host, path, name FROM source")})
    must_equal("snapshots", rebuilt.snapshots, {r[0]: r[1:] for r in rows(
        "SELECT number, source, time, finished, files, entries, bytes, skipped FROM snapshot")})
    must_equal("contents", rebuilt.contents, {r[0]: r[1:] for r in rows(
        "SELECT id, hash, size, place, pack, offset, stored, "
        "coalesce((SELECT b.hash FROM content b WHERE b.id = k.base), zeroblob(32)) FROM content k")})
    entries = {r[0]: dict(zip(ENTRY, r)) for r in rows(f"SELECT {', '.join(ENTRY)} FROM entry")}
    must_equal("entries' ids", sorted(rebuilt.entries), sorted(entries))
    for id, entry in entries.items():
        must_equal(f"entries {id}", rebuilt.entries[id], entry)
    places, reader = {0: 0, 1: 0, 2: 0}, Contents(volume, rebuilt, contents)
    for content in rebuilt.contents.values():
        places[content[2]] += 1
        reader.read(content)
    must_equal("highest numbers", rebuilt.highest, rows("SELECT max(seq) FROM sqlite_sequence")[0][0])
    must_equal("skipped", sorted(rebuilt.skipped), sorted(rows("SELECT snapshot, path, reason FROM skipped")))
    print(f"{len(rebuilt.snapshots)} snapshots, {len(entries)} rows, contents by place {places}, {reader.deltas} deltas: rebuilt as the catalog has them")
    return {**places, **reader.deltas}


TABLES = "source snapshot content entry skipped pack record sqlite_sequence"


def dump(path):
    """All rows, but what only says that space is to be given back."""
    catalog = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    catalog.execute("PRAGMA query_only = 1")
    rows = {table: sorted(map(repr, catalog.execute(f"SELECT * FROM {table}"))) for table in TABLES.split()}
    rows["pack"] = catalog.execute("SELECT number, size FROM pack ORDER BY number").fetchall()
    rows["step"] = catalog.execute("SELECT * FROM step").fetchall()
    catalog.close()
    return rows


def must_rebuild_equal(volume, damages):
    """Kist's own rebuilding, of a copy whose catalog is gone or worthless, gives the rows that were lost."""
    catalog = f"{volume}/.kist/catalog.sqlite"
    lost = dump(catalog)
    for damage in damages:
        with tempfile.TemporaryDirectory() as folder:
            copy = f"{folder}/copy"
            subprocess.run(["cp", "-a", volume, copy], check=True)
            path = f"{copy}/.kist/catalog.sqlite"
            if damage == "gone":
                os.remove(path)
            elif damage == "empty":
                os.truncate(path, 0)
            else:
                with open(path, "r+b") as f:
                    f.write(os.urandom(4096))
            for suffix in "-wal", "-shm":
                if os.path.exists(path + suffix):
                    os.remove(path + suffix)
            must_equal("exit codes on a lost catalog", subprocess.run(
                [fault_run, "verify", copy], capture_output=True).returncode, 1)
            run("rebuild", copy)
            rebuilt = dump(path)
            for table, rows in lost.items():
                must_equal(f"rows of {table}, {damage}", rebuilt[table], rows)
            run("check", copy)


def must_notice_missing_records(volume, packs, repository):
    """Where the last run's record is damaged or away, rebuilding says so, and takes nothing away."""
    number, size = packs[-1]
    with open(f"{volume}/.kist/history/{number:04}.pack", "rb") as f:
        good = f.read()
    records = [(at, kind) for at, kind, _ in read_pack(good, number, repository, size)]
    end, rows = records[-1][0], [at for at, kind in records if kind == ROWS][-1]
    must_equal("kinds", [kind for _, kind in records[-2:]], [ROWS, END])
    flip = lambda *places: bytes(byte ^ (at in places) for at, byte in enumerate(good))
    for what, data, code, in_found in (("a bit in its end's head", flip(end + 1), 1, None),
                                       ("a bit in its rows' head", flip(rows + 30), 1, None),
                                       ("no end", good[:end], 1, None), ("no pack", None, 1, None),
                                       ("no record", good[:rows], 3, good[records[-3][0]:rows]),
                                       ("both heads", flip(end, rows), 3, flip(end, rows))):
        with tempfile.TemporaryDirectory() as folder:
            copy = f"{folder}/copy"
            subprocess.run(["cp", "-a", volume, copy], check=True)
            os.remove(f"{copy}/.kist/catalog.sqlite")
            pack = f"{copy}/.kist/history/{number:04}.pack"
            os.remove(pack)
            if data is not None:
                with open(pack, "wb") as f:
                    f.write(data)
            result = subprocess.run([fault_run, "rebuild", copy], capture_output=True, text=True)
            must_equal(f"exit codes, {what}: {result.stdout}{result.stderr}", result.returncode, code)
            must_equal(f"whether there is a catalog, {what}", os.path.exists(f"{copy}/.kist/catalog.sqlite"), code == 3)
            if data is not None:
                with open(pack, "rb") as f:
                    must_equal(f"packs, {what}", f.read(), data)
            tails = []
            for name in os.listdir(f"{copy}/.kist/found"):
                if not name.endswith(".txt"):
                    with open(f"{copy}/.kist/found/{name}", "rb") as f:
                        tails.append(f.read())
            must_equal(f"tails, {what}", len(tails), 0 if in_found is None else 1)
            if in_found is not None and not in_found.endswith(tails[0]) and not tails[0].endswith(in_found):
                sys.exit(f"FAILED: {what}: the pack's tail is not what was put aside")


def flip_bits(volume, packs, repository):
    path = f"{volume}/.kist/history/{packs[0][0]:04}.pack"
    size, found, unused = packs[0][1], 0, set()
    with open(path, "rb") as f:
        list(read_pack(f.read(), packs[0][0], repository, size, unused))
    for n in range(64):
        at = n * (size - 1) // 63
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 4]))
        try:
            rebuild(volume, packs, repository)
        except Damaged:
            found += 1
        except Exception as error:
            sys.exit(f"FAILED: a flipped bit at {at} got past the checksums: {error!r}")
        else:
            found += at in unused
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(byte)
    if found != 64:
        sys.exit(f"FAILED: {64 - found} of 64 flipped bits were not noticed")


def make_long_names(top, volume):
    """Three runs, each with other names, and so many that their run records are worth a checkpoint."""
    source = f"{top}/names"
    run("create", volume)
    for hour in range(1, 4):
        shutil.rmtree(source, ignore_errors=True)
        os.mkdir(source)
        for _ in range(12_000):
            open(f"{source}/{hour}-{os.urandom(100).hex()}", "w").close()
        run("backup", volume, source, hour)


def names_in_packs(volume):
    """The first letters of all names that records still hold; read without the catalog, to the files' ends."""
    found = set()
    for name in sorted(os.listdir(f"{volume}/.kist/history")):
        if name.endswith(".pack"):
            with open(f"{volume}/.kist/history/{name}", "rb") as f:
                data = f.read()
            for _, kind, part in read_pack(data, int(name[:-5]), data[24:40], len(data)):
                plain = part.plain
                if kind == ROWS:
                    found |= {plain[at - 1:at] for at in range(1, len(plain)) if plain[at:at + 1] == b"-"
                              and plain[at + 1:at + 201].isalnum()}
    return found


with tempfile.TemporaryDirectory(prefix="kist-format.") as top:
    volume = f"{top}/volume"
    os.mkdir(volume)
    make_history(top, volume)
    with open(f"{volume}/.kist/id") as f:
        repository = bytes.fromhex(dict(line.split() for line in f)["id"].replace("-", ""))

    def judge(volume=volume, repository=repository, damages=("gone",)):
        catalog = sqlite3.connect(f"file:{volume}/.kist/catalog.sqlite?mode=ro", uri=True)
        packs = catalog.execute("SELECT number, size FROM pack ORDER BY number").fetchall()
        places = compare(volume, catalog, *rebuild(volume, packs, repository))
        catalog.close()
        must_rebuild_equal(volume, damages)
        return packs, places

    def rot(path, at):
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(b"rot")

    packs, places = judge(damages=("gone", "empty", "torn"))
    must_notice_missing_records(volume, packs, repository)
    if 0 in places.values():
        sys.exit("FAILED: the history made no content of some place")
    flip_bits(volume, packs, repository)
    for number in (2, 1, 4):
        run("forget", volume, number)
        judge()
    run("backup", volume, f"{top}/source", 6)
    judge()
    os.remove(f"{top}/source/folder/1")
    os.rename(f"{top}/source/folder/below", f"{top}/source/moved")
    with open(f"{top}/source/large", "wb") as f:
        f.write(bytes(5))
    run("backup", volume, f"{top}/source", 7)
    judge()
    run("forget", volume, 7)  # the newest: an undo
    judge()
    mirror = f"{volume}/latest/files/host{top}/source"
    rot(f"{mirror}/folder/2", 5)  # the hard link's other name is another file's name, too: lost
    os.remove(f"{mirror}/folder/4")
    shutil.rmtree(f"{mirror}/folder/below")
    must_equal("exit codes", subprocess.run([fault_run, "repair", volume], stdout=subprocess.DEVNULL).returncode, 1)
    run("backup", volume, f"{top}/source", 8)
    judge()
    run("check", volume)
    run("forget", volume, 5, 6)
    judge()

    volume = f"{top}/second"
    os.mkdir(volume)
    make_long_names(top, volume)
    with open(f"{volume}/.kist/id") as f:
        repository = bytes.fromhex(dict(line.split() for line in f)["id"].replace("-", ""))
    judge(volume, repository)
    before = os.stat(f"{volume}/.kist/history/0001.pack").st_blocks
    must_equal("names", names_in_packs(volume), {b"1", b"2", b"3"})
    run("forget", volume, 1, 2)
    judge(volume, repository)
    must_equal("names", names_in_packs(volume), {b"3"})
    after = os.stat(f"{volume}/.kist/history/0001.pack").st_blocks
    print(f"a checkpoint, and {before // 2} KiB became {after // 2}")
    run("backup", volume, f"{top}/names", 4)
    judge(volume, repository)
    if after > before // 2:
        sys.exit("FAILED: the old run records still take their space")
