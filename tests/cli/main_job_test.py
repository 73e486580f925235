"""Backup and restore of everything that a Linux filesystem can hold, judged by rsync."""

import base64
import json
import os
import pathlib
import pty
import select
import shutil
import socket
import stat
import subprocess
import time

import kist_driver
from kist_driver import KIST, LOW_COST, Case, check_run, run

STRANGE_NAMES = [b"new\nline", b"invalid \xff\xfe", b"back\\slash", b"esc \x1b[31m", b" lead", b"-dash", b"%41", b"*?[",
                 "é€😀".encode(), b"x" * 255]


def write_sparse(path):
    with path.open("wb") as file:
        file.seek(5 << 20)
        file.write(b"in the middle")
        file.truncate(20 << 20)


def make_tree(root):
    (root / "docs" / "deep" / "deeper").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "empty file").touch()
    for i in range(50):
        (root / "docs" / f"file {i}").write_bytes(os.urandom(i * 500))
    (root / "docs" / "big").write_bytes(os.urandom(3 << 20))
    os.link(root / "docs" / "file 7", root / "docs" / "deep" / "linked")
    os.link(root / "docs" / "file 7", root / "linked too")
    write_sparse(root / "sparse")
    os.mkfifo(root / "fifo", 0o640)
    os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(root / "disk", stat.S_IFBLK | 0o600, os.makedev(7, 200))
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(root / "socket"))
    os.symlink("docs/file 7", root / "link")
    os.symlink("/nowhere\n\xff", root / "dangling")
    os.lchown(root / "link", 1234, 5678)
    for name in STRANGE_NAMES:
        with open(os.fsencode(root / "docs") + b"/" + name, "wb") as file:
            file.write(b"content of " + name)
    os.mkdir(os.fsencode(root) + b"/folder \xff\n")
    (root / "setuid").write_text("x")
    os.chown(root / "setuid", 1234, 5678)
    os.chmod(root / "setuid", 0o6755)
    os.chmod(root / "empty", 0o1777)
    os.chmod(root / "docs" / "file 3", 0)
    check_run(["setfattr", "-n", "user.note", "-v", "remember", root / "docs" / "file 1"])
    check_run(["setfattr", "-n", "user.on-folder", "-v", "too", root / "docs" / "deep"])
    check_run(["setfattr", "-n", "trusted.kist", "-v", "root's", root / "docs" / "file 2"])
    check_run(["setfacl", "-m", "u:1234:rw,g:5678:r", root / "docs" / "file 2"])
    check_run(["setfacl", "-d", "-m", "u:1234:rwx", root / "docs" / "deep"])
    os.utime(root / "docs" / "file 4", ns=(1, 1_234_567_890_123_456_789))
    os.utime(root / "docs" / "file 5", ns=(1, -5_000_000_001))
    os.utime(root / "link", ns=(1, 987_654_321_000_000_001), follow_symlinks=False)
    os.utime(root / "docs", ns=(1, 1_000_000_000_000_000_001))


class Fidelity(Case):
    def test_everything_comes_back(self):
        make_tree(self.source)
        self.prepare("128M")
        self.backup()
        target = self.home / "restored"
        self.kist("restore", "latest", "--to", target)
        self.assert_same(self.source, target)
        self.assertLess((target / "sparse").stat().st_blocks * 512, 1 << 20, "holes came back as zeros")
        self.assertEqual((target / "docs" / "file 5").stat().st_mtime_ns, -5_000_000_001)
        mirror = self.mount_point / "latest" / "files" / socket.gethostname()
        self.assert_same(self.source, pathlib.Path(f"{mirror}{self.source}"))
        self.assert_sound()

    def test_every_version_comes_back_after_changes(self):
        make_tree(self.source)
        self.prepare("160M")
        states = []
        for change in [self.change_nothing, self.change_contents, self.rename_folders, self.delete_much]:
            change()
            state = self.home / f"state-{len(states)}"
            check_run(["cp", "-a", self.source, state])
            self.backup()
            states.append(state)
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point)
        for number, state in enumerate(states, 1):
            self.assert_restores(number, state)
        self.assert_sound()

    def change_nothing(self):
        pass

    def change_contents(self):
        with (self.source / "docs" / "big").open("r+b") as file:
            file.seek(1 << 20)
            file.write(b"changed in place")
        (self.source / "docs" / "file 9").write_bytes(b"")
        os.unlink(self.source / "linked too")
        (self.source / "linked too").write_text("on its own now")
        os.chmod(self.source / "docs" / "file 8", 0o640)
        os.unlink(self.source / "fifo")
        (self.source / "fifo").mkdir()

    def rename_folders(self):
        os.rename(self.source / "docs", self.source / "papers")
        os.rename(self.source / "papers" / "deep", self.source / "docs")
        os.rename(self.source / "empty", self.source / "docs" / "empty")
        one, two = self.source / "papers" / "file 20", self.source / "papers" / "file 21"
        os.rename(one, self.source / "swap")
        os.rename(two, one)
        os.rename(self.source / "swap", two)

    def delete_much(self):
        shutil.rmtree(self.source / "papers")
        os.unlink(self.source / "sparse")

    def test_a_renamed_folder_is_not_read_again(self):
        make_tree(self.source)
        self.prepare("128M")
        self.backup()
        time.sleep(2.1)  # out of the two seconds in which a time stamp proves nothing
        self.backup()
        os.rename(self.source / "docs", self.source / "papers")
        run_of_rename = self.json("backup", self.source)[0]
        self.assertGreaterEqual(run_of_rename["renamed"], 1)
        self.assertEqual(run_of_rename["bytes_read"], 0)
        self.assert_restores(3, self.source)

    def test_single_files_and_parts(self):
        make_tree(self.source)
        self.prepare("128M")
        self.backup()
        self.backup(self.key)
        self.kist("restore", f"latest:{self.key}", "--to", self.home / "one")
        self.assertEqual((self.home / "one" / "key").read_bytes(), self.key.read_bytes())
        self.kist("restore", f"1:{self.source}/docs/deep", "--to", self.home / "part")
        self.assert_same(self.source / "docs" / "deep", self.home / "part")
        shutil.rmtree(self.source / "docs" / "deep")
        self.kist("restore", f"1:{self.source}/docs/deep", "--yes")
        self.assert_same(self.home / "part", self.source / "docs" / "deep")


class Reading(Case):
    def setUp(self):
        super().setUp()
        make_tree(self.source)
        self.prepare("128M")
        self.backup()

    def test_cat_gives_the_bytes(self):
        for name in ["docs/big", "sparse", "empty file", "docs/file 49"]:
            result = run([KIST, "--volume", self.container, "cat", f"latest:{self.source}/{name}"])
            self.assertEqual(result.stdout, (self.source / name).read_bytes())

    def test_ls_shows_every_name_without_control_bytes(self):
        text = self.kist("ls", "-lR", "latest").stdout
        self.assertEqual(len(text.splitlines()), sum(len(d) + len(f) for _, d, f in os.walk(self.source)))
        self.assertNotIn("\x1b", text)
        self.assertIn(r"new\x0aline", text)
        self.assertIn(r"invalid \xff\xfe", text)
        self.assertIn("rwsr-sr-x", text)

    def test_json_is_complete(self):
        entries = self.json("ls", "-R", "latest")
        paths = {base64.b64decode(e["path_b64"]) if "path_b64" in e else e["path"].encode() for e in entries}
        expected = {os.path.join(root, name) for root, folders, files in os.walk(os.fsencode(self.source))
                    for name in folders + files}
        self.assertEqual(paths, expected)
        kinds = {entry["kind"] for entry in entries}
        self.assertEqual(kinds, {"file", "directory", "symlink", "fifo", "socket", "character-device", "block-device"})
        snapshot = self.json("list")[0]
        self.assertEqual((snapshot["type"], snapshot["number"], snapshot["source"]), ("snapshot", 1, str(self.source)))
        self.assertRegex(snapshot["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        status = self.json("status")[0]
        self.assertEqual((status["state"], status["ok"], status["sources"][0]["snapshots"]), ("open", True, 1))
        check = self.json("check")
        self.assertEqual((check[-1]["type"], check[-1]["sound"], len(check)), ("check", True, 1))
        backup = self.json("backup", self.source)[0]
        self.assertEqual((backup["type"], backup["snapshot"], backup["new"]), ("backup", 2, 0))
        restore = self.json("restore", "1", "--to", self.home / "out")[0]
        self.assertEqual((restore["type"], restore["damaged"]), ("restore", 0))
        self.assertEqual(restore["files"], snapshot["files"])

    def test_damage_is_found_named_and_never_passed_on(self):
        plain = pathlib.Path(f"{self.mount_point}/latest/files/{socket.gethostname()}{self.source}/docs/big")
        before = plain.stat()
        with plain.open("r+b") as file:
            file.seek(1 << 20)
            file.write(b"rot")
        os.utime(plain, ns=(before.st_atime_ns, before.st_mtime_ns))
        result = self.kist("check", expect=4)
        self.assertIn("docs/big", result.stdout)
        self.assertIn("1:", result.stdout)
        result = self.kist("cat", f"1:{self.source}/docs/big", expect=4)
        self.assertEqual(result.stdout, "", "not one byte of it")
        self.assertIn("docs/big", self.kist("restore", "1", "--to", self.home / "out", expect=3).stderr)
        self.assertFalse((self.home / "out" / "docs" / "big").exists())
        self.assertTrue((self.home / "out" / "docs" / "file 1").exists())

    def test_a_closed_volume_is_opened_for_a_command_and_closed_again(self):
        self.kist("close", self.container)
        self.assertEqual(len(self.snapshots()), 1)
        self.kist("cat", "latest:/nowhere", expect=7)
        self.assertIn("No volume is open", self.bare("status").stdout)
        self.assertIn("closed", self.kist("status", key=False).stdout)


class Times(Case):
    def test_snapshots_are_named_by_time(self):
        self.prepare()
        for day, text in [("2026-01-01 10:00", "first"), ("2026-01-05 10:00", "second")]:
            (self.source / "file").write_text(text)
            self.kist("backup", self.source, "--time", day)
        name = f"{self.source}/file"
        self.assertEqual(self.kist("cat", f"2026-01-03:{name}").stdout, "first")
        self.assertEqual(self.kist("cat", f"2026-01-05:{name}").stdout, "second")
        self.assertEqual(self.kist("cat", f"latest~1:{name}").stdout, "first")
        self.kist("cat", f"2025-12-31:{name}", expect=7)


class OnATerminal(Case):
    def talk(self, argv, answers):
        """Runs argv with a terminal, answers each question as it appears, and returns the status and all that was shown."""
        child, terminal = pty.fork()
        if child == 0:
            os.execv(argv[0], [os.fsencode(word) for word in argv])
        shown = b""
        answers = list(answers)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if answers and answers[0][0] in shown:
                os.write(terminal, answers.pop(0)[1] + b"\n")
        else:
            os.kill(child, 9)
        self.assertEqual(answers, [], shown)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown

    def test_passphrases_are_asked_without_echo(self):
        prepare = [KIST, "prepare", self.container, "--size", "64M", *LOW_COST]
        code, shown = self.talk(prepare, [(b"New passphrase", b"open sesame"), (b"same again", b"open sesamo")])
        self.assertEqual(code, 2, shown)
        self.assertFalse(self.container.exists())
        code, shown = self.talk(prepare, [(b"New passphrase", b"open sesame"), (b"same again", b"open sesame")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(b"sesame", shown)
        self.bare("close", self.container)
        code, shown = self.talk([KIST, "open", self.container], [(b"Passphrase for", b"open sesame")])
        self.assertEqual(code, 0, shown)

    def test_restore_in_place_asks_first(self):
        (self.source / "file").write_text("old")
        self.prepare()
        self.backup()
        (self.source / "file").write_text("new")
        restore = [KIST, "--volume", self.container, "restore", f"latest:{self.source}/file"]
        self.assertEqual(self.talk(restore, [(b"[y/N]", b"n")])[0], 130)
        self.assertEqual((self.source / "file").read_text(), "new")
        self.assertEqual(self.talk(restore, [(b"[y/N]", b"y")])[0], 0)
        self.assertEqual((self.source / "file").read_text(), "old")

    def test_progress_is_drawn_on_a_terminal_only(self):
        for i in range(150):  # enough to last longer than the tenth of a second before the first line
            (self.source / str(i)).write_bytes(os.urandom(1 << 20))
        self.prepare("256M")
        code, shown = self.talk([KIST, "--volume", self.container, "backup", self.source], [])
        self.assertEqual(code, 0, shown)
        self.assertIn(b"files", shown)
        self.assertNotIn(b"\x1b[K", self.backup().stderr.encode())
        code, shown = self.talk([KIST, "--volume", self.container, "--no-progress", "check"], [])
        self.assertNotIn(b"\x1b[K", shown)


if __name__ == "__main__":
    kist_driver.main()
