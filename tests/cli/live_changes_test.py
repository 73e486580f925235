"""Sources that change while they are read: whatever happens, a backup ends with 0 or 3, names what it could not read or what
went on changing, and never holds a content that no file had."""

import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import kist_driver
from kist_driver import KIST, run
from moments import Moments, are_there

LARGE = 5 << 20  # of which later versions are compared block by block


class Live(kist_driver.Case):
    def setUp(self):
        super().setUp()
        self.prepare("128M")
        self.folder = self.source / "folder"
        self.folder.mkdir()
        self.file = self.folder / "file"
        self.file.write_bytes(b"first\n" * 1000)
        (self.source / "other").mkdir()
        (self.source / "other/calm").write_text("calm")

    def back_up(self, moments=None, expect=(0, 3)):
        """The run's line in JSON."""
        argv = [KIST, "--volume", self.container, "--key-file", self.key, "--json", "backup", self.source]
        if moments is None:
            result = run(argv)
        else:
            with moments:
                result = run(argv)
            self.assertTrue(moments.happened, "the moment never came")
        self.assertIn(result.returncode, expect, result.stderr)
        line = kist_driver.json.loads(result.stdout.splitlines()[0])
        self.assertEqual(result.returncode == 3, bool(line["skipped_entries"]), result.stderr)
        return line

    def restored(self, number):
        target = self.home / f"out-{number}"
        self.kist("restore", str(number), "--to", target)
        return target

    def named(self, line):
        return [entry["path"] for entry in line["skipped_entries"] + line["changed_while_read"]]

    def assert_settles(self):
        """What was caught in a change is right the next time."""
        self.back_up(expect=(0,))
        number = max(self.snapshots())
        self.assert_same(self.source, self.restored(number))
        self.kist("check")


class AtAMoment(Live):
    def setUp(self):
        if not are_there():
            self.skipTest("needs fanotify's permission events")
        super().setUp()
        self.moments = Moments(self.source)

    def append(self):
        with self.file.open("ab") as file:
            file.write(b"more\n")

    def replace_by(self, make):
        def change():
            self.file.unlink()
            make(self.file)
        return change

    def test_a_file_grows_once(self):
        self.moments.at("read", self.file, self.append)
        line = self.back_up(self.moments)
        self.assertEqual(self.named(line), [])
        self.assertEqual((self.restored(1) / "folder/file").read_bytes(), self.file.read_bytes())
        self.assert_settles()

    def test_a_file_that_never_stops_growing_is_named(self):
        self.moments.at("read", self.file, self.append, time=None)
        line = self.back_up(self.moments)
        self.assertEqual(self.named(line), [str(self.file)])
        stored = (self.restored(1) / "folder/file").read_bytes()
        self.assertTrue(self.file.read_bytes().startswith(stored))
        self.assertTrue(stored.endswith(b"\n"))
        self.assert_settles()

    def test_a_file_shrinks(self):
        for size in [0, 100]:
            with self.subTest(size=size):
                self.file.write_bytes(b"long\n" * 500_000)
                moments = Moments(self.source)
                moments.at("read", self.file, lambda size=size: os.truncate(self.file, size), time=2)
                line = self.back_up(moments)
                number = max(self.snapshots())
                self.assertEqual(self.named(line), [])
                self.assertEqual((self.restored(number) / "folder/file").read_bytes(), self.file.read_bytes())
        self.assert_settles()

    def test_a_file_vanishes_before_it_is_opened(self):
        self.moments.at("open", self.folder, self.file.unlink, time=3)
        line = self.back_up(self.moments)
        self.assertEqual(self.named(line), [])
        self.assertEqual(os.listdir(self.restored(1) / "folder"), [])
        self.assert_settles()

    def test_a_file_vanishes_while_it_is_read(self):
        content = self.file.read_bytes()
        self.moments.at("read", self.file, self.file.unlink)
        self.back_up(self.moments)
        self.assertEqual((self.restored(1) / "folder/file").read_bytes(), content)
        self.assert_settles()

    def test_a_file_is_replaced_while_it_is_read(self):
        old, new = self.file.read_bytes(), b"second\n" * 2000
        (self.source / "other/next").write_bytes(new)
        self.moments.at("read", self.file, lambda: (self.source / "other/next").rename(self.file))
        self.back_up(self.moments)
        self.assertIn((self.restored(1) / "folder/file").read_bytes(), (old, new))
        self.assert_settles()

    def test_a_file_becomes_something_else(self):
        outside = self.home / "outside"
        outside.write_text("nobody's")
        makers = [lambda path: path.mkdir(), lambda path: path.symlink_to(outside), os.mkfifo]
        for number, (make, time) in enumerate([(make, time) for make in makers for time in (2, 3)], 1):
            with self.subTest(number=number):
                if self.file.is_dir():
                    self.file.rmdir()
                self.file.unlink(missing_ok=True)
                self.file.write_text(f"file {number}")
                moments = Moments(self.source)
                moments.at("open", self.folder, self.replace_by(make), time=time)
                line = self.back_up(moments)
                restored = self.restored(max(self.snapshots())) / "folder/file"
                if self.named(line) != [str(self.file)] and os.path.lexists(restored):
                    self.assertEqual(restored.lstat().st_mode, self.file.lstat().st_mode)
                self.assert_settles()

    def test_a_version_that_is_compared_block_by_block_changes_meanwhile(self):
        generator = random.Random(1)
        self.file.write_bytes(generator.randbytes(LARGE))
        self.back_up()
        for change in [self.append, lambda: os.truncate(self.file, LARGE // 2), self.file.unlink]:
            self.file.write_bytes(self.file.read_bytes() if self.file.exists() else generator.randbytes(LARGE))
            with self.file.open("r+b") as file:
                file.write(b"changed")
            moments = Moments(self.source)
            moments.at("read", self.file, change, time=3)
            before = self.file.read_bytes()
            self.back_up(moments)
            restored = self.restored(max(self.snapshots())) / "folder/file"
            after = self.file.read_bytes() if self.file.exists() else before
            self.assertIn(restored.read_bytes() if restored.exists() else after, (before, after))
        self.assert_settles()

    def test_a_folder_vanishes_when_it_is_looked_at(self):
        for kind in ["open", "read"]:
            with self.subTest(kind=kind):
                self.folder.mkdir(exist_ok=True)
                self.file.write_text("there")
                moments = Moments(self.source)
                moments.at(kind, self.folder, lambda: shutil.rmtree(self.folder))
                self.back_up(moments)
                self.assert_settles()

    def test_a_folder_moves_during_the_walk(self):
        (self.folder / "deep/deeper").mkdir(parents=True)
        (self.folder / "deep/deeper/file").write_text("deep")
        outside = self.home / "outside"
        outside.mkdir()
        (outside / "file").write_text("nobody's")
        def becomes_a_symlink():
            self.folder.rename(self.source / "moved")
            self.folder.symlink_to(outside)
        for change in [lambda: self.folder.rename(self.source / "other/inner"), lambda: self.folder.rename(self.home / "away"),
                       becomes_a_symlink]:
            for kind, time in [("open", 1), ("read", 1), ("open", 2), ("open", 3)]:
                with self.subTest(kind=kind, time=time):
                    for path in [self.source / "other/inner", self.home / "away", self.source / "moved"]:
                        if path.exists():
                            if self.folder.is_symlink():
                                self.folder.unlink()
                            path.rename(self.folder)
                    (self.folder / "deep/file").write_text(f"{kind} {time} {random.random()}")
                    moments = Moments(self.source)
                    moments.at(kind, self.folder, change, time=time)
                    self.back_up(moments)
                    target = self.restored(max(self.snapshots()))
                    for path in target.rglob("*"):
                        if path.is_file() and not path.is_symlink():
                            self.assertNotEqual(path.read_text(), "nobody's")
                    self.assert_settles()
                    shutil.rmtree(target)
                    shutil.rmtree(self.home / f"out-{max(self.snapshots())}")

    def test_permission_goes_away(self):
        """Without root's right to read everything: what was backed up before stays in the snapshot."""
        os.chown(self.key, 0, 0)
        self.back_up()
        content = self.file.read_bytes()
        self.file.write_bytes(b"changed")
        argv = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", KIST, "--volume", self.container, "--key-file",
                self.key, "--json", "backup", self.source]
        for path in [self.file, self.folder]:
            moments = Moments(self.source)
            moments.at("open", self.folder, lambda path=path: path.chmod(0), time=2)
            with moments:
                result = run(argv)
            path.chmod(0o755)
            self.assertTrue(moments.happened)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn(str(path), self.named(kist_driver.json.loads(result.stdout.splitlines()[0])))
            self.assertEqual((self.restored(max(self.snapshots())) / "folder/file").read_bytes(), content)
        self.assert_settles()


    def test_a_new_folder_closes_before_it_is_complete(self):
        for time in range(1, 5):
            folder = self.source / f"new {time}"
            folder.mkdir()
            (folder / "file").write_text("new")
            moments = Moments(self.source)
            moments.at("open", folder, lambda folder=folder: folder.chmod(0o300), time=time)
            argv = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", KIST, "--volume", self.container, "--key-file",
                    self.key, "backup", self.source]
            with moments:
                result = run(argv)
            self.assertIn(result.returncode, (0, 3), result.stderr)
            self.kist("check")
            folder.chmod(0o755)
            self.assert_settles()


class WithoutAMoment(Live):
    def test_a_folder_that_leaves_one_that_cannot_be_read_any_more(self):
        """Found where it is now, it stands there alone; the rest of what cannot be read stays as it was known."""
        (self.folder / "inner").mkdir()
        (self.folder / "inner/deep").write_text("deep")
        self.back_up()
        (self.folder / "inner").rename(self.source / "other/inner")
        self.folder.chmod(0)
        argv = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", KIST, "--volume", self.container, "--key-file",
                self.key, "backup", self.source]
        self.assertEqual(run(argv).returncode, 3)
        self.folder.chmod(0o755)
        self.kist("check")
        target = self.restored(2)
        self.assertEqual(sorted(str(path.relative_to(target)) for path in target.rglob("*")),
                         ["folder", "folder/file", "other", "other/calm", "other/inner", "other/inner/deep"])
        self.assert_settles()


class Storm(Live):
    def test_a_source_that_somebody_works_in_all_the_time(self):
        """Each line of a file begins with the hash of its rest; every change is one call."""
        program = pathlib.Path(__file__).with_name("restless_writer.py")
        writer = subprocess.Popen([sys.executable, "-B", program, self.source])
        try:
            for number in range(1, 7):
                time.sleep(0.2)  # that there is something new each time
                line = self.back_up()
                target = self.restored(number)
                named = self.named(line)
                for path in target.rglob("*"):
                    shown = str(self.source / path.relative_to(target))
                    if path.is_file() and not path.is_symlink() and path.name.startswith("w") and shown not in named:
                        self.assert_whole(path)
                shutil.rmtree(target)
        finally:
            writer.terminate()
            writer.wait()
        self.assert_settles()

    def assert_whole(self, path):
        *whole, _ = path.read_bytes().split(b"\n")  # of an append that is under way a reader sees what has come so far
        for record in whole:
            digest, _, text = record.partition(b" ")
            self.assertEqual(digest, hashlib.sha256(text).hexdigest().encode(), path)


if __name__ == "__main__":
    kist_driver.main()
