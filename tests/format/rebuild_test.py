#!/usr/bin/env python3
"""The independent reader (reader.py) against Kist.

The rows that it makes of the run records are those of the catalog, column by column: so a
lost catalog can be rebuilt.  The trees that it restores are what was backed up.  Kist's own
rebuilding agrees.  Then bits are flipped, and each has to be noticed.

rebuild_test.py FAULT_RUN
"""
import os, random, shutil, sqlite3, subprocess, sys, tempfile

from reader import END, ROWS, Contents, Damaged, must_equal, read_pack, rebuild

fault_run = sys.argv[1]
ENTRY = ("id directory name first last type mode uid gid size mtime node content device inode ctime birth unsettled "
         "source user grp special has_holes target attributes mirror_inode").split()


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
            os.mkfifo(f"{source}/fifo", 0o640)
            os.chmod(f"{source}/folder/3", 0o4711)
            subprocess.run(["setfacl", "-m", "u:4321:r", f"{source}/folder/5"], check=True)
        if hour == 3:
            os.rename(f"{source}/folder", f"{source}/renamed")
            shutil.copytree(f"{source}/renamed", f"{source}/folder")
        if hour == 4:
            shutil.rmtree(f"{source}/renamed")
        run("backup", volume, source, hour)
        subprocess.run(["cp", "-a", source, f"{top}/at-{hour}"], check=True)


def must_restore(top, volume, numbers):
    """The reader, a program of its own here, brings each snapshot back as rsync judges it."""
    for number in numbers:
        target = f"{top}/restored"
        reader = f"{os.path.dirname(os.path.abspath(__file__))}/reader.py"
        subprocess.run([sys.executable, "-B", reader, volume, str(number), target], check=True)
        difference = subprocess.run(["rsync", "-aHAXni", "--checksum", "--delete", f"{top}/at-{number}/", f"{target}/"],
                                    stdout=subprocess.PIPE, text=True, check=True).stdout
        must_equal(f"the tree of snapshot {number}", difference, "")
        shutil.rmtree(target)


def edit(path, size, hour):
    """Bytes that do not compress, another place of them changed and some inserted in each hour."""
    data = random.Random(os.path.basename(path)).randbytes(size)
    for past in range(1, hour + 1):
        at = size * past // 9
        data = data[:at] + random.Random(past).randbytes(5_000) + data[at + 4_000:]
    with open(path, "wb") as f:
        f.write(data)


def compare(volume, catalog, rebuilt, contents):
    rows = lambda sql: catalog.execute(sql).fetchall()
    must_equal("sources", rebuilt.sources, {r[0]: r[1:] for r in rows("SELECT id, host, path, name FROM source")})
    must_equal("snapshots", rebuilt.snapshots, {r[0]: r[1:] for r in rows(
        "SELECT number, source, time, finished, files, entries, bytes, skipped, tags FROM snapshot")})
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
    must_restore(top, volume, range(1, 6))
    must_notice_missing_records(volume, packs, repository)
    if 0 in places.values():
        sys.exit("FAILED: the history made no content of some place")
    flip_bits(volume, packs, repository)
    for number in (2, 1, 4):
        run("forget", volume, number)
        judge()
    must_restore(top, volume, (3, 5))
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
    run("rename", volume, "another")
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
