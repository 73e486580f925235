"""kist find beside GNU find: over the restored tree of each snapshot, with the same conditions."""

import base64
import os
import random
import subprocess
import time

import kist_driver
from kist_driver import Case, check_run
from random_tree import RandomTree

SEED = int(os.environ.get("KIST_SEED", "1"))
SNAPSHOTS = 5
NAMES = ["a", "b.txt", "c d", "e\nf", "g.txt", ".h", b"\xff.txt".decode(errors="surrogateescape"), "[x]", "ab.odt"]
GLOBS = ["*", "*.txt", "?", "[!a-g]*", "g.txt", "*[[:space:]]*", "ab.???", "\\[x\\]", ".*", "nothing"]
# What find(1) takes for the same.
CONDITIONS = [
    (["--type", "f"], ["-type", "f"]),
    (["--type", "d,l"], ["-type", "d,l"]),
    (["--type", "p"], ["-type", "p"]),
    (["--size", "+2000"], ["-type", "f", "-size", "+2000c"]),
    (["--size", "-2k", "--size", "+100"], ["-type", "f", "-size", "-2048c", "-size", "+100c"]),
    (["--size", "0"], ["-type", "f", "-size", "0c"]),
    (["--newer", "2003-01-01T00:00:00Z"], ["-newermt", "2003-01-01 00:00:00Z"]),
    (["--older", "2003-01-01T00:00:00Z", "--type", "f"], ["-type", "f", "!", "-newermt", "2003-01-01 00:00:00Z"]),
    (["--regex", r"/[a-c][^/]*$"], ["-regex", ".*/[a-c][^/]*"]),
    (["--regex", r"\.txt/"], ["-regex", r".*\.txt/.*"]),
]


class Find(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.numbers = []
        self.trees = {}

    def store(self):
        number = self.json("backup", self.source)[0]["snapshot"]
        self.numbers.append(number)
        tree = self.trees[number] = self.home / f"restored-{number}"
        self.kist("restore", str(number), "--to", tree)
        return number

    def found_by_find(self, number, arguments):
        """Paths in the source."""
        tree = os.fsencode(self.trees[number])
        listed = subprocess.run(["find", tree, "-regextype", "posix-egrep", *arguments, "-print0"], capture_output=True, check=True,
                                env={**os.environ, "LC_ALL": "C"}).stdout
        # A name below the restored tree stands for one below the source.
        return {os.fsencode(self.source) + path[len(tree):] for path in listed.split(b"\0")[:-1]}

    def hits(self, *arguments):
        return [(os.fsencode(self.path_of(line)), line) for line in self.json("find", *arguments)]

    @staticmethod
    def path_of(line):
        if "path_b64" in line:
            return base64.b64decode(line["path_b64"])
        return line["path"]

    def compare(self, kist, find):
        expected = {}
        for number in self.numbers:
            for path in self.found_by_find(number, find):
                if path != os.fsencode(self.source):
                    expected.setdefault(path, set()).add(number)
        found = {}
        hits = self.hits(*kist)
        self.assertEqual([path for path, line in hits], sorted(path for path, line in hits), kist)
        for path, line in hits:
            if path == os.fsencode(self.source):
                continue
            span = set(range(line["first_snapshot"], line["last_snapshot"] + 1))
            self.assertFalse(found.get(path, set()) & span, f"{kist}: {path} twice in one snapshot")
            found.setdefault(path, set()).update(span)
        self.assertEqual(found, expected, kist)

    def test_the_same_as_find(self):
        chosen = random.Random(SEED)
        tree = RandomTree(chosen, kinds=("files", "files", "folders", "symlinks", "fifos"), names=NAMES)
        tree.fill(self.source)
        self.store()
        for _ in range(SNAPSHOTS - 1):
            tree.change(self.source)
            for path in sorted(self.source.rglob("*")):  # folders that move with all below them
                if path.is_dir() and not path.is_symlink() and chosen.random() < 0.3:
                    target = path.with_name(f"{chosen.choice(NAMES)}{chosen.randrange(999)}.txt")
                    if not os.path.lexists(target):
                        path.rename(target)
                    break
            self.store()
        for glob in GLOBS:
            self.compare([glob], ["-name", glob])
        for kist, find in CONDITIONS:
            self.compare(kist, find)
            self.compare(["*.txt", "[abc]*", *kist], ["(", "-name", "*.txt", "-o", "-name", "[abc]*", ")", *find])
        self.paths()
        self.snapshot()
        self.changed_in()

    def paths(self):
        source = str(self.source)
        self.compare(["*/*.txt"], ["-name", "*.txt"])
        self.compare([source + "/*.txt"], ["-mindepth", "1", "-maxdepth", "1", "-name", "*.txt"])
        self.compare([source + "/**.txt"], ["-mindepth", "1", "-name", "*.txt"])
        self.compare([source + "/*/"], ["-mindepth", "1", "-maxdepth", "1", "-type", "d"])

    def snapshot(self):
        for number in self.numbers:
            found = {path for path, line in self.hits("--snapshot", str(number))}
            self.assertEqual(found, self.found_by_find(number, []))
        listed = self.kist("find", "-0", "--snapshot", "latest").stdout.split("\0")
        self.assertEqual({os.fsencode(path) for path in listed[:-1]}, self.found_by_find(self.numbers[-1], []))
        self.assertEqual(len(listed) - 1, len(set(listed[:-1])))

    def changed_in(self):
        """Files that have other bytes than in the snapshot before; a file that moved has not changed."""
        for before, number in zip(self.numbers, self.numbers[1:]):
            old = {path: self.read(before, path) for path in self.found_by_find(before, ["-type", "f"])}
            new = {path: self.read(number, path) for path in self.found_by_find(number, ["-type", "f"])}
            moved = {path for path, line in self.hits("--snapshot", str(number)) if path not in old}
            certain = {path for path, content in new.items() if old.get(path) != content and (path in old or content not in old.values())}
            found = {path for path, line in self.hits("--changed-in", str(number))}
            self.assertLessEqual(certain, found)
            self.assertLessEqual(found - certain, moved)

    def read(self, number, path):
        with open(os.fsencode(self.trees[number]) + path[len(os.fsencode(self.source)):], "rb") as file:
            return file.read()

    def test_what_people_see_and_restore(self):
        (self.source / "folder").mkdir()
        letter = self.source / "folder/letter.odt"
        letter.write_text("first")
        self.store()
        letter.write_text("second one")
        self.store()
        letter.unlink()
        self.store()
        letter.write_text("x")
        self.store()
        lines = self.kist("find", "*.odt").stdout.splitlines()
        self.assertRegex(lines[0], "SNAPSHOTS +FIRST +LAST +SIZE +PATH")
        self.assertRegex(lines[1], rf"^ +1\.\.2 .* 10 B  {letter}$")
        self.assertRegex(lines[2], rf"^ +4 .* 1 B  {letter}$")
        self.assertEqual(len(lines), 3)
        self.assertEqual(self.kist("find", "-0", "*.odt").stdout, f"{letter}\0")
        self.assertEqual([line["versions"] for line in self.json("find", "*.odt")], [2, 1])
        self.assertEqual([line["path"] for line in self.json("find", "--changed-in", "2")], [str(letter)])
        self.assertEqual(self.kist("find", "nothing").stdout, "")
        self.assertEqual(self.kist("find", "*", "--host", "elsewhere").stdout, "")
        for wrong in (["[a"], ["--regex", "(a"], ["--size", "many"], ["--newer", "soon"], ["--type", "x"]):
            self.kist("find", *wrong, expect=2)
        self.kist("find", "--snapshot", "99", expect=7)

    def test_hostile_patterns_do_not_hang(self):
        (self.source / ("a" * 200)).write_text("")
        self.store()
        begin = time.monotonic()
        for pattern in ["(a*)*b", "(a|aa)+$b", "(?:a?){200}a{200}b", "((a{1,9}){1,9}){1,9}b"]:
            self.kist("find", "--regex", pattern, expect=None)
        self.kist("find", "*a" * 500 + "b")
        self.kist("find", "/**" + "/**a" * 200 + "b")
        self.assertLess(time.monotonic() - begin, 60)  # against hours


if __name__ == "__main__":
    kist_driver.main()
