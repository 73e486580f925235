#!/usr/bin/env python3
"""find, log, diff and stats over many snapshots of many files.

look_bench.py [--build DIR] [--files N] [--snapshots N] [--rounds N]

  --files N      names in the newest snapshot (default 1000000), twenty in a folder
  --snapshots N  how many (default 30); from each to the next 1% of the files changes, and a tenth of that is renamed
  --rounds N     of each command (default 7)

The catalog is made up, row by row: no content is behind it. The volume is a real one, and open. Root only.
"""
import argparse, os, random, sqlite3, statistics, sys, tempfile

sys.argv, words = sys.argv[:1], sys.argv[1:]
import backup_bench
from backup_bench import Volume, run, timed

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument("--build", default="build/release")
p.add_argument("--files", type=int, default=1000000)
p.add_argument("--snapshots", type=int, default=30)
p.add_argument("--rounds", type=int, default=7)
o = p.parse_args(words)
kist = backup_bench.kist = os.path.abspath(f"{o.build}/src/cli/kist")
random.seed(1)

SOURCE, IN_A_FOLDER, DAY = "/home/bench", 20, 86400 * 10**9
KINDS = ["odt", "jpg", "txt", "pdf", "cpp", "hpp", "mp3", "html"]
COLUMNS = ("id, directory, name, first, last, type, mode, uid, gid, size, mtime, node, content, device, inode, ctime, birth, "
           "source, user, grp")


class Catalog:
    """Ids of entries and contents count up from 1; node 1 is the root, the folders' follow."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA cache_size = -1000000")
        self.folders = max(1, o.files // IN_A_FOLDER)
        self.entries = self.contents = 0
        self.live = []  # [id, directory, name, inode] of files

    def fill(self):
        self.db.execute("BEGIN")
        for table in ["entry", "content", "snapshot", "source"]:
            self.db.execute(f"DELETE FROM {table}")
        self.db.execute("INSERT INTO source VALUES (1, 'bench', ?, '')", (SOURCE.encode(),))
        for number in range(1, o.snapshots + 1):
            self.db.execute("INSERT INTO snapshot VALUES (?, 1, ?, ?, ?, ?, ?, 0, '')",
                            (number, number * DAY, number * DAY, o.files, o.files + self.folders + 1, o.files * 40960))
            self.first() if number == 1 else self.change(number)
        self.db.execute("COMMIT")
        self.db.close()

    def first(self):
        # A tree of folders, each with up to nine below it.
        rows = [(-1, SOURCE.encode(), 1)] + [((at - 1) // 9 + 1, f"folder {at}".encode(), at + 1) for at in range(1, self.folders)]
        self.insert((directory, name, 1, 1, 0o755, 0, node, None, node + 10**7) for directory, name, node in rows)
        files = []
        for at in range(o.files):
            inode = 2 * 10**7 + at
            files.append((at // IN_A_FOLDER + 1, f"{random.choice(['letter', 'IMG', 'notes', 'track'])}-{at:07}.{random.choice(KINDS)}".encode(), inode))
        base = self.entries
        self.insert((directory, name, 1, 0, 0o644, 40960, None, self.content(), inode) for directory, name, inode in files)
        self.live = [[base + 1 + at, *file] for at, file in enumerate(files)]

    def content(self):
        self.contents += 1
        self.db.execute("INSERT INTO content (id, hash, size) VALUES (?, ?, 40960)", (self.contents, random.randbytes(32)))
        return self.contents

    def insert(self, rows):
        def complete():
            for directory, name, first, type, mode, size, node, content, inode in rows:
                self.entries += 1
                yield (self.entries, directory, name, first, None, type, mode, 1000, 1000, size, first * DAY, node, content, 2049, inode,
                       first * DAY, inode * 1000, 1, "bench", "bench")
        self.db.executemany(f"INSERT INTO entry ({COLUMNS}) VALUES ({', '.join('?' * 20)})", complete())

    def change(self, number):
        chosen = random.sample(range(o.files), o.files // 100)
        for place, at in enumerate(chosen):
            row, directory, name, inode = self.live[at]
            self.db.execute("UPDATE entry SET last = ? WHERE id = ?", (number - 1, row))
            if place % 10 == 0:
                (content,) = self.db.execute("SELECT content FROM entry WHERE id = ?", (row,)).fetchone()
                name = b"renamed-%d-" % number + name
            else:
                content = self.content()
            self.insert([(directory, name, number, 0, 0o644, 40960, None, content, inode)])
            self.live[at] = [self.entries, directory, name, inode]


def path_of(catalog_path):
    """Of the file that changed most often."""
    db = sqlite3.connect(catalog_path)
    directory, name = db.execute("SELECT directory, name FROM entry WHERE type = 0 GROUP BY directory, name ORDER BY count(*) DESC LIMIT 1").fetchone()
    names = [name]
    while directory > 0:
        directory, name = db.execute("SELECT directory, name FROM entry WHERE node = ? AND type = 1", (directory,)).fetchone()
        names.append(name)
    db.close()
    return b"/".join(reversed(names)).decode()


def main():
    with tempfile.TemporaryDirectory(prefix="kist-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
        os.mkdir(top + "/source")
        volume = Volume(top, 4 << 30)
        try:
            run(kist, "--volume", volume.file, "backup", top + "/source")
            path = volume.root + "/.kist/catalog.sqlite"
            Catalog(path).fill()
            changed = path_of(path)
            print(f"{o.snapshots} snapshots of {o.files} files, catalog of {os.stat(path).st_size / 2**20:.0f} MiB")
            works = {
                "version (only starts)": ["version"],
                "list": ["list"],
                "log of a file": ["log", changed],
                "find letter-0012345*": ["find", "letter-0012345*"],
                "find *-00123??.odt": ["find", "*-00123??.odt"],
                "find nothing": ["find", "nothing-like-this"],
                "find a path": ["find", SOURCE + "/folder 1/**/notes-0001*"],
                "find --regex": ["find", "--regex", r"/IMG-00012\d\d\.jpg$"],
                "find --changed-in": ["find", "--changed-in", str(o.snapshots)],
                "diff of two neighbours": ["diff", "--stat", "latest~1", "latest"],
                "stats": ["stats"],
            }
            for name, command in works.items():
                seconds = [timed(kist, "--volume", volume.file, *command)[0] for _ in range(o.rounds + 1)][1:]
                print(f"  {name:26} {statistics.median(seconds):7.3f} s ({min(seconds):.3f} to {max(seconds):.3f})", flush=True)
        finally:
            volume.close()


main()
