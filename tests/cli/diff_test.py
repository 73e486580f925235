"""kist diff beside rsync -n: between two restored trees, and between a restored tree and the source as it is now."""

import os
import random
import shutil
import subprocess

import kist_driver
from kist_driver import Case, check_run
from random_tree import RandomTree

SEED = int(os.environ.get("KIST_SEED", "1"))
ROUNDS = int(os.environ.get("KIST_DIFF_ROUNDS", "4"))
KINDS = ("files", "files", "folders", "symlinks", "fifos")
NAMES = ["a", "b.txt", "c d", "e", "g.txt", ".h"]


def rsync_changes(old, new):
    """By path: what would have to be done to `old` to make it `new`: "A", "D", or the set of what differs."""
    changes = {}
    listed = check_run(["rsync", "-aAXni", "--checksum", "--delete", "--out-format=%i %n", "--no-inc-recursive", f"{new}/", f"{old}/"])
    for line in listed.splitlines():
        what, path = line.split(maxsplit=1) if line.startswith("*deleting") else (line[:11], line[12:])
        path = path.rstrip("/")
        if path in ("", "."):
            continue
        if what == "*deleting":
            changes[path] = "D"
        elif "+++" in what:
            changes[path] = "A"
        else:
            names = {"c": "content", "s": "content", "t": "time", "p": "mode", "o": "owner", "g": "group", "a": "attributes", "x": "attributes"}
            found = {names[letter] for letter in what[2:] if letter in names}
            if what[0] == "c":  # of a symlink: another target
                found.add("content")
            changes[path] = found
    return changes


class Diff(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.trees = {}

    def store(self):
        number = self.json("backup", self.source)[0]["snapshot"]
        tree = self.trees[number] = self.home / f"restored-{number}"
        self.kist("restore", str(number), "--to", tree)
        return number

    def differences(self, *words, root=None):
        """By path below the root, as rsync names them: what was renamed, is gone and has come, with all below it."""
        root = str(root or self.source)
        changes = {}
        for line in self.json("diff", *words):
            path = line["path"][len(root):].lstrip("/")
            before = line.get("path_before", line["path"])[len(root):].lstrip("/")
            if path == "":
                continue
            self.assertNotIn((line["change"], path), changes)
            changes[(line["change"], path)] = (before, line)
        return changes

    def compare(self, changes, old, new):
        """Carries out what leaves its name on a copy of the old tree, from below, and lets rsync judge what is left to do."""
        work = self.home / "work"
        check_run(["cp", "-a", old, work])
        leaving = [(before, path, change) for (change, path), (before, line) in changes.items() if change in ("renamed", "removed")]
        parked = []
        for before, path, change in sorted(leaving, key=lambda item: -item[0].count("/")):
            target = work / before
            if change == "renamed":
                parked.append((path, self.home / f"parked-{len(parked)}"))
                target.rename(parked[-1][1])
            elif target.is_dir() and not target.is_symlink():
                target.rmdir()  # all that was in it is accounted for
            else:
                target.unlink()
        for path, place in sorted(parked, key=lambda item: item[0].count("/")):
            if os.path.lexists(work / path):
                raise AssertionError(f"{path} is in the way of what was renamed")
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            place.rename(work / path)
        expected = rsync_changes(work, new)
        found = {}
        for (change, path), (before, line) in changes.items():
            if change == "added":
                found[path] = "A"
            elif change in ("changed", "renamed") and line["changed"]:
                found[path] = set(line["changed"]) - {"links"}
        is_folder = lambda path: (new / path).is_dir() and not (new / path).is_symlink()
        # Times of folders are changed by what was carried out here.
        expected = {path: what - {"time"} if is_folder(path) and what != "A" else what for path, what in expected.items()}
        found = {path: what - {"time"} if is_folder(path) and what != "A" else what for path, what in found.items()}
        self.assertEqual({path: what for path, what in found.items() if what}, {path: what for path, what in expected.items() if what})
        shutil.rmtree(work)

    def change(self, chosen, tree):
        tree.change(self.source)
        for path in sorted(self.source.rglob("*")):
            target = path.with_name(f"{path.name[:3]}{chosen.randrange(99)}")
            if chosen.random() < 0.15 and os.path.lexists(path) and not os.path.lexists(target):
                path.rename(target)

    def test_snapshots_and_now_like_rsync(self):
        chosen = random.Random(SEED)
        tree = RandomTree(chosen, kinds=KINDS, names=NAMES)
        tree.fill(self.source)
        numbers = [self.store()]
        for _ in range(ROUNDS):
            self.change(chosen, tree)
            self.compare(self.differences(str(numbers[-1])), self.trees[numbers[-1]], self.source)
            numbers.append(self.store())
            self.assertEqual(self.differences("latest"), {})
        for first, second in [*zip(numbers, numbers[1:]), (numbers[0], numbers[-1]), (numbers[-1], numbers[0])]:
            self.compare(self.differences(str(first), str(second)), self.trees[first], self.trees[second])
        self.compare(self.differences(str(numbers[1])), self.trees[numbers[1]], self.source)
        self.totals(numbers[0], numbers[-1])

    def totals(self, first, second):
        lines = self.json("diff", str(first), str(second))
        totals = self.json("diff", "--stat", str(first), str(second))[0]
        for change in ["added", "removed", "renamed"]:
            self.assertEqual(totals[change]["entries"], sum(line["change"] == change for line in lines))
        new = [line for line in lines if line["change"] == "added"]
        self.assertEqual(totals["added"]["bytes_after"], sum(line.get("size", 0) for line in new))

    def test_patches_make_one_tree_of_the_other(self):
        chosen = random.Random(SEED)
        (self.source / "folder").mkdir()
        for name in ["one", "folder/two", "folder/three", "four"]:
            (self.source / name).write_text("".join(f"line {chosen.randrange(10)}\n" for _ in range(200)))
        (self.source / "binary").write_bytes(b"\0\1")
        (self.source / "same").write_text("same")
        first = self.store()
        text = (self.source / "one").read_text().splitlines(keepends=True)
        (self.source / "one").write_text("".join(text[:50] + ["new\n"] + text[70:]) + "no newline at the end")
        (self.source / "folder/two").unlink()
        (self.source / "folder/new").write_text("a\nb\n")
        (self.source / "binary").write_bytes(b"\0\2")
        os.chmod(self.source / "same", 0o600)
        live = self.kist("diff", "-u", str(first)).stdout
        second = self.store()
        patch = self.kist("diff", "-u", str(first), str(second)).stdout
        self.assertEqual(live, patch)
        self.assertIn("Binary files a/binary and b/binary differ\n", patch)
        self.assertNotIn("same", patch)
        target = self.trees[first]
        texts = "".join(line for line in patch.splitlines(keepends=True) if not line.startswith("Binary"))
        subprocess.run(["patch", "-p1", "-s", "-d", target], input=texts.encode(), check=True, capture_output=True)
        left = subprocess.run(["diff", "-rq", target, self.source], capture_output=True, text=True).stdout
        self.assertEqual(left, f"Files {target}/binary and {self.source}/binary differ\n")

    def test_what_is_left_out_now_is_no_difference(self):
        (self.source / "cache").mkdir()
        for name in ["a.iso", "keep", "cache/x", "gone.iso", "gone"]:
            (self.source / name).write_text(name)
        self.store()
        for name in ["a.iso", "cache/x", "gone.iso", "gone"]:
            (self.source / name).unlink()
        shutil.rmtree(self.source / "cache")
        changes = self.differences("latest", "--exclude", "*.iso", "--exclude", "/cache/")
        self.assertEqual({key for key in changes}, {("removed", "gone")})
        (self.source / ".kistignore").write_text("*.iso\n/cache\n")
        changes = self.differences("latest")
        self.assertEqual({key for key in changes}, {("removed", "gone"), ("added", ".kistignore")})
        changes = self.differences("latest", "--no-default-excludes")
        self.assertEqual(len(changes), 6)

    def test_touched_restored_and_renamed_files(self):
        """What only looks changed is read, and found to be the same."""
        letter = self.source / "letter"
        letter.write_text("text")
        (self.source / "folder").mkdir()
        (self.source / "folder/in").write_text("in it")
        self.store()
        bytes_and_times = letter.read_bytes(), letter.stat().st_mtime_ns
        letter.unlink()
        letter.write_bytes(bytes_and_times[0])
        os.utime(letter, ns=(bytes_and_times[1], bytes_and_times[1]))
        self.assertEqual(self.differences("latest"), {})
        letter.rename(self.source / "moved")
        self.assertEqual(set(self.differences("latest")), {("added", "moved"), ("removed", "letter")})
        (self.source / "moved").rename(letter)
        self.store()
        letter.rename(self.source / "folder/moved")
        (self.source / "folder").rename(self.source / "renamed")
        os.utime(self.source / "renamed/in", (0, 0))
        shown = self.kist("diff", "latest").stdout.splitlines()
        self.assertEqual(shown, [f"R  {self.source}/folder/ -> {self.source}/renamed/  (time)",
                                 f"m  {self.source}/renamed/in  (time)",
                                 f"R  {self.source}/letter -> {self.source}/renamed/moved"])
        self.store()
        self.assertEqual(self.kist("diff", "latest~1", "latest").stdout.splitlines(), shown)

    def test_parts_and_mistakes(self):
        (self.source / "folder").mkdir()
        (self.source / "folder/a").write_text("1")
        (self.source / "b").write_text("1")
        first = self.store()
        (self.source / "folder/a").write_text("22")
        (self.source / "b").write_text("22")
        self.store()
        folder = self.source / "folder"
        self.assertEqual(self.kist("diff", f"{first}:{folder}", "latest").stdout, f"M  {folder}/a  (content, time)\n")
        self.assertEqual(self.kist("diff", f"{first}:{folder}/a", f"latest:{self.source}/b").stdout.count("M  "), 1)
        self.assertEqual(self.kist("diff", f"{first}:{folder}/a").stdout, f"M  {folder}/a  (content, time)\n")
        self.assertEqual(self.kist("diff", folder).stdout, "")
        self.kist("diff", "latest:/nowhere", expect=7)
        self.kist("diff", f"latest:{self.source}/never", expect=7)
        self.kist("diff", "latest", "99", expect=7)
        self.kist("diff", "--stat", "-u", "latest", expect=2)
        shutil.rmtree(folder)
        self.kist("diff", f"latest:{folder}", expect=7)
        shutil.rmtree(self.source)
        self.kist("diff", "latest", expect=None)


if __name__ == "__main__":
    kist_driver.main()
