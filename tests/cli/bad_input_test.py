"""Whatever is wrong is said clearly, with its own exit code, and nothing is changed by it."""

import os
import pathlib
import shutil
import subprocess
import time

import kist_driver
from kist_driver import KIST, LOW_COST, Case, check_run, run

AS_ROOT_WITHOUT_OVERRIDE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps",
                            "-dac_override,-dac_read_search"]


def damage_both_headers(container):
    """LUKS2 keeps two copies, each with a checksum: bytes in the JSON of both are turned over."""
    with container.open("r+b") as file:
        for copy in range(2):
            file.seek(copy * 0x4000 + 0x1010)
            file.write(b"\xff" * 64)


class Keys(Case):
    def test_wrong_passphrase_changes_nothing(self):
        self.prepare()
        self.kist("close", self.container)
        before = self.container.read_bytes()
        wrong = self.home / "wrong"
        wrong.write_bytes(b"battery staple")
        result = self.bare("open", self.container, "--key-file", wrong, expect=5)
        self.assertIn(self.container.name, result.stderr)
        self.bare("--volume", self.container, "--passphrase-command", "echo staple", "list", expect=5)
        self.assertEqual(before, self.container.read_bytes())
        self.assertIn("No volume is open", self.bare("status").stdout)
        self.assertEqual(list(pathlib.Path("/run/kist").glob("kist")), [])

    def test_no_terminal_and_no_key_file(self):
        self.prepare()
        self.kist("close", self.container)
        for words in [["open", self.container], ["--volume", self.container, "list"],
                      ["--volume", self.container, "backup", self.source],
                      ["prepare", self.home / "second.kist", "--size", "64M"]]:
            result = self.bare(*words, expect=2, start_new_session=True)
            self.assertIn("terminal", result.stderr)
            self.assertIn("--key-file", result.stderr)
        self.assertFalse((self.home / "second.kist").exists())

    def test_key_from_standard_input_and_from_a_command(self):
        self.prepare()
        self.kist("close", self.container)
        with self.key.open("rb") as key:
            self.bare("--volume", self.container, "--key-file", "-", "list", stdin=key)
        self.bare("--volume", self.container, "--passphrase-command", f"cat {self.key}", "list")
        self.assertIn("No volume is open", self.bare("status").stdout)

    def test_empty_new_key(self):
        self.bare("prepare", self.container, "--size", "64M", "--key-file", "/dev/null", *LOW_COST, expect=2)
        self.assertFalse(self.container.exists())


class Volumes(Case):
    def test_missing_container(self):
        self.assertIn("nowhere.kist", self.bare("open", "nowhere.kist", "--key-file", self.key, expect=7).stderr)
        self.bare("--volume", "nowhere.kist", "--key-file", self.key, "list", expect=7)

    def test_a_file_that_is_no_volume(self):
        self.container.write_bytes(os.urandom(1 << 20))
        before = self.container.read_bytes()
        for words in [["open", self.container], ["status", self.container], ["--volume", self.container, "list"]]:
            self.assertIn("LUKS", self.bare(*words, "--key-file", self.key, expect=1).stderr)
        self.assertEqual(before, self.container.read_bytes())

    def test_damaged_header(self):
        self.prepare()
        self.kist("close", self.container)
        damage_both_headers(self.container)
        for words in [["open", self.container], ["status", self.container]]:
            self.assertIn("header", self.bare(*words, "--key-file", self.key, expect=4).stderr)

    def test_prepare_never_overwrites(self):
        self.container.write_bytes(b"precious")
        self.kist("prepare", self.container, "--size", "64M", *LOW_COST, expect=2)
        self.assertEqual(self.container.read_bytes(), b"precious")

    def test_prepare_needs_a_size_that_makes_sense(self):
        for size in [[], ["--size", "much"], ["--size", "1K"]]:
            self.kist("prepare", self.container, *size, *LOW_COST, expect=2)
            self.assertFalse(self.container.exists())

    def test_mount_points(self):
        self.prepare()
        self.kist("close", self.container)
        full = self.home / "full"
        full.mkdir()
        (full / "file").write_text("in the way")
        for wrong in [full, full / "file", self.home / "missing" / "folder"]:
            result = self.kist("open", self.container, "--at", wrong, expect=2)
            self.assertIn(str(wrong), result.stderr)
        self.assertEqual((full / "file").read_text(), "in the way")
        self.kist("open", self.container, "--at", self.mount_point)

    def test_close_of_a_volume_in_use(self):
        self.prepare()
        with (self.mount_point / "README.txt").open():
            self.assertIn("python", self.kist("close", self.container, expect=6).stderr)
        self.kist("close", self.container)
        self.assertIn("not open", self.kist("close", self.container).stdout)


class Sources(Case):
    def test_missing_source(self):
        self.prepare()
        self.assertIn("nowhere", self.backup(self.home / "nowhere", expect=7).stderr)
        (self.source / "a").write_text("a")
        result = self.kist("backup", self.home / "nowhere", self.source, expect=1)
        self.assertIn("nowhere", result.stderr)
        self.assertEqual(len(self.snapshots()), 1, "the other source was backed up")

    def test_source_inside_the_volume(self):
        self.prepare()
        for inside in [self.mount_point, self.mount_point / "latest"]:
            self.assertIn("inside the volume", self.backup(inside, expect=2).stderr)
        self.assertEqual(self.snapshots(), [])

    def test_unreadable_entries_are_named_and_the_rest_is_backed_up(self):
        for name in ["before", "secret", "zebra"]:
            (self.source / name).write_text(name)
        (self.source / "locked").mkdir()
        (self.source / "locked" / "inner").write_text("x")
        for name in ["secret", "locked"]:
            os.chmod(self.source / name, 0o600 if name == "secret" else 0o700)
            os.chown(self.source / name, 65534, 65534)
        self.prepare()
        argv = [*AS_ROOT_WITHOUT_OVERRIDE, KIST, "--volume", self.container, "--json", "backup", self.source]
        result = self.check_code(run(argv), argv, 3)
        self.assertIn(f"{self.source}/secret: ", result.stderr)
        self.assertIn(f"{self.source}/locked: ", result.stderr)
        names = self.kist("ls", "-R", "latest").stdout.split()
        self.assertIn("before", names)
        self.assertIn("zebra", names)
        self.assertNotIn("secret", names)
        status = self.json("status", expect=3)[0]
        self.assertEqual(status["sources"][0]["last"]["skipped"], 2)
        self.backup()  # readable again
        self.kist("status")
        self.assert_restores(2, self.source)

    def test_full_volume(self):
        (self.source / "small").write_bytes(os.urandom(100_000))
        self.prepare("48M")
        self.backup()
        kept = self.home / "kept"
        check_run(["cp", "-a", self.source, kept])
        (self.source / "large").write_bytes(os.urandom(64 << 20))
        result = self.backup(expect=8)
        self.assertGreater(len(result.stderr.splitlines()), 1, "a hint says what to do next")
        self.assertEqual(self.snapshots(), [1])
        self.assert_restores(1, kept)
        (self.source / "large").unlink()
        self.backup()
        self.assert_restores(2, self.source)
        self.assert_sound()


class Words(Case):
    def test_unknown_words_name_the_nearest(self):
        for words, nearest in [(["bakcup", "x"], "backup"), (["sattus"], "status"), (["list", "--jsno"], "--json"),
                               (["prepare", "x", "--szie", "4G"], "--size"), (["--volum", "x", "list"], "--volume")]:
            self.assertIn(nearest, self.bare(*words, expect=2).stderr)
        self.bare("frobnicate", expect=2)
        self.assertIn("Commands:", self.bare(expect=2).stderr)

    def test_snapshots_and_paths(self):
        (self.source / "file").write_text("x")
        self.prepare()
        self.kist("ls", "latest", expect=7)
        self.backup()
        self.kist("ls", "99", expect=7)
        self.kist("ls", "gibberish", expect=2)
        self.kist("cat", f"latest:{self.source}/nothing", expect=7)
        self.kist("cat", f"latest:{self.source}", expect=2)
        self.assertIn("latest:/", self.kist("cat", "latest:relative", expect=2).stderr)
        self.kist("restore", "99", "--to", self.home / "out", expect=7)
        self.kist("restore", "latest", expect=2)  # nobody to confirm it
        self.kist("backup", self.source, "--time", "someday", expect=2)
        self.assertFalse((self.home / "out").exists())

    def test_which_volume(self):
        self.assertIn("no volume is open", self.bare("list", expect=2).stderr)
        self.prepare()
        self.bare("list")
        second = self.home / "second.kist"
        self.bare("prepare", second, "--size", "64M", "--key-file", self.key, "--label", "other", *LOW_COST)
        result = self.bare("list", expect=2)
        self.assertIn(str(second), result.stderr)
        self.assertIn(str(self.container), result.stderr)
        self.bare("--volume", "other", "list")
        self.bare("--volume", self.mount_point, "list")
        self.bare("close", "other")
        uuid = self.json("status", expect=3)[0]["uuid"]
        self.bare("--volume", uuid, "list")

    def test_full_and_closed_outputs(self):
        self.prepare()
        (self.source / "file").write_bytes(os.urandom(3 << 20))
        self.backup()
        with open("/dev/full", "wb") as full:
            argv = [KIST, "--volume", self.container, "list"]
            result = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 8)
        read_end, write_end = os.pipe()
        os.close(read_end)
        argv = [KIST, "--volume", self.container, "cat", f"latest:{self.source}/file"]
        result = subprocess.run(argv, stdout=write_end, stderr=subprocess.PIPE)
        os.close(write_end)
        self.assertEqual((result.returncode, result.stderr), (-13, b""))


if __name__ == "__main__":
    kist_driver.main()
