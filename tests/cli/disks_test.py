"""prepare, adopt, resize and erase on real devices; loop devices stand for disks.

sfdisk, blkid, cryptsetup, e2fsck and the other filesystems' own tools are the judges.
"""

import json
import os
import pathlib
import pty
import signal
import subprocess

import kist_driver
from kist_driver import KIST, LOW_COST, Case, check_run, run, wait_until

CHEAP_LUKS = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]


class DiskCase(Case):
    def setUp(self):
        super().setUp()
        self.image = kist_driver.FOLDER / (self.home.name + ".disk")
        self.disk = self.attach("300M")
        self.partition = self.disk + "p1"

    def attach(self, size):
        check_run(["truncate", "-s", size, self.image])
        disk = check_run(["losetup", "--find", "--show", self.image]).strip()
        self.addCleanup(self.detach, disk)
        return disk

    def detach(self, disk):
        for mount_point in [self.mount_point, self.home / "other"]:
            run([KIST, "close", mount_point])
        run(["partx", "-d", disk])
        check_run(["losetup", "--detach", disk])
        self.image.unlink()

    def prepare_disk(self, *words, expect=0):
        return self.kist("prepare", self.disk, "--at", self.mount_point, *LOW_COST, *words, expect=expect)

    def blkid(self, tag, device):
        return run(["blkid", "-p", "-o", "value", "-s", tag, device]).stdout.decode().strip()


class Prepare(DiskCase):
    def test_a_disk_from_empty_to_restored(self):
        (self.source / "file").write_bytes(os.urandom(100000))
        self.prepare_disk("--yes-erase", self.disk, "--label", "my (own) disk")
        parts = json.loads(check_run(["sfdisk", "--json", self.disk]))["partitiontable"]
        self.assertEqual((parts["label"], len(parts["partitions"])), ("gpt", 1))
        self.assertEqual(parts["partitions"][0]["name"], "Kist my (own) disk")
        self.assertEqual((self.blkid("TYPE", self.partition), self.blkid("LABEL", self.partition)),
                         ("crypto_LUKS", "my (own) disk"))
        dump = check_run(["cryptsetup", "luksDump", self.partition])
        for words in ["argon2id", "Subsystem:     \tkist\n", "sector: 4096"]:
            self.assertIn(words, dump)
        self.assertTrue((self.mount_point / "README.txt").exists())
        self.bare("backup", self.source)
        self.bare("close", self.disk)
        self.bare("--volume", self.disk, "--key-file", self.key, "restore", "latest", "--to", self.home / "back")
        self.assert_same(self.source, self.home / "back")

    def test_every_filesystem_holds_a_backup(self):
        (self.source / "file").write_bytes(os.urandom(100000))
        check_run(["truncate", "-s", "400M", self.image])
        check_run(["losetup", "-c", self.disk])
        for kind in ["btrfs", "xfs"]:
            with self.subTest(kind):
                self.prepare_disk("--yes-erase", self.disk, "--filesystem", kind, "--label", kind)
                self.assertEqual(check_run(["findmnt", "-n", "-o", "FSTYPE", self.mount_point]).strip(), kind)
                self.bare("backup", self.source)
                self.bare("check")
                self.bare("close", self.disk)
                self.bare("--key-file", self.key, "open", self.disk, "--at", self.mount_point)
                self.bare("restore", "latest", "--to", self.home / kind)
                self.assert_same(self.source, self.home / kind)
                self.bare("close", self.disk)

    def test_without_a_word_nothing_is_erased(self):
        check_run(["mkfs.ext4", "-q", "-F", "-L", "photos", self.disk])
        result = self.prepare_disk(expect=2)
        self.assertIn(f"--yes-erase {self.disk}", result.stderr)
        self.assertIn("photos", result.stderr)
        self.assertIn("--yes-erase", self.prepare_disk("--yes-erase", "WD-1234", expect=2).stderr)
        self.assertEqual(self.blkid("LABEL", self.disk), "photos")
        shown = self.bare("--json", "--key-file", self.key, "prepare", self.disk, expect=2).stdout
        found = json.loads(shown.splitlines()[0])
        self.assertEqual((found["type"], found["kind"], found["transport"]), ("target", "disk", "loop"))
        self.assertEqual(found["disk"]["signatures"][0]["label"], "photos")

    def test_the_name_is_typed_before_anything_is_lost(self):
        check_run(["mkfs.ext4", "-q", "-F", "-L", "photos", self.disk])
        self.assertEqual(self.type_name("/dev/sda"), 2)
        self.assertEqual(self.blkid("LABEL", self.disk), "photos")
        self.assertEqual(self.type_name(self.disk), 0)
        self.assertEqual(self.blkid("TYPE", self.partition), "crypto_LUKS")

    def type_name(self, name):
        terminal, end = pty.openpty()
        os.write(terminal, name.encode() + b"\n")
        argv = [KIST, "--key-file", self.key, "prepare", self.disk, "--at", self.mount_point, *LOW_COST]
        try:
            return run(argv, stdin=end).returncode
        finally:
            os.close(end)
            os.close(terminal)

    def test_what_is_mounted_is_refused_with_its_place(self):
        check_run(["mkfs.ext4", "-q", "-F", self.disk])
        place = self.home / "a (b) \"c\""
        place.mkdir()
        check_run(["mount", self.disk, place])
        result = self.prepare_disk("--yes-erase", self.disk, expect=6)
        self.assertIn(str(place), result.stderr)
        check_run(["umount", place])
        check_run(["e2fsck", "-fn", self.disk])

    def test_targets_of_the_wrong_kind(self):
        self.kist("prepare", self.source, "--size", "64M", expect=2)
        self.kist("prepare", "/dev/null", expect=2)
        self.kist("prepare", "/dev/no-such-disk", expect=7)
        self.prepare_disk("--yes-erase", self.disk, "--size", "64M", expect=2)
        self.prepare_disk("--yes-erase", self.disk, "--filesystem", "ntfs", expect=2)
        self.prepare_disk("--yes-erase", self.disk, "--label", "two\nlines", expect=2)
        check_run(["blockdev", "--setro", self.disk])
        self.assertIn("write-protected", self.prepare_disk("--yes-erase", self.disk, expect=1).stderr)
        check_run(["blockdev", "--setrw", self.disk])
        self.assertEqual(self.blkid("PTTYPE", self.disk), "")

    def test_killed_anywhere_it_says_so_and_begins_again(self):
        points = {
            "the table is there": self.partition_is_there,
            "the header is there": lambda: self.partition_is_there() and self.begins_with_luks(),
            "it is mounted": lambda: os.path.ismount(self.mount_point),
        }
        for point, reached in points.items():
            with self.subTest(point):
                self.kill_when(reached, point)
                self.bare("close", self.disk)
                result = self.kist("open", self.disk, "--at", self.mount_point, expect=1)
                self.assertIn("interrupted", result.stderr)
                self.assertIn("kist prepare", result.stderr)
                self.assertIn("interrupted", self.prepare_disk(expect=2).stderr)
                self.prepare_disk("--yes-erase", self.disk)
                self.bare("backup", self.source)
                self.bare("close", self.disk)

    def partition_is_there(self):
        return os.path.exists("/sys/class/block/" + os.path.basename(self.partition)) and os.path.exists(self.partition)

    def begins_with_luks(self):
        try:
            with open(self.partition, "rb") as device:
                return device.read(6) == b"LUKS\xba\xbe"
        except OSError:  # it is being replaced just now
            return False

    def kill_when(self, reached, point):
        for _ in range(5):  # on a busy machine it may be done before it is killed
            run(["wipefs", "-a", self.partition])
            run(["wipefs", "-a", self.disk])
            run(["partx", "-d", self.disk])
            if self.is_killed_when(reached, point):
                return
            self.bare("close", self.disk)
        self.fail("it was always done before it could be killed")

    def is_killed_when(self, reached, point):
        argv = [KIST, "--key-file", self.key, "prepare", self.disk, "--at", self.mount_point, "--yes-erase", self.disk]
        # Passes that take long: the header is there some time before its key is.
        process = subprocess.Popen([*map(str, argv), "--pbkdf-memory", "32M", "--iter-time", "1000"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_until(lambda: reached() or process.poll() is not None, point)
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL


class Containers(Case):
    def test_killed_prepare_of_a_file_begins_again(self):
        argv = [KIST, "--key-file", self.key, "prepare", self.container, "--size", "64M"]
        process = subprocess.Popen([*map(str, argv), "--pbkdf-memory", "32M", "--iter-time", "1000"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.container.exists() and self.container.stat().st_size > 0, "the file is there")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertIn("interrupted", self.kist("open", self.container, expect=1).stderr)
        self.kist("prepare", self.container, "--size", "64M", *LOW_COST, expect=2)
        self.kist("prepare", self.container, "--size", "64M", "--yes-erase", self.container, *LOW_COST)

    def test_resize_grows_and_shrinks_with_what_it_holds(self):
        self.prepare("64M")
        (self.source / "file").write_bytes(os.urandom(10 << 20))
        self.backup()
        self.kist("resize", self.container, "--size", "128M")
        self.assertEqual(self.container.stat().st_size, 128 << 20)
        self.assertGreater(os.statvfs(self.mount_point).f_blocks * 4096, 90 << 20)
        (self.source / "more").write_bytes(os.urandom(50 << 20))
        self.backup()
        self.kist("resize", self.container, "--size", "48M", expect=8)
        self.assertEqual(self.container.stat().st_size, 128 << 20)
        self.kist("close", self.container)
        self.assertEqual(self.json("resize", self.container, "--size", "112M")[0]["open"], False)
        self.assertEqual(self.container.stat().st_size, 112 << 20)
        self.kist("open", self.container, "--at", self.mount_point)
        self.assert_restores(2, self.source)
        self.assert_sound()
        self.kist("resize", self.container, "--size", "16M", expect=2)
        self.kist("resize", self.container, "--max", expect=2)
        self.kist("resize", self.container, expect=2)

    def test_resize_of_a_volume_in_use_changes_nothing(self):
        self.prepare()
        with open(self.mount_point / "held", "w"):
            self.kist("resize", self.container, "--size", "128M", expect=6)
        self.assertEqual(self.container.stat().st_size, 64 << 20)
        self.key.write_bytes(b"wrong")
        self.kist("resize", self.container, "--size", "128M", expect=5)
        self.assertTrue(os.path.ismount(self.mount_point))

    def test_btrfs_shrinks_and_xfs_says_that_it_cannot(self):
        for kind, code, size in [("btrfs", 0, 350), ("xfs", 2, 400)]:
            with self.subTest(kind):
                self.kist("prepare", self.container, "--size", "400M", "--filesystem", kind, "--at", self.mount_point,
                          *LOW_COST)
                self.kist("resize", self.container, "--size", "350M", expect=code)
                self.assertEqual(self.container.stat().st_size, size << 20)
                self.kist("resize", self.container, "--size", "450M")
                self.assertGreater(os.statvfs(self.mount_point).f_blocks * 4096, 360 << 20)
                self.kist("close", self.container)
                self.container.unlink()

    def test_erased_is_gone(self):
        self.prepare()
        header = self.home / "header"
        check_run(["cryptsetup", "luksHeaderBackup", self.container, "--header-backup-file", header])
        uuid = check_run(["cryptsetup", "luksUUID", self.container]).strip()
        self.kist("erase", self.container, "--yes-erase", uuid, expect=6)
        self.kist("close", self.container)
        self.kist("erase", self.container, expect=2)
        self.kist("erase", self.container, "--yes-erase", "other", expect=2)
        self.kist("open", self.container, "--at", self.mount_point)
        self.kist("close", self.container)
        self.assertIn("saved", self.kist("erase", self.container, "--yes-erase", uuid).stdout)
        self.kist("open", self.container, expect=1)
        self.assertNotEqual(run(["cryptsetup", "isLuks", self.container]).returncode, 0)
        self.assertNotEqual(run(["cryptsetup", "repair", "--batch-mode", self.container]).returncode, 0)


class Adopt(DiskCase):
    def encrypt(self, *words):
        """Makes the disk a LUKS volume with somebody's files on it, without Kist and without device mapper."""
        tree = self.home / "tree"
        tree.mkdir()
        (tree / "letter").write_text("mine")
        (tree / "README.txt").write_text("not Kist's")
        check_run(["mkfs.ext4", "-q", "-F", "-d", tree, self.disk, "200M"])
        check_run(["cryptsetup", "reencrypt", "--encrypt", "--type", "luks2", "--batch-mode", "--key-file", self.key,
                   "--reduce-device-size", "32M", *CHEAP_LUKS, self.disk])

    def test_luks1_and_luks2_volumes_keep_what_is_on_them(self):
        self.encrypt()
        for version in ["2", "1"]:
            with self.subTest(version):
                if version == "1":
                    check_run(["cryptsetup", "convert", "--type", "luks1", "--batch-mode", self.disk])
                    for known in pathlib.Path("/var/lib/kist/volumes").iterdir():
                        known.unlink()  # it remembers the header that has just been exchanged, and would refuse this one
                self.assert_adopted()
                self.assertIn(f"Version:       \t{version}", check_run(["cryptsetup", "luksDump", self.disk]))

    def assert_adopted(self):
        self.kist("adopt", self.disk, "--at", self.mount_point)
        self.assertEqual((self.mount_point / "letter").read_text(), "mine")
        self.assertEqual((self.mount_point / "README.txt").read_text(), "not Kist's")
        self.assertIn("Kist", (self.mount_point / "README-KIST.txt").read_text())
        (self.source / "file").write_text("x")
        self.bare("backup", self.source)
        self.bare("check")
        self.bare("adopt", self.disk)
        self.bare("close", self.disk)

    def test_what_is_no_luks_volume_is_refused(self):
        check_run(["mkfs.ext4", "-q", "-F", self.disk])
        self.kist("adopt", self.disk, expect=1)
        self.kist("adopt", self.home / "absent", expect=7)

    def test_a_mounted_folder(self):
        check_run(["mkfs.ext4", "-q", "-F", self.disk])
        folder = self.mount_point
        self.bare("adopt", folder, expect=2)
        check_run(["mount", self.disk, folder])
        try:
            (self.source / "file").write_text("x")
            self.bare("adopt", folder)
            self.bare("--volume", folder, "backup", self.source)
            self.bare("--volume", folder, "status")
            self.bare("adopt", folder)
            self.assert_copy_is_refused_until_it_is_bound(folder)
        finally:
            check_run(["umount", folder])

    def assert_copy_is_refused_until_it_is_bound(self, folder):
        image = self.home / "copy.img"
        check_run(["truncate", "-s", "300M", image])
        check_run(["mkfs.ext4", "-q", image])
        other = self.home / "other"
        other.mkdir()
        check_run(["mount", "-o", "loop", image, other])
        try:
            check_run(["cp", "-a", f"{folder}/.", other])
            result = self.bare("--volume", other, "backup", self.source, expect=1)
            self.assertIn("--rebind", result.stderr)
            self.bare("adopt", other, expect=1)
            self.bare("adopt", "--rebind", other, expect=2)
            self.bare("adopt", "--rebind", "--yes", other)
            self.bare("--volume", other, "backup", self.source)
            self.bare("--volume", other, "check")
        finally:
            check_run(["umount", other])


if __name__ == "__main__":
    kist_driver.main()
