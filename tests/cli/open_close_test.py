"""Opening and closing: by any of a volume's names, again, read-only, lazily, and when the disk below is full."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import kist_driver
from kist_driver import KIST, PATIENCE, Case, check_run, run

FILESYSTEM_FULL = 8


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wait_for(condition):
    for _ in range(PATIENCE * 20):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")


class OpenAgain(Case):
    def test_is_success_and_asks_for_no_key(self):
        self.prepare()
        result = self.kist("open", self.container, key=False)
        self.assertIn(str(self.mount_point), result.stdout)
        self.kist("open", self.container, "--at", self.mount_point, key=False)

    def test_in_another_way_is_refused(self):
        self.prepare()
        other = self.home / "other"
        other.mkdir()
        self.assertIn(str(self.mount_point), self.kist("open", "--at", other, key=False, expect=6).stderr)
        self.assertIn("for writing", self.kist("open", "--read-only", key=False, expect=6).stderr)

    def test_at_the_same_time_both_succeed_or_one_is_told_to_wait(self):
        self.prepare()
        self.kist("close")
        argv = [KIST, "--key-file", self.key, "open", self.container, "--at", self.mount_point]
        pair = [subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
        codes = sorted(one.wait(PATIENCE) for one in pair)
        self.assertIn(codes, [[0, 0], [0, 6]])
        check_run(["findmnt", self.mount_point])

    def test_the_engine_is_a_choice(self):
        self.prepare()
        self.kist("close")
        self.assertIn("there are", self.kist("open", "--engine", "magic", expect=2).stderr.lower())
        if not os.path.exists("/dev/mapper/control"):
            self.assertIn("device mapper", self.kist("open", "--engine", "dm-crypt", expect=1).stderr)
        self.assertIn("userspace", self.kist("open", "--engine", "userspace").stdout)


class ReadOnly(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        (self.source / "file").write_text("kept")
        self.backup()
        self.kist("close")

    def test_changes_no_byte(self):
        before = digest(self.container)
        self.kist("open", "--read-only", "--at", self.mount_point)
        self.assertIn("ro", check_run(["findmnt", "-no", "OPTIONS", self.mount_point]).split(","))
        with self.assertRaises(OSError):
            (self.mount_point / "new").touch()
        self.kist("list")
        self.kist("check")
        self.assert_restores("latest", self.source)
        self.assertIn("read-only", self.kist("backup", self.source, expect=1).stderr)
        self.kist("status", self.container)
        self.kist("close")
        self.assertEqual(digest(self.container), before)

    def test_works_on_a_write_protected_disk_after_a_crash(self):
        self.kist("open", "--at", self.mount_point)
        os.kill(self.json("status")[0]["engine_pid"], signal.SIGKILL)
        self.kist("close")
        disk = check_run(["losetup", "--find", "--show", "--read-only", self.container]).strip()
        self.addCleanup(run, ["losetup", "-d", disk])
        self.bare("--key-file", self.key, "open", disk, "--at", self.mount_point, expect=1)
        self.bare("--key-file", self.key, "open", disk, "--read-only", "--at", self.mount_point)
        self.bare("--volume", disk, "cat", f"latest:{self.source}/file")
        self.bare("close", disk)


class InUse(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.user = (self.mount_point / "README.txt").open()
        self.addCleanup(self.user.close)

    def test_lazy_close_ends_with_the_last_user(self):
        result = self.kist("close", "--lazy")
        self.assertIn("python", result.stderr)
        self.assertEqual(run(["findmnt", self.mount_point]).returncode, 1)
        self.assertTrue(self.user.read(1), "who has a file open goes on")
        self.assertIn("in use", self.kist("open", self.container, "--at", self.mount_point, expect=6).stderr)
        self.user.close()
        self.kist("open", self.container, "--at", self.mount_point)
        self.kist("check")
        self.kist("close")
        check_run(["cryptsetup", "isLuks", self.container])

    def test_waiting_close_says_for_whom_and_goes_on_then(self):
        argv = [KIST, "--volume", self.container, "close", "--wait"]
        closing = subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.assertIn("python", closing.stderr.readline())
        self.user.close()
        self.assertEqual(closing.wait(PATIENCE), 0)
        closing.stderr.close()
        self.assertEqual(run(["findmnt", self.mount_point]).returncode, 1)

    def test_waiting_close_can_be_interrupted(self):
        argv = [KIST, "--volume", self.container, "close", "--wait"]
        closing = subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        closing.stderr.readline()
        closing.send_signal(signal.SIGINT)
        self.assertEqual(closing.wait(PATIENCE), 130)
        closing.stderr.close()
        check_run(["findmnt", self.mount_point])


class Disks(Case):
    """Loop devices stand for disks."""

    def setUp(self):
        super().setUp()
        self.label = "oc-" + os.urandom(6).hex()  # other tests' loop devices are in sight
        self.kist("prepare", self.container, "--size", "64M", "--label", self.label, "--at", self.mount_point,
                  *kist_driver.LOW_COST)
        self.uuid = self.json("status", expect=3)[0]["uuid"]
        self.kist("close")
        self.disk = self.plug(self.container)

    def plug(self, image):
        device = check_run(["losetup", "--find", "--show", image]).strip()
        self.addCleanup(run, ["losetup", "-d", device])
        self.addCleanup(run, [KIST, "close", device])
        return device

    def test_open_by_every_name(self):
        for name in [self.disk, self.label, self.uuid, "UUID=" + self.uuid, "LABEL=" + self.label]:
            self.bare("--key-file", self.key, "open", name, "--at", self.mount_point)
            self.assertIn(self.disk, self.bare("status", self.label, expect=3).stdout)
            self.bare("close", self.uuid)

    def test_a_name_that_leads_nowhere(self):
        for name in ["no-such-label", "UUID=", "LABEL=", "UUID=0123", "12345678-1234-1234-1234-123456789abc"]:
            self.assertIn(name, self.bare("open", name, expect=7).stderr)

    def test_a_cloned_disk_is_ambiguous_by_name_and_never_opened_beside_the_first(self):
        copy = self.home / "second.kist"
        shutil.copy(self.container, copy)
        second = self.plug(copy)
        message = self.bare("open", self.uuid, expect=2).stderr
        self.assertIn(self.disk, message)
        self.assertIn(second, message)
        self.bare("--key-file", self.key, "open", second, "--at", self.mount_point)
        self.assertIn(second, self.bare("--key-file", self.key, "open", self.disk, expect=6).stderr)

    def test_a_mounted_disk_is_busy(self):
        image = self.home / "plain.img"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        check_run(["mkfs.ext4", "-q", image])
        disk = self.plug(image)
        check_run(["mount", disk, self.mount_point])
        self.addCleanup(run, ["umount", self.mount_point])
        self.assertIn("in use", self.bare("--key-file", self.key, "open", disk, expect=6).stderr)


class FullDiskBelow(Case):
    """A container with holes on a filesystem that fills up: what was committed stays, and the error says what is full."""

    def test_names_the_outer_filesystem_and_loses_nothing(self):
        small = self.home / "small"
        small.mkdir()
        check_run(["mount", "-t", "tmpfs", "-o", "size=48M", "tmpfs", small])
        self.addCleanup(run, ["umount", "-l", small])
        container = small / "thin.kist"
        self.prepare("96M")
        (self.source / "file").write_text("kept")
        self.backup()
        self.kist("close")
        check_run(["cp", "--sparse=always", self.container, container])
        self.container.unlink()
        self.container = container
        check_run(["fallocate", "--dig-holes", container])
        self.kist("open", "--at", self.mount_point)
        before = self.source.stat()
        (self.source / "large").write_bytes(os.urandom(60 << 20))
        result = self.kist("backup", self.source, expect=FILESYSTEM_FULL)
        self.assertIn(str(container), result.stderr)
        self.kist("close", expect=None)
        (self.source / "large").unlink()
        os.utime(self.source, ns=(before.st_atime_ns, before.st_mtime_ns))
        check_run(["mount", "-o", "remount,size=200M", small])
        self.kist("open", "--at", self.mount_point)
        self.kist("check")
        self.assert_restores("1", self.source)
        self.backup()
        self.assert_restores("latest", self.source)
        self.kist("close")


if __name__ == "__main__":
    kist_driver.main()
