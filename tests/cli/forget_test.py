"""Forgetting snapshots: the others stay as they were, judged by rsync, and the space comes back."""

import os
import shutil
import socket

import kist_driver
from kist_driver import Case, check_run, rot

MIB = 1 << 20
PACK = 64 * MIB


class Forgetting(Case):
    def make_snapshots(self, count=5, size="192M"):
        """Snapshot n holds n's own files, small and large, beside some that stay; a copy of each is kept."""
        self.prepare(size)
        self.states = {}
        (self.source / "stays").write_bytes(os.urandom(100_000))
        for number in range(1, count + 1):
            shutil.rmtree(self.source / "own", ignore_errors=True)
            (self.source / "own").mkdir()
            for i in range(60):
                (self.source / "own" / f"{i}").write_bytes(os.urandom(20_000 + 137 * i))
            (self.source / "own" / "large").write_bytes(os.urandom(4 * MIB))
            (self.source / "changing").write_bytes(b"XYXZXXY"[number % 7:number % 7 + 1] * 3000)
            self.states[number] = self.home / f"state-{number}"
            check_run(["cp", "-a", self.source, self.states[number]])
            self.kist("backup", self.source, "--time", f"2026-01-{number:02} 12:00")

    def free_space(self):
        check_run(["sync", "-f", self.mount_point])
        status = os.statvfs(self.mount_point)
        return status.f_bfree * status.f_frsize

    def assert_others_restore(self):
        self.assertEqual(self.snapshots(), sorted(self.states))
        for number, state in self.states.items():
            self.assert_restores(number, state)

    def test_others_stay_and_the_space_is_back(self):
        self.make_snapshots()
        for number in [3, 1, 4, 2]:
            shown = self.json("forget", str(number), "--dry-run")[-1]
            self.assertEqual((shown["dry_run"], shown["snapshots"]), (True, [number]))
            before = self.free_space()
            done = self.json("forget", str(number), "--yes")[-1]
            self.assertEqual((done["dry_run"], done["freed"]), (False, shown["freed"]))
            self.assertGreater(done["freed"], 5 * MIB)
            self.assertGreater(self.free_space() - before, done["freed"] - PACK // 10)
            del self.states[number]
            self.assert_others_restore()
        self.assert_sound()

    def test_an_older_version_that_is_damaged_is_named(self):
        self.prepare()
        letter = self.source / "letter"
        for text in (b"dear anna\n", b"", b"dear anna\n"):  # what snapshot 1 holds stands in latest/ with snapshot 3
            letter.write_bytes(text * 9000)
            self.backup()
        rot(next((self.mount_point / "latest/files").iterdir()) / str(letter)[1:])
        result = self.kist("forget", "3", "--yes", expect=3)
        self.assertRegex(result.stderr, "an older version was lost: .*letter is damaged")
        self.assertEqual(self.snapshots(), [1, 2])

    def test_space_comes_back_from_between_small_files_that_stay(self):
        self.prepare("256M")
        for number, contents in enumerate([lambda i: os.urandom(3000)] * 2 + [lambda i: b""], 1):
            for i in range(8000):
                if number != 2 or i % 2:  # every other record of the pack is of snapshot 1 alone
                    (self.source / f"{i}").write_bytes(contents(i))
            self.kist("backup", self.source, "--time", f"2026-01-{number:02} 12:00")
        state = self.home / "state"
        self.kist("restore", "2", "--to", state)
        before = self.free_space()
        freed = self.json("forget", "1", "--yes")[-1]["freed"]
        self.assertGreater(freed, 11 * MIB)
        self.assertGreater(self.free_space() - before, freed - PACK // 10)
        self.assert_restores(2, state)
        self.assert_sound()

    def test_it_works_on_a_full_volume(self):
        self.make_snapshots(3, "96M")
        filler = self.mount_point / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                pass
        self.assertGreater(self.json("forget", "1", "--yes")[-1]["freed"], 5 * MIB)
        del self.states[1]
        filler.unlink()
        self.assert_others_restore()
        self.assert_sound()

    def test_several_by_name_and_number(self):
        self.make_snapshots(4)
        self.kist("forget", "2026-01-01", "latest~1", "3", "--yes")
        for number in [1, 3]:
            del self.states[number]
        self.assert_others_restore()

    def test_numbers_are_not_used_again(self):
        self.make_snapshots(3)
        self.kist("forget", "2", "--yes")
        self.backup()
        self.assertEqual(self.snapshots(), [1, 3, 4])

    def test_what_cannot_be_forgotten(self):
        self.make_snapshots(2, "96M")
        self.assertIn("--yes", self.kist("forget", "1", expect=2).stderr)
        self.kist("forget", "9", "--yes", expect=7)
        self.kist("forget", f"1:{self.source}", "--yes", expect=2)
        self.kist("forget", "nonsense", "--yes", expect=2)
        self.assert_others_restore()


class Purging(Case):
    """Paths are taken out of all of history; everything else restores as it was."""

    def make_history(self):
        """Four snapshots: secret is edited and goes, folder becomes moved, copy holds an early content of secret."""
        self.prepare("160M")
        self.states = {}
        secret = os.urandom(3 * MIB)
        (self.source / "folder" / "below").mkdir(parents=True)
        (self.source / "folder" / "below" / "a.iso").write_bytes(os.urandom(2 * MIB))
        (self.source / "folder" / "b").write_bytes(b"b" * 70_000)
        self.keep(1, lambda: (self.source / "secret").write_bytes(secret))
        self.keep(2, lambda: (self.source / "secret").write_bytes(secret[:MIB] + b"edited" + secret[MIB:]))
        self.keep(3, lambda: (os.rename(self.source / "folder", self.source / "moved"),
                              (self.source / "secret").rename(self.source / "copy")))
        self.keep(4, lambda: ((self.source / "moved" / "below" / "a.iso").unlink(),
                              (self.source / "copy").write_bytes(secret + b"at the end")))

    def keep(self, number, change):
        change()
        self.states[number] = self.home / f"state-{number}"
        check_run(["cp", "-a", self.source, self.states[number]])
        self.kist("backup", self.source, "--time", f"2026-01-{number:02} 12:00")

    def take_from_states(self, *paths):
        for path in paths:
            times = os.stat(path.parent)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            os.utime(path.parent, ns=(times.st_atime_ns, times.st_mtime_ns))

    def assert_all_restore(self):
        for number, state in self.states.items():
            self.assert_restores(number, state)
        for shown in self.json("list"):
            found = sum(len(folders) + len(files) for _, folders, files in os.walk(self.states[shown["number"]]))
            self.assertEqual(shown["entries"], found + 1)
        self.assert_sound()

    def test_a_file_goes_from_every_snapshot_and_others_of_its_history_stay(self):
        self.make_history()
        shown = self.json("forget", "--path", self.source / "secret", "--dry-run")[-1]
        self.assertEqual((shown["dry_run"], shown["snapshots"]), (True, 2))
        self.assertEqual([(p["path"], p["first_snapshot"], p["last_snapshot"]) for p in shown["paths"]],
                         [(str(self.source / "secret"), 1, 2)])
        self.assert_all_restore()
        self.kist("forget", "--path", self.source / "secret", "--yes")
        self.take_from_states(self.states[1] / "secret", self.states[2] / "secret")
        self.assert_all_restore()
        self.kist("forget", "--path", self.source / "secret", "--yes", expect=7)
        self.backup()
        self.assert_all_restore_but_new()

    def assert_all_restore_but_new(self):
        for number, state in self.states.items():
            self.assert_restores(number, state)
        self.assert_same(self.source, f"{self.mount_point}/latest/files/{socket.gethostname()}{self.source}")

    def test_globs_and_renamed_folders_and_the_space_is_back(self):
        self.make_history()
        before = os.statvfs(self.mount_point).f_bfree
        done = self.json("forget", "--path", "*.iso", "--yes")[-1]
        self.assertEqual(done["path_count"], 2)  # under the folder's two names
        self.assertGreater(done["freed"], 2 * MIB - 4096)
        check_run(["sync", "-f", self.mount_point])
        status = os.statvfs(self.mount_point)
        self.assertGreater((status.f_bfree - before) * status.f_frsize, done["freed"] - PACK // 10)
        self.take_from_states(*(self.states[n] / "folder/below/a.iso" for n in (1, 2)),
                              self.states[3] / "moved/below/a.iso")
        self.assert_all_restore()
        self.kist("forget", "--path", f"{self.source}/folder/", "--yes")
        self.take_from_states(*(self.states[n] / "folder" for n in (1, 2)))
        self.assert_all_restore()

    def test_a_lost_catalog_comes_back_without_what_was_purged(self):
        self.make_history()
        self.kist("forget", "--path", "secret", "--yes")
        self.take_from_states(self.states[1] / "secret", self.states[2] / "secret")
        for suffix in ["", "-wal", "-shm"]:
            (self.mount_point / f".kist/catalog.sqlite{suffix}").unlink(missing_ok=True)
        self.kist("rebuild")
        self.assert_all_restore()

    def test_what_is_refused(self):
        self.make_history()
        refused = self.kist("forget", "--path", "/**", "--yes", expect=2)
        self.assertIn("still holds", refused.stderr)
        self.assertIn("kist backup", refused.stderr)
        self.kist("forget", "--path", "copy", "--yes", expect=2)
        self.kist("forget", "--path", "secret", expect=2)  # no terminal to ask at
        self.kist("forget", "1", "--path", "secret", "--yes", expect=2)
        self.kist("forget", "--yes", expect=2)
        self.kist("forget", "--path", "a[b", "--yes", expect=2)
        self.kist("forget", "--path", "/secret", "--yes", expect=7)
        self.kist("forget", "--path", "secret", "--host", "elsewhere", "--yes", expect=7)
        self.assert_all_restore()


class Undoing(Case):
    def test_the_newest_goes_and_latest_is_the_one_before(self):
        self.prepare("128M")
        (self.source / "folder" / "below").mkdir(parents=True)
        for name in ["a", "folder/b", "folder/below/c", "gone"]:
            (self.source / name).write_bytes(os.urandom(5000))
        (self.source / "large").write_bytes(os.urandom(3 * MIB))
        os.link(self.source / "a", self.source / "folder" / "linked")
        os.symlink("a", self.source / "link")
        check_run(["setfattr", "-n", "user.note", "-v", "kept", self.source / "gone"])
        first = self.home / "first"
        check_run(["cp", "-a", self.source, first])
        self.kist("backup", self.source, "--time", "2026-01-01 12:00")
        (self.source / "a").write_text("changed")
        os.rename(self.source / "folder", self.source / "renamed")
        os.rename(self.source / "renamed" / "b", self.source / "b")
        os.unlink(self.source / "gone")
        os.unlink(self.source / "large")
        os.unlink(self.source / "link")
        (self.source / "new").mkdir()
        (self.source / "new" / "file").write_text("new")
        self.kist("backup", self.source, "--time", "2026-01-02 12:00")
        self.assertIn("--yes", self.kist("undo", expect=2).stderr)
        self.assertEqual(self.json("undo", "--dry-run")[-1]["snapshots"], [2])
        self.assertEqual(self.json("undo", "--yes")[-1]["snapshots"], [2])
        self.assertEqual(self.snapshots(), [1])
        mirror = f"{self.mount_point}/latest/files/{socket.gethostname()}{self.source}"
        self.assert_same(first, mirror)
        self.assert_restores(1, first)
        self.assert_sound()
        self.backup()
        self.assertEqual(self.snapshots(), [1, 3])
        self.assert_same(self.source, mirror)
        self.assert_restores(1, first)
        self.assert_sound()

    def test_the_only_one_goes_only_when_that_is_said(self):
        self.prepare()
        (self.source / "file").write_text("content")
        self.backup()
        self.assertIn("--yes-last", self.kist("undo", "--yes", expect=2).stderr)
        self.assertIn("--yes-last", self.kist("forget", "1", "--yes", expect=2).stderr)
        self.kist("forget", "1", "--yes", "--yes-last")
        self.assertEqual(self.snapshots(), [])
        self.assertFalse(os.path.exists(f"{self.mount_point}/latest/files/{socket.gethostname()}{self.source}"))
        self.assert_sound()
        self.backup()
        self.assertEqual(self.snapshots(), [2])
        self.assert_sound()


class Pruning(Case):
    def setUp(self):
        super().setUp()
        self.prepare("96M")
        for day in range(1, 11):
            for hour in (8, 20):
                (self.source / "file").write_text(f"day {day} hour {hour}")
                self.kist("backup", self.source, "--time", f"2026-01-{day:02} {hour:02}:00")

    def test_a_dry_run_shows_what_and_why(self):
        lines = self.kist("prune", "--keep-daily", "3", "--keep-last", "2", "--dry-run").stdout.splitlines()
        self.assertEqual(len(lines), 1 + 20 + 1)
        self.assertRegex(lines[20], r"^ +20 .* keep +last, daily$")
        self.assertRegex(lines[19], r"^ +19 .* keep +last$")
        self.assertRegex(lines[1], r"^ +1 .* forget +no rule keeps it$")
        self.assertRegex(lines[21], r"^Would forget 16 snapshots")
        self.assertEqual(len(self.snapshots()), 20)

    def test_it_forgets_what_the_policy_does_not_keep(self):
        shown = self.json("prune", "--keep-daily", "3", "--dry-run")
        self.assertEqual([v["number"] for v in shown if v.get("keep")], [16, 18, 20])
        self.assertEqual(self.json("prune", "--keep-daily", "3")[-1]["snapshots"], [*range(1, 16), 17, 19])
        self.assertEqual(self.snapshots(), [16, 18, 20])
        self.assertEqual(self.kist("cat", f"16:{self.source}/file").stdout, "day 8 hour 20")
        self.assertIn("Nothing to forget", self.kist("prune", "--keep-daily", "3").stdout)
        self.assert_sound()

    def test_tagged_snapshots_stay(self):
        self.kist("backup", self.source, "--tag", "before-upgrade", "--tag", "audit", "--time", "2026-02-01 08:00")
        self.kist("backup", self.source, "--time", "2026-02-02 08:00")
        self.assertEqual([s["tags"] for s in self.json("list")[-2:]], [["audit", "before-upgrade"], []])
        self.assertIn("audit, before-upgrade", self.kist("list").stdout.splitlines()[-2])
        shown = self.json("prune", "--keep-tag", "audit", "--dry-run")
        self.assertEqual({v["number"]: v["reasons"] for v in shown if v.get("keep")},
                         {21: ["tag audit"], 22: ["newest"]})
        self.kist("prune", "--keep-tag", "audit", "--keep-tag", "other", "--keep-last", "2")
        self.assertEqual(self.snapshots(), [21, 22])
        for tag in ["", "two words", "a,b", "-dash", "x" * 65, "ü"]:
            self.kist("backup", f"--tag={tag}", self.source, expect=2)
        self.assertEqual(self.snapshots(), [21, 22])

    def test_sources_are_judged_apart(self):
        other = self.home / "other"
        other.mkdir()
        self.kist("backup", other, "--time", "2020-01-01 08:00")
        self.kist("prune", "--keep-within", "1d", "--source", self.source)
        self.assertEqual(self.snapshots(), [18, 19, 20, 21])
        self.kist("prune", "--keep-last", "1")
        self.assertEqual(self.snapshots(), [20, 21])

    def test_a_policy_is_needed(self):
        self.kist("prune", expect=2)
        self.kist("prune", "--keep-within", "soon", expect=2)
        self.kist("prune", "--keep-last", "0", expect=2)


if __name__ == "__main__":
    kist_driver.main()
