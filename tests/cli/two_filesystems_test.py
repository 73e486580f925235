"""Filesystems in one source whose inode numbers, sizes and times are equal: nothing is taken for something else."""

import os
import shutil

import kist_driver
from kist_driver import Case, check_run

EQUAL_TIME = 1_700_000_000_000_000_000


class TwoFilesystems(Case):
    """`one` and `two` in the source are mounts of disks that were filled in the same way with different bytes."""

    def setUp(self):
        super().setUp()
        self.disks = {}
        for name in "one", "two":
            image = self.home / (name + ".disk")
            check_run(["truncate", "-s", "8M", image])
            check_run(["mkfs.ext4", "-q", "-I", "256", "-O", "^has_journal", image])
            self.disks[name] = check_run(["losetup", "--find", "--show", image]).strip()
            self.addCleanup(check_run, ["losetup", "--detach", self.disks[name]])
            (self.source / name).mkdir()
        self.mounted = []
        self.addCleanup(self.unmount)
        self.mount("one", "two")
        for name in "one", "two":
            self.fill(self.source / name, name)
        self.prepare()

    def mount(self, first, second):
        for place, name in zip(("one", "two"), (first, second)):
            check_run(["mount", self.disks[name], self.source / place])
            self.mounted.append(self.source / place)

    def unmount(self):
        while self.mounted:
            check_run(["umount", self.mounted.pop()])

    def fill(self, root, text):
        folder = root / "folder"
        folder.mkdir()
        for name, size in ("small", 10), ("large", 100_000):
            (folder / name).write_bytes((text * size)[:size].encode())
            os.utime(folder / name, ns=(EQUAL_TIME, EQUAL_TIME))

    def back_up_and_compare(self, number):
        kept = self.home / f"kept-{number}"
        check_run(["cp", "-a", self.source, kept])
        self.kist("backup", "--no-default-excludes", self.source)  # lost+found, too
        self.assert_restores(number, kept)
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        self.assert_same(self.source, mirror)

    def test_equal_inodes_stay_apart(self):
        inodes = [(self.source / name / "folder" / file).stat() for name in ("one", "two") for file in ("small", "large")]
        self.assertEqual(inodes[0].st_ino, inodes[2].st_ino, "or this tests nothing")
        self.assertEqual(inodes[1].st_ino, inodes[3].st_ino)
        self.back_up_and_compare(1)
        # A name that is known from the other filesystem, where another file has its inode number.
        (self.source / "one/folder/large").rename(self.source / "one/moved")
        (self.source / "two/folder/large").unlink()
        self.back_up_and_compare(2)
        shutil.move(self.source / "one/folder", self.source / "two/from one")
        shutil.move(self.source / "two/folder", self.source / "one/folder")
        self.back_up_and_compare(3)
        for number in 1, 2, 3:
            self.assert_restores(number, self.home / f"kept-{number}")
        self.assert_sound()

    def test_disks_that_change_places(self):
        self.back_up_and_compare(1)
        self.unmount()
        self.mount("two", "one")
        self.back_up_and_compare(2)
        self.unmount()
        self.back_up_and_compare(3)  # nothing is mounted at all
        self.mount("one", "two")
        self.back_up_and_compare(4)
        for number in 1, 2, 3, 4:
            self.assert_restores(number, self.home / f"kept-{number}")
        self.assert_sound()

    def test_a_disk_that_is_made_anew(self):
        """The same numbers, device and all, for other files."""
        self.back_up_and_compare(1)
        self.unmount()
        uuid = check_run(["blkid", "-o", "value", "-s", "UUID", self.disks["one"]]).strip()
        check_run(["mkfs.ext4", "-q", "-F", "-U", uuid, "-I", "256", "-O", "^has_journal", self.disks["one"]])
        self.mount("one", "two")
        self.fill(self.source / "one", "new")
        self.back_up_and_compare(2)
        self.assert_restores(1, self.home / "kept-1")
        self.assert_sound()


if __name__ == "__main__":
    kist_driver.main()
