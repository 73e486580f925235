"""A USB disk that somebody pulls out, by usb-storage and by UAS, under systemd-udevd."""

import json
import os
import pathlib
import subprocess

import guest_driver
from guest_driver import KIST, Case, check_run, plug, run, start_backup, unplug


class Disk(Case):
    """In its socket and open, with one snapshot."""

    def setUp(self):
        super().setUp()
        self.key.write_bytes(b"key")
        self.container = plug(self.SOCKET)
        self.addCleanup(unplug, self.SOCKET)
        self.kist("open", self.container, "--at", self.mount_point)
        for i in range(10):
            (self.source / f"file {i}").write_bytes(os.urandom(i * 3000))
        self.backup()
        self.state = self.home / "state"
        check_run(["cp", "-a", self.source, self.state])

    def pull_out_and_back(self):
        """The kernel's name for it may be another one afterwards, as long as the old one is in use."""
        unplug(self.SOCKET)
        self.assertEqual(self.status()["state"], "unplugged")
        self.container = plug(self.SOCKET)

    def status(self):
        return json.loads(run([KIST, "--json", "status", self.mount_point]).stdout)

    def assert_nothing_is_left(self):
        self.assertEqual(check_run(["dmsetup", "ls"]), "No devices found\n")
        self.assertNotEqual(run(["findmnt", self.mount_point]).returncode, 0)
        self.assertIn("none-open", self.bare("--json", "status").stdout)

    def assert_goes_on(self):
        """Every committed snapshot is there, and the next backup works."""
        self.assert_restores(1, self.state)
        self.backup()
        self.assert_restores(2, self.source)
        self.assert_sound()


class UsbStorage(Disk):
    SOCKET = "usb0"

    def test_pulled_out_in_the_middle_of_a_backup_closed_and_opened_again(self):
        self.assert_is_a_mapping_that_udev_knows()
        for i in range(30):
            (self.source / f"more {i}").write_bytes(os.urandom(1 << 20))
        backup = start_backup(self)
        unplug(self.SOCKET)
        _, messages = backup.communicate(timeout=60)
        self.assertEqual(backup.returncode, 1)
        self.assertIn("has been unplugged", messages)
        self.assertEqual(self.status()["state"], "unplugged")
        self.bare("close", self.mount_point)
        self.assert_nothing_is_left()
        self.container = plug(self.SOCKET)
        self.kist("open", self.container, "--at", self.mount_point)
        self.assertEqual(self.snapshots(), [1])
        self.assert_goes_on()
        self.kist("close", self.container)
        self.assert_nothing_is_left()

    def assert_is_a_mapping_that_udev_knows(self):
        node = self.device()
        self.assertTrue(pathlib.Path(node).is_symlink(), "udevd makes the names in /dev/mapper")
        self.assertIn("DM_NAME=" + pathlib.Path(node).name, check_run(["udevadm", "info", node]))
        tree = json.loads(check_run(["lsblk", "--json", "--output", "NAME,TYPE,MOUNTPOINT", self.container]))
        mapping = tree["blockdevices"][0]["children"][0]
        self.assertEqual((mapping["type"], mapping["mountpoint"]), ("crypt", str(self.mount_point)))


class Uas(Disk):
    SOCKET = "usb1"

    def test_plugged_in_again_opens_while_somebody_still_stands_in_the_old_mount(self):
        user = subprocess.Popen(["sleep", "600"], cwd=self.mount_point)
        self.addCleanup(lambda: (user.kill(), user.wait()))
        self.pull_out_and_back()
        self.kist("open", self.container, "--at", self.mount_point)
        self.assertEqual(self.status()["state"], "open")
        self.assert_goes_on()
        user.kill()
        user.wait()
        self.kist("close", self.container)
        self.assert_nothing_is_left()


if __name__ == "__main__":
    guest_driver.main()
