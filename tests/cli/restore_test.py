#!/usr/bin/env python3
"""restore: what is chosen, what becomes of what is there already, what is asked, and what a rehearsal says."""

import os
import shutil
import signal
import subprocess
import time

import kist_driver
from kist_driver import KIST, Case, check_run
from terminal import Terminal


def listing(folder):
    """Everything that a change of anything below would change."""
    paths = [folder, *sorted(folder.rglob("*"))]
    return [(str(path), *[getattr(path.lstat(), "st_" + name) for name in ["mode", "ino", "size", "mtime_ns", "ctime_ns"]])
            for path in paths]


class Restore(Case):
    def setUp(self):
        super().setUp()
        self.target = self.home / "target"
        for name in ["a.txt", "b.txt", "d/c.txt", "d/e/f.jpg", "g/h.jpg"]:
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_text("old " + name)
        (self.source / "empty").mkdir()
        os.chmod(self.source / "d", 0o750)
        self.prepare()
        self.backup()

    def restored(self, folder=None):
        folder = folder or self.target
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())

    def restore(self, *words, what="latest", **options):
        return self.kist("restore", f"{what}:{self.source}", *words, **options)


class Choice(Restore):
    def test_globs_choose_files_and_folders(self):
        self.restore("--only", "*.txt", "--to", self.target)
        self.assertEqual(self.restored(), ["a.txt", "b.txt", "d/c.txt"])
        self.assertFalse((self.target / "g").exists())
        self.assertEqual((self.target / "d").stat().st_mode & 0o7777, 0o750)
        shutil.rmtree(self.target)
        self.restore("--only", f"{self.source}/d/", "--exclude", "*.jpg", "--to", self.target)
        self.assertEqual(self.restored(), ["d/c.txt"])
        self.assertTrue((self.target / "d/e").is_dir())

    def test_nothing_chosen_is_an_error(self):
        self.restore("--only", "*.none", "--to", self.target, expect=7)
        self.assertFalse(self.target.exists())
        self.restore("--only", "[", "--to", self.target, expect=2)

    def test_listed_names(self):
        names = self.home / "names"
        names.write_text(f"# a comment\n{self.source}/g\n\nd/e/f.jpg\n")
        self.restore("--files-from", names, "--to", self.target)
        self.assertEqual(self.restored(), ["d/e/f.jpg", "g/h.jpg"])
        shutil.rmtree(self.target)
        result = self.restore("--files-from", "-", "-0", "--to", self.target, expect=3, input=b"a.txt\0no/such\0",
                              stdin=None)
        self.assertIn("no/such: snapshot 1 does not hold it", result.stderr)
        self.assertEqual(self.restored(), ["a.txt"])
        self.restore("--files-from", "-", "--to", self.target, expect=7, input=b"no/such\n", stdin=None)
        for bad in [b"../x\n", b"/elsewhere\n", b"\n"]:
            self.restore("--files-from", "-", "--to", self.target, expect=2, input=bad, stdin=None)


class Conflicts(Restore):
    def setUp(self):
        super().setUp()
        shutil.copytree(self.source, self.target, symlinks=True)
        check_run(["rsync", "-aHAX", "--delete", f"{self.source}/", f"{self.target}/"])
        (self.target / "a.txt").write_text("newer")
        (self.target / "b.txt").write_text("older")
        os.utime(self.target / "b.txt", (1, 1))
        (self.target / "extra").mkdir()
        (self.target / "extra/file").write_text("only here")

    def text(self, name):
        return (self.target / name).read_text()

    def test_what_is_right_is_left_alone(self):
        before = (self.target / "d/c.txt").stat()
        summary = self.json("restore", f"1:{self.source}", "--to", self.target)[-1]
        self.assertEqual((summary["files"], summary["unchanged"]), (2, 3))
        self.assertEqual((self.target / "d/c.txt").stat().st_ino, before.st_ino)
        self.assertEqual((self.text("a.txt"), self.text("b.txt")), ("old a.txt", "old b.txt"))

    def test_rot_in_the_target_is_found_unless_the_check_is_quick(self):
        file = self.target / "d/c.txt"
        status = file.stat()
        file.write_text("rot d/c.txt")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.restore("--to", self.target, "--quick-check")
        self.assertEqual(self.text("d/c.txt"), "rot d/c.txt")
        self.restore("--to", self.target)
        self.assertEqual(self.text("d/c.txt"), "old d/c.txt")

    def test_policies(self):
        self.restore("--to", self.target, "--overwrite", "never")
        self.assertEqual((self.text("a.txt"), self.text("b.txt")), ("newer", "older"))
        summary = self.json("restore", f"1:{self.source}", "--to", self.target, "--overwrite", "if-older")[-1]
        self.assertEqual((self.text("a.txt"), self.text("b.txt")), ("newer", "old b.txt"))
        self.assertEqual((summary["kept"], summary["files"]), (1, 1))
        self.restore("--to", self.target, "--overwrite", "sometimes", expect=2)

    def test_keep_both_changes_nothing_that_is_there(self):
        before = listing(self.target / "extra") + listing(self.target / "d")
        for _ in range(2):  # the second time there is nothing left to do
            summary = self.json("restore", f"1:{self.source}", "--to", self.target, "--keep-both")[-1]
        self.assertEqual(summary["files"], 0)
        self.assertEqual((self.text("a.txt"), self.text("a.txt.snapshot-1")), ("newer", "old a.txt"))
        self.assertEqual((self.text("b.txt"), self.text("b.txt.snapshot-1")), ("older", "old b.txt"))
        (self.target / "b.txt.snapshot-1").write_text("mine too")
        self.restore("--to", self.target, "--keep-both")
        self.assertEqual(self.text("b.txt.snapshot-1"), "mine too")
        self.assertEqual(self.text("b.txt.snapshot-1-2"), "old b.txt")
        self.assertEqual([entry[:-1] for entry in before],
                         [entry[:-1] for entry in listing(self.target / "extra") + listing(self.target / "d")])

    def test_delete_is_guarded(self):
        for words in [["--only", "*.txt"], ["--keep-both"], ["--overwrite", "never"]]:
            self.restore("--to", self.target, "--delete", "--yes", *words, expect=2)
        self.restore("--to", self.target, "--delete", expect=2)  # nobody can be asked
        self.restore("--to", self.target, "--max-delete", "1", expect=2)
        result = self.restore("--to", self.target, "--delete", "--max-delete", "1", "--yes", expect=3)
        self.assertIn("--max-delete: 1 that", result.stderr)
        self.assertFalse((self.target / "extra/file").exists())
        self.assertTrue((self.target / "extra").exists())
        self.restore("--to", self.target, "--delete", "--yes")
        self.assert_same(self.source, self.target)

    def test_nothing_is_deleted_where_something_is_damaged(self):
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        (mirror / "g/h.jpg").write_text("damaged")
        result = self.restore("--to", self.target, "--delete", "--yes", expect=0)  # the target's own copy is right
        self.assertFalse((self.target / "extra").exists())
        (self.target / "extra").mkdir()
        (self.target / "g/h.jpg").unlink()
        result = self.restore("--to", self.target, "--delete", "--yes", expect=3)
        self.assertIn("nothing was deleted: not everything could be restored", result.stderr)
        self.assertTrue((self.target / "extra").exists())
        self.restore("--to", self.target, "--delete", "--ignore-errors", "--yes", expect=3)
        self.assertFalse((self.target / "extra").exists())

    def test_delete_stops_at_mounts(self):
        (self.target / "extra/mount").mkdir()
        check_run(["mount", "-t", "tmpfs", "tmpfs", self.target / "extra/mount"])
        self.addCleanup(check_run, ["umount", self.target / "extra/mount"])
        (self.target / "extra/mount/file").write_text("on another filesystem")
        result = self.restore("--to", self.target, "--delete", "--yes", expect=3)
        self.assertIn("extra/mount: not deleted: a filesystem is mounted there", result.stderr)
        self.assertEqual(self.text("extra/mount/file"), "on another filesystem")


class Rehearsal(Restore):
    def test_a_dry_run_tells_all_and_changes_nothing(self):
        shutil.copytree(self.source, self.target)
        (self.target / "a.txt").write_text("newer")
        (self.target / "extra").write_text("x")
        (self.target / "g/h.jpg").unlink()
        before = listing(self.target)
        steps = self.json("restore", f"1:{self.source}", "--to", self.target, "--delete", "--dry-run")
        self.assertEqual(listing(self.target), before)
        told = {(step["action"], step["path"].removeprefix(f"{self.source}/")) for step in steps[:-1]
                if step["kind" if "kind" in step else "action"] != "directory" and step["action"] != "unchanged"}
        self.assertEqual(told, {("replace", "a.txt"), ("create", "g/h.jpg"), ("delete", "extra")})
        self.assertEqual([step["path"] for step in steps[:-1] if step.get("newer")], [f"{self.source}/a.txt"])
        self.assertEqual((steps[-1]["type"], steps[-1]["create"], steps[-1]["delete"]), ("dry-run", 1, 1))
        result = self.restore("--to", self.target, "--dry-run")
        self.assertIn(f"replace   {self.source}/a.txt  (newer there)", result.stdout)

    def test_in_place_it_shows_what_changes_and_asks(self):
        (self.source / "a.txt").write_text("newer")
        (self.source / "b.txt").unlink()
        (self.source / "extra").write_text("x")
        argv = [KIST, "--volume", self.container, "restore", f"latest:{self.source}", "--delete"]
        terminal = Terminal(argv, [("back into", "n")])
        self.assertEqual(terminal.code, 130, terminal.shown)
        for text in ["1 to be made: " + str(self.source / "b.txt"), "1 of these NEWER than in the snapshot: ",
                     "1 to be DELETED: " + str(self.source / "extra")]:
            self.assertIn(text, terminal.shown)
        self.assertEqual((self.source / "a.txt").read_text(), "newer")
        terminal = Terminal(argv, [("back into", "y")])
        self.assertEqual(terminal.code, 0, terminal.shown)
        self.assertEqual((self.source / "a.txt").read_text(), "old a.txt")
        self.assertFalse((self.source / "extra").exists())

    def test_a_folder_that_is_gone_comes_back_with_those_above_it(self):
        shutil.copytree(self.source, self.home / "copy", symlinks=True)
        shutil.rmtree(self.source / "d")
        self.kist("restore", f"latest:{self.source}/d/e/f.jpg", "--yes")
        self.assertEqual(self.restored(self.source / "d"), ["e/f.jpg"])
        self.assertEqual((self.source / "d").stat().st_mode & 0o7777, 0o750)
        self.kist("restore", f"latest:{self.source}/d", "--yes")
        self.assertEqual(self.restored(self.source / "d"), ["c.txt", "e/f.jpg"])


class Owners(Restore):
    def test_maps_reach_into_acls(self):
        check_run(["setfacl", "-m", "u:4711:rw,g:4712:r", self.source / "a.txt"])
        check_run(["setfacl", "-d", "-m", "u:4711:rwx", self.source / "d"])
        self.backup()
        self.restore("--to", self.target, "--usermap", "4000-4999:4800", "--groupmap", "4712:4900")
        shown = check_run(["getfacl", "-n", "-c", self.target / "a.txt", self.target / "d"])
        self.assertIn("user:4800:rw-", shown)
        self.assertIn("group:4900:r--", shown)
        self.assertIn("default:user:4800:rwx", shown)
        self.assertNotIn("471", shown)

    def test_rules_that_cannot_be_are_refused(self):
        for words in [["--usermap", "a"], ["--usermap", "1-x:0"], ["--usermap", "a:"], ["--groupmap", "*:no-such-group"],
                      ["--chown", ":"]]:
            self.restore("--to", self.target, *words, expect=2)
            self.assertFalse(self.target.exists())


class Interrupted(Case):
    def test_a_killed_restore_goes_on_and_leaves_nothing_behind(self):
        for number in range(400):
            folder = self.source / str(number % 5)
            folder.mkdir(exist_ok=True)
            (folder / str(number)).write_bytes(os.urandom(100_000))
        self.prepare("256M")
        self.backup()
        target = self.home / "target"
        (target / "3").mkdir(parents=True)  # in a folder that is there, it works in a private one
        process = subprocess.Popen([KIST, "--volume", self.container, "restore", "latest", "--source", self.source, "--to",
                                    target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while sum(1 for _ in target.rglob("*")) < 60 and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        (target / "3/.kist-restore-0123abcd-7").mkdir(exist_ok=True)
        (target / "3/.kist-restore-0123abcd-7/part").write_text("half")
        summary = self.json("restore", "latest", "--source", self.source, "--to", target)[-1]
        self.assertGreater(summary["unchanged"], 0)
        self.assertEqual(summary["files"] + summary["unchanged"], 400)
        self.assert_same(self.source, target)


if __name__ == "__main__":
    kist_driver.main()
