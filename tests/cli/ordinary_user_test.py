"""An ordinary user, without root: containers by the userspace engine and fuse2fs, mounted folders as volumes."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import time

import kist_driver
from kist_driver import KIST, LOW_COST, check_run, run

USER = pwd.getpwnam("nobody").pw_uid  # fusermount3 wants a user with a name


class User(kist_driver.Case):
    def setUp(self):
        if shutil.which("fuse2fs") is None:
            self.skipTest("needs the program fuse2fs")
        if not os.stat("/dev/fuse").st_mode & 0o006 == 0o006:
            self.skipTest("/dev/fuse is closed to ordinary users")
        super().setUp()
        for folder in [self.home.parent.parent, self.home.parent]:
            folder.chmod(0o755)
        self.runtime = self.home / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.container = self.home / "own.kist"
        (self.source / "file").write_text("mine")
        os.link(self.source / "file", self.source / "linked")
        (self.source / "folder").mkdir()
        os.symlink("file", self.source / "symlink")
        check_run(["chown", "-R", f"{USER}:{USER}", self.home])
        self.program = self.copy_where_the_user_may_read()

    def copy_where_the_user_may_read(self):
        program = self.home / "kist"
        shutil.copy(KIST, program)
        return program

    def tidy(self):
        self.user("close", expect=None)
        for file in [self.container, self.program]:  # they are large
            file.unlink(missing_ok=True)

    def user(self, *words, expect=0, runtime=True):
        variables = ["env", "-i", "PATH=/usr/bin:/bin", f"HOME={self.home}"]
        if runtime:
            variables.append(f"XDG_RUNTIME_DIR={self.runtime}")
        argv = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", *variables, self.program,
                "--key-file", self.key, *words]
        return self.check_code(run(argv, cwd=self.home), argv, expect)

    def as_user(self, *words):
        return check_run(["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", *words], cwd=self.home)

    def prepare(self, size="64M"):
        return self.user("prepare", self.container, "--size", size, *LOW_COST)

    def restored(self, snapshot, expected):
        target = self.home / f"restored-{snapshot}"
        self.user("restore", str(snapshot), "--to", target)
        self.assert_same(expected, target)

    def processes(self, name):
        """Of this user: other tests have their own on the same machine."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (process / "comm").read_text().strip() == name and process.stat().st_uid in (USER, 0):
                    found.append(int(process.name))
            except OSError:
                pass
        return found


class Container(User):
    def test_the_whole_job(self):
        self.prepare()
        self.assertIn("fuse2fs", self.user("status", expect=3).stdout)
        self.user("backup", self.source)
        (self.source / "file").write_text("mine, changed")
        self.user("backup", self.source)
        self.user("close")
        self.assertNotIn(str(self.runtime), check_run(["findmnt", "--list", "--noheadings", "--output", "TARGET"]))
        self.user("open", self.container)
        self.restored("latest", self.source)
        self.user("check")
        self.assertEqual(self.user("cat", f"1:{self.source}/file").stdout, "mine")
        self.user("close")

    def test_snapshots_are_mounted(self):
        self.prepare()
        self.user("backup", self.source)
        (self.source / "file").write_text("mine, changed")
        self.user("backup", self.source)
        self.user("close")
        shown = self.home / "shown"
        shown.mkdir()
        os.chown(shown, USER, USER)
        self.assertIn("fusermount3 -u", self.user("--volume", self.container, "mount", shown).stdout)
        try:
            self.assertIn("is open at", self.user("status").stdout)
            (source,) = self.as_user("find", shown, "-mindepth", "2", "-maxdepth", "2").split()
            self.assertEqual(self.as_user("diff", "-r", "--no-dereference", self.source, f"{source}/latest/."), "")
            self.assertEqual(self.as_user("cat", f"{source}/latest/linked"), "mine, changed")
            oldest = sorted(self.as_user("ls", source).split())[0]
            self.assertEqual(self.as_user("cat", f"{source}/{oldest}/file"), "mine")
            self.assertNotEqual(run(["ls", shown]).returncode, 0, "nobody else gets in, not even root")
        finally:
            self.as_user("fusermount3", "-u", shown)
        self.assertEqual(list(shown.iterdir()), [])

    def test_restores_in_place(self):
        self.prepare()
        kept = self.home / "kept"
        check_run(["cp", "-a", self.source, kept])
        self.user("backup", self.source)
        (self.source / "file").write_text("spoiled")
        (self.source / "symlink").unlink()
        self.user("restore", "latest", "--yes")
        self.assert_same(kept, self.source)

    def test_file_attributes_that_only_root_sets_are_named(self):
        check_run(["chattr", "+d", self.source / "file"])
        (self.source / "fixed").write_text("root made it so")
        check_run(["chattr", "+i", self.source / "fixed"])
        self.prepare()
        self.user("backup", self.source)
        target = self.home / "out"
        result = self.user("restore", "latest", "--to", target, expect=3)
        self.assertIn("src/fixed: immutable", result.stderr)
        self.assertIn("d", check_run(["lsattr", target / "file"]).split()[0])
        again = self.user("restore", "latest", "--to", target, expect=3)
        self.assertIn("src/fixed: immutable", again.stderr)
        self.assertIn("4 were there already", again.stdout)
        preview = self.user("--json", "restore", "latest", "--to", target, "--dry-run").stdout
        self.assertEqual(json.loads(preview.splitlines()[-1])["replace"], 0)

    def test_root_opens_what_the_user_made(self):
        self.prepare()
        self.user("backup", self.source)
        self.user("close")
        self.mount_point.rmdir()
        self.mount_point.mkdir()
        self.kist("open", self.container, "--at", self.mount_point)
        self.assert_restores("latest", self.source)
        self.assert_sound()
        self.kist("close")
        self.user("open", self.container)
        self.user("check")

    def test_a_killed_engine_or_filesystem_costs_nothing_committed(self):
        self.prepare()
        self.user("backup", self.source)
        for victim in ["fuse2fs", "kist-engine"]:
            for process in self.processes(victim):
                os.kill(process, signal.SIGKILL)
            time.sleep(0.2)
            self.assertIn("died", self.user("status", expect=3).stdout)
            self.user("close")
            self.user("open", self.container)
            self.user("check")
            self.restored("1", self.source)
            shutil.rmtree(self.home / "restored-1")

    def test_somebody_elses_runtime_folder_is_refused(self):
        (self.runtime / "kist").mkdir()  # root's
        self.assertIn("belong to you", self.user("prepare", self.container, "--size", "64M", expect=1).stderr)
        self.assertFalse(self.container.exists())

    def test_without_a_runtime_folder_it_says_what_to_set(self):
        result = self.user("prepare", self.container, "--size", "64M", runtime=False, expect=1)
        self.assertIn("XDG_RUNTIME_DIR", result.stderr)
        self.assertFalse(self.container.exists())


class MountedFolder(User):
    """A disk that the desktop has mounted for the user: the kernel's ext4, on which permissions count."""

    def setUp(self):
        super().setUp()
        disk = self.home / "disk"
        check_run(["truncate", "--size", "96M", disk])
        check_run(["mkfs.ext4", "-q", disk])
        self.mount_point.mkdir(exist_ok=True)
        check_run(["mount", "-o", "loop", disk, self.mount_point])
        os.chown(self.mount_point, USER, USER)
        self.container = disk
        self.user("adopt", self.mount_point)

    def tidy(self):
        check_run(["umount", self.mount_point])
        super().tidy()

    def backed_up(self):
        self.user("--volume", self.mount_point, "backup", self.source)
        self.user("--volume", self.mount_point, "check")
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        self.assert_same(self.source, mirror)

    def test_folders_and_files_that_are_closed_to_their_owner(self):
        closed = self.source / "closed"
        (closed / "below").mkdir(parents=True)
        (closed / "file").write_text("first")
        (closed / "gone").write_text("x")
        (closed / "below" / "deep").write_text("deep")
        image = os.urandom(8 << 20)
        (closed / "image").write_bytes(image)
        check_run(["chown", "-R", f"{USER}:{USER}", closed])
        (closed / "image").chmod(0o444)
        for folder in [closed / "below", closed]:
            folder.chmod(0o555)
        self.backed_up()
        (closed / "file").write_text("second")  # root may
        (closed / "gone").unlink()
        os.chown(shutil.copy(closed / "file", closed / "new"), USER, USER)
        os.link(closed / "file", closed / "below" / "linked")
        time.sleep(2.1)
        self.backed_up()
        (closed / "image").write_bytes(image[:1 << 20] + b"changed" + image[(1 << 20) + 7:])
        time.sleep(2.1)
        self.backed_up()
        closed.rename(self.source / "folder" / "moved")
        self.backed_up()
        shutil.rmtree(self.source / "folder" / "moved" / "below")
        self.backed_up()
        (self.source / "folder" / "moved" / "file").unlink()
        shutil.rmtree(self.source / "folder")
        self.backed_up()
        self.user("--volume", self.mount_point, "undo", "--yes")
        self.user("--volume", self.mount_point, "forget", "2", "--yes")
        self.user("--volume", self.mount_point, "check")


if __name__ == "__main__":
    kist_driver.main()
