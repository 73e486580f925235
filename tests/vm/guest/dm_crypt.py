"""Containers by dm-crypt over a loop device, judged by cryptsetup, lsblk, findmnt, e2fsck and rsync."""

import json
import os
import pathlib
import re

import guest_driver
from guest_driver import Case, check_run


def crypt_devices():
    """The names of all dm-crypt mappings, whoever made them."""
    names = check_run(["dmsetup", "ls", "--target", "crypt"])
    return [] if names.startswith("No devices") else [line.split()[0] for line in names.splitlines()]


def loop_devices():
    return check_run(["losetup", "--list", "--noheadings", "--output", "BACK-FILE"]).split()


def locked_memory(pid):
    """In KiB: what never goes to swap."""
    return int(re.search(r"VmLck:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


class Container(Case):
    def setUp(self):
        super().setUp()
        for i in range(30):
            (self.source / f"file {i}").write_bytes(os.urandom(i * 3000))
        os.link(self.source / "file 3", self.source / "linked")

    def test_prepare_backup_close_open_restore_check(self):
        self.prepare()
        self.assertEqual(self.json("status", expect=3)[0]["engine"], "dm-crypt")
        self.assert_is_mapped()
        self.backup()
        self.kist("close", self.container)
        self.assert_nothing_left()
        self.kist("open", self.container, "--at", self.mount_point)
        self.assert_restores(1, self.source)
        self.assert_sound()
        self.assert_same(self.source, f"{self.mount_point}/latest/files/vm{self.source}")

    def test_either_engine_opens_what_the_other_wrote(self):
        self.prepare()
        self.backup()
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point, "--engine", "userspace")
        volume = self.json("status")[0]
        self.assertEqual((volume["engine"], crypt_devices()), ("userspace", []))
        self.assertGreater(locked_memory(volume["engine_pid"]), 0)
        self.assert_restores(1, self.source)
        (self.source / "file 5").write_text("changed")
        self.backup()
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point, "--engine", "dm-crypt")
        self.assert_is_mapped()
        self.assert_restores(2, self.source)
        self.assert_sound()

    def assert_is_mapped(self):
        """What the kernel and the usual tools say of the open volume."""
        uuid = check_run(["cryptsetup", "luksUUID", self.container]).strip()
        self.assertEqual(crypt_devices(), ["kist-" + uuid])
        status = check_run(["cryptsetup", "status", "kist-" + uuid])
        for words in ["LUKS2", "aes-xts-plain64", "is active and is in use", str(self.container)]:
            self.assertIn(words, status)
        mount = json.loads(check_run(["findmnt", "--json", "--mountpoint", self.mount_point]))["filesystems"][0]
        self.assertEqual((mount["source"], mount["fstype"]), (f"/dev/mapper/kist-{uuid}", "ext4"))
        self.assertIn("crypt", check_run(["lsblk", "--noheadings", "--output", "TYPE", self.device()]))

    def assert_nothing_left(self):
        self.assertEqual(crypt_devices(), [])
        self.assertEqual(loop_devices(), [])
        self.assertEqual(list(pathlib.Path("/dev/mapper").glob("kist-*")), [])


if __name__ == "__main__":
    guest_driver.main()
