"""kist log: every version that the test stored is listed, under the name that it had, and nothing else."""

import os
import random

import kist_driver
from kist_driver import Case

SEED = int(os.environ.get("KIST_SEED", "1"))
SNAPSHOTS = 9


def look_at(source):
    """What stands in a folder, by path: what a version is made of, and what tells a file."""
    states = {}
    for path in [source, *source.rglob("*")]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        states[str(path)] = {"kind": "directory" if content is None else "file", "content": content, "mode": status.st_mode,
                             "owner": status.st_uid, "group": status.st_gid, "time": status.st_mtime_ns, "inode": status.st_ino}
    return states


def difference(before, after):
    if before["kind"] != after["kind"]:
        return ["kind"]
    return [key for key in ["content", "mode", "owner", "group", "time"] if before[key] != after[key]]


class Log(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.states = {}  # by snapshot

    def store(self):
        number = self.json("backup", self.source)[0]["snapshot"]
        self.states[number] = look_at(self.source)
        return number

    def versions(self, path):
        """The versions of a path without its older names, oldest first, as the states that were stored have them."""
        found = []
        before = None
        for number, states in sorted(self.states.items()):
            state = states.get(path)
            if before is None and state is not None:
                found.append((number, "appeared", None))
            elif before is not None and state is None:
                found.append((number, "gone", None))
            elif before is not None and (changed := difference(before, state)):
                found.append((number, "changed", changed))
            elif before is not None and before["inode"] != state["inode"]:
                found.append((number, "changed", []))
            before = state
        return found

    def test_every_version_that_was_stored(self):
        chosen = random.Random(SEED)
        for name in "abcd":
            (self.source / name).mkdir()
            for file in "xyz":
                (self.source / name / file).write_bytes(chosen.randbytes(50))
        self.store()
        for _ in range(SNAPSHOTS - 1):
            for path in sorted(self.source.rglob("*")):
                action = chosen.randrange(9)
                if not path.exists():
                    continue
                if path.is_dir():
                    if action == 0:
                        path.rename(path.with_name(f"{path.name[0]}{chosen.randrange(100)}"))
                elif action == 0:
                    path.write_bytes(chosen.randbytes(50))
                elif action == 1:
                    path.unlink()
                elif action == 2:
                    path.chmod(0o600 ^ chosen.randrange(2))
                elif action == 3:
                    path.rename(path.with_name(chosen.choice("xyzw")))
                elif action == 4:
                    path.unlink()
                    path.write_bytes(chosen.randbytes(50))
            self.store()
        for path in sorted({path for states in self.states.values() for path in states}):
            lines = self.json("log", path)
            self.assertEqual([line["snapshot"] for line in lines], sorted((line["snapshot"] for line in lines), reverse=True))
            own = [line for line in reversed(lines) if line["path"] == path]
            expected = [version for version in self.versions(path) if version[2] != []]
            found = [(line["snapshot"], line["event"], line["changed"] if line["event"] == "changed" else None)
                     for line in own if line["event"] != "changed" or line["changed"]]
            self.assertEqual(found, expected, path)
            for line in lines:
                self.check_names(line)

    def check_names(self, line):
        """What is said of renaming: the same inode, under the other name before or after, and never under both at once."""
        at = self.states[line["snapshot"]]
        before = self.states.get(line["snapshot"] - 1, {})
        if other := line.get("renamed_from"):
            self.assertEqual(before[other]["inode"], at[line["path"]]["inode"])
            self.assertEqual(before[other]["content"], at[line["path"]]["content"])
            self.assertNotEqual(at.get(other, {}).get("inode"), before[other]["inode"])
        if other := line.get("renamed_to"):
            self.assertEqual(before[line["path"]]["inode"], at[other]["inode"])

    def test_what_people_see(self):
        notes = self.source / "notes\n.txt"
        notes.write_text("one")
        os.utime(notes, (0, 0))
        first = self.store()
        notes.write_text("two and more")
        self.store()
        (self.source / "folder").mkdir()
        moved = notes.rename(self.source / "folder/better.txt")
        self.store()
        shown = self.kist("log", moved).stdout.splitlines()
        self.assertEqual(len(shown), 4)
        self.assertRegex(shown[0], "SNAPSHOT +TIME +SIZE +MODIFIED +CHANGE")
        self.assertTrue(shown[1].endswith(f"renamed from {self.source}/notes\\x0a.txt"), shown)
        self.assertRegex(shown[2], r"^ +2 .* 12 B .* content, time \(as ")
        self.assertRegex(shown[3], r"^ +1 .* 3 B +1970-01-01 .* appeared \(as ")
        self.assertIn("renamed to", self.kist("log", notes).stdout)
        self.assertEqual(len(self.json("log", f"{first}:{notes}")), 1)
        self.assertEqual(self.json("log", moved)[-1]["last_snapshot"], first)
        self.assertIn("has to be absolute", self.kist("log", "latest:notes.txt", expect=2).stderr)
        self.assertIn("holds", self.kist("log", self.source / "never", expect=7).stderr)
        self.kist("log", "/nowhere", expect=7)

    def test_follows_through_several_names_and_forgetting(self):
        path = self.source / "0"
        path.write_bytes(b"same all the time")
        self.store()
        for number in range(1, 6):
            path = path.rename(self.source / str(number))
            self.store()
        names = [line["path"].rsplit("/", 1)[1] for line in self.json("log", path)]
        self.assertEqual(names, ["5", "4", "3", "2", "1", "0"])
        self.kist("forget", "--yes", "3", "4")
        lines = self.json("log", path)
        self.assertEqual([line["path"].rsplit("/", 1)[1] for line in lines], ["5", "4", "1", "0"])
        self.assertEqual(lines[1]["renamed_from"], str(self.source / "1"))


if __name__ == "__main__":
    kist_driver.main()
