#!/usr/bin/env python3
"""Random histories: snapshots and paths are forgotten in random order, among new runs, and all else restores as it was.

Where the newest of a source is forgotten, latest/ has to be the one before.

Two sources with many equal contents; files change, come back (X, Y, X, Z), swap and are
renamed; what was edited goes into packs as deltas, small files whole, large ones into history/kept.

random_forget_test.py FAULT_RUN [SEED]
"""
import os, random, shutil, sqlite3, subprocess, sys, tempfile

fault_run = sys.argv[1]
seed = int(sys.argv[2]) if len(sys.argv) > 2 else int.from_bytes(os.urandom(3), "big")
pick = random.Random(seed)
CONTENTS = [pick.randbytes(pick.choice([0, 1, 5000, 70_000, 300_000, 1_100_000])) for _ in range(40)]
SNAPSHOTS = 20


def must(*words):
    result = subprocess.run([fault_run, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        sys.exit(f"FAILED with seed {seed}: {words}: {result.stdout}")
    return result.stdout


def count_deltas(volume):
    catalog = sqlite3.connect(f"file:{volume}/.kist/catalog.sqlite?mode=ro", uri=True)
    count = catalog.execute("SELECT count(*) FROM content WHERE base IS NOT NULL").fetchone()[0]
    catalog.close()
    return count


def all_of(source, kind):
    found = []
    for folder, folders, files in os.walk(source):
        found += [os.path.join(folder, name) for name in (files if kind == "file" else folders)]
    return sorted(found)


def write(path):
    with open(path, "wb") as f:
        f.write(pick.choice(CONTENTS))


def edit(path):
    """Cuts some bytes out and puts others in; now and then what was there before comes back."""
    with open(path, "rb") as f:
        data = f.read()
    at = pick.randrange(len(data) + 1)
    edited = data[:at] + pick.randbytes(pick.choice([0, 10, 5000])) + data[at + pick.choice([0, 10, 5000, 5000, 600_000]):]
    with open(path, "wb") as f:
        f.write(edited)
    CONTENTS[pick.randrange(len(CONTENTS))] = pick.choice([data, edited])


def retouch(*paths):
    """Some bytes in the middle of each become others."""
    for path in paths:
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            f.write(pick.randbytes(10))


def change(source):
    for path in f"{source}/document", f"{source}/image":
        if os.path.isfile(path) and os.path.getsize(path) > 65_536 and pick.random() < 0.8:
            edit(path)
    for _ in range(pick.randrange(1, 12)):
        files, folders = all_of(source, "file"), all_of(source, "folder") + [source]
        act = pick.choice(["write"] * 3 + ["edit"] * 5 + ["new", "folder", "delete", "rename", "swap", "move", "link", "mode"])
        name = f"{pick.choice(folders)}/{pick.randrange(30)}"
        if act == "new" and not os.path.lexists(name):
            write(name)
        elif act == "folder" and not os.path.lexists(name):
            os.mkdir(name)
            write(name + "/inside")
        elif act == "move" and len(folders) > 1 and not os.path.lexists(name):
            moved = pick.choice(folders[:-1])
            if not name.startswith(moved + "/"):
                os.rename(moved, name)
        elif act == "delete":
            victim = pick.choice(files + folders[:-1] or [None])
            if victim:
                shutil.rmtree(victim) if os.path.isdir(victim) else os.remove(victim)
        elif len(files) > 1 and not os.path.lexists(name):
            one, two = pick.sample(files, 2)
            if act == "write":
                write(one)
            elif act == "edit":
                edit(pick.choice([path for path in files if os.path.getsize(path) > 65_536] or files))
            elif act == "rename":
                os.rename(one, name)
            elif act == "link":
                os.link(one, name)
            elif act == "mode":
                os.chmod(one, pick.choice([0o600, 0o640, 0o644]))
            elif act == "swap":
                os.rename(one, name)
                os.rename(two, one)
                os.rename(name, two)


def paths_of(root, top):
    """Of everything below the root, as absolute paths in the source that it is a copy of."""
    return {top + os.path.join(folder, name)[len(root):] for folder, folders, files in os.walk(root)
            for name in folders + files}


def remove_quietly(path):
    """The folder that it was in keeps its time."""
    times = os.stat(os.path.dirname(path))
    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    os.utime(os.path.dirname(path), ns=(times.st_atime_ns, times.st_mtime_ns))


def choose_pattern(paths):
    """A glob that matches some of them, and the function that says which."""
    path = pick.choice(sorted(paths))
    if pick.random() < 0.5:
        return path, lambda p: p == path
    name = os.path.basename(path)
    return f"/**/{name}", lambda p: os.path.basename(p) == name


def purge(top, volume, left, newest):
    """Takes a path out of all snapshots, and out of their copies. Returns how many it matched."""
    held = {number: paths_of(f"{top}/{number}", left[number]) for number in left}
    standing = set().union(*(held[number] for number in newest if number))
    all_paths = set().union(*held.values()) if held else set()
    candidates = {p for p in all_paths - standing}
    if not candidates:
        return 0
    glob, is_match = choose_pattern(candidates)
    if any(is_match(p) for p in standing):
        return 0
    must("purge", volume, glob)
    for number, paths in held.items():
        for path in sorted(filter(is_match, paths)):
            if os.path.lexists(copy := f"{top}/{number}" + path[len(left[number]):]):
                remove_quietly(copy)
    return 1


def main():
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="kist-random.", dir=where) as top:
        volume, target = f"{top}/volume", f"{top}/target"
        sources = [f"{top}/source{n}" for n in (1, 2)]
        os.mkdir(volume)
        must("create", volume)
        for source in sources:
            os.mkdir(source)
            write(f"{source}/first")
            for name, size in ("document", 300_000), ("image", 4_500_000):
                with open(f"{source}/{name}", "wb") as f:
                    f.write(pick.randbytes(size))
        left, made, forgotten, purged, hour, deltas = {}, 0, 0, 0, 0, 0

        def must_restore(number):
            subprocess.run(["rm", "-rf", target], check=True)
            must("restore", volume, number, left[number], target)
            difference = subprocess.run(["rsync", "-aHAXni", "--checksum", "--delete", f"{top}/{number}/", f"{target}/"],
                                        stdout=subprocess.PIPE, text=True, check=True).stdout
            if difference:
                sys.exit(f"FAILED with seed {seed}: snapshot {number}:\n{difference}")

        def must_be_plain(numbers):
            for number in numbers - {0}:
                difference = subprocess.run(["rsync", "-aHAXni", "--checksum", "--delete", f"{top}/{number}/",
                                             f"{volume}/latest/files/host{left[number]}/"],
                                            stdout=subprocess.PIPE, text=True, check=True).stdout
                if difference:
                    sys.exit(f"FAILED with seed {seed}: latest/ is not snapshot {number}:\n{difference}")
            if found := os.listdir(f"{volume}/.kist/found"):
                sys.exit(f"FAILED with seed {seed}: left in found: {found}")

        def newest():
            return {max((n for n in left if left[n] == source), default=0) for source in sources}

        while made < SNAPSHOTS or set(left) - newest():
            if made < SNAPSHOTS and (made < 2 or pick.random() < 0.6):
                source, hour = sources[0] if made < 2 else pick.choice(sources), hour + 1
                if made == 1:  # so that there are deltas, whatever chance brings
                    retouch(f"{source}/document", f"{source}/image")
                elif made > 1:
                    change(source)
                must("backup", volume, source, hour)
                made += 1
                left[made] = source
                subprocess.run(["cp", "-a", source, f"{top}/{made}"], check=True)
            elif pick.random() < 0.4:
                purged += purge(top, volume, left, newest())
            else:
                victims = pick.sample(sorted(left), min(len(left), pick.choice([1, 1, 2])))
                if victims:
                    must("forget", volume, *victims)
                for victim in victims:
                    del left[victim]
                    forgotten += 1
                    shutil.rmtree(f"{top}/{victim}")
            deltas = max(deltas, count_deltas(volume))
            if must("verify", volume).split() != [str(n) for n in sorted(left)]:
                sys.exit(f"FAILED with seed {seed}: snapshots")

            must_be_plain(newest())
            for number in pick.sample(sorted(left), min(2, len(left))):
                must_restore(number)
        must("check", volume)
        for number in left:
            must_restore(number)
        kept = os.listdir(f"{volume}/.kist/history/kept")
        size = sum(os.stat(f"{volume}/.kist/history/{p}").st_blocks * 512 for p in os.listdir(f"{volume}/.kist/history")
                   if p.endswith(".pack"))
        if kept or size > 6 << 20:
            sys.exit(f"FAILED with seed {seed}: only the newest are left, but history has {kept} and {size} bytes in packs")
        if deltas < 2:
            sys.exit(f"FAILED with seed {seed}: hardly a content was kept as a delta")
        print(f"{made} snapshots, {forgotten} and {purged} paths forgotten, up to {deltas} deltas; {size} bytes are left in packs")


main()
