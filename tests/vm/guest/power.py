"""A power cut in the middle of a backup to a USB disk, and a disk that fails to write."""

import os
import pathlib
import subprocess

import guest_driver
from guest_driver import SCRATCH, Case, check_run, cut_power, disk, only_usb_disk, start_backup

STATE = SCRATCH / "state"  # what snapshot 1 holds
SOURCE = SCRATCH / "source"


class OnUsb(Case):
    def setUp(self):
        super().setUp()
        self.key.write_bytes(b"key")
        self.source = SOURCE
        self.container = only_usb_disk()
        self.kist("open", self.container, "--at", self.mount_point)


class BeforeTheCut(OnUsb):
    def test_power_is_cut(self):
        SOURCE.mkdir()
        for i in range(20):
            (SOURCE / f"file {i}").write_bytes(os.urandom(i * 3000))
        self.backup()
        check_run(["cp", "-a", SOURCE, STATE])
        for i in range(30):
            (SOURCE / f"more {i}").write_bytes(os.urandom(1 << 20))
        (SOURCE / "file 7").write_text("changed")
        os.sync()
        start_backup(self)
        cut_power()


class AfterTheCut(OnUsb):
    def test_every_committed_snapshot_is_whole_and_the_next_backup_works(self):
        self.assertEqual(self.snapshots(), [1])
        self.assert_restores(1, STATE)
        self.assert_sound()
        self.backup()
        self.assert_restores(2, SOURCE)
        self.assert_restores(1, STATE)
        self.assert_sound()


class FailingDisk(Case):
    """Below the volume lies a mapping of device mapper's that fails on demand."""

    def setUp(self):
        super().setUp()
        self.key.write_bytes(b"key")
        self.below = disk("disk1")
        self.sectors = check_run(["blockdev", "--getsz", self.below]).strip()
        self.container = pathlib.Path("/dev/mapper/failing")
        dmsetup("create", "failing", "--table", f"0 {self.sectors} linear {self.below} 0")

    def tidy(self):
        self.become_healthy()
        super().tidy()
        dmsetup("remove", "failing")

    def become_healthy(self):
        self.load(f"0 {self.sectors} linear {self.below} 0")

    def fail_writes(self):
        self.load(f"0 {self.sectors} flakey {self.below} 0 0 1 1 error_writes")

    def load(self, table):
        dmsetup("suspend", "--noflush", "--nolockfs", "failing")
        dmsetup("load", "failing", "--table", table)
        dmsetup("resume", "failing")

    def test_failed_writes_end_the_backup_and_cost_nothing_that_was_committed(self):
        self.kist("open", self.container, "--at", self.mount_point)
        (self.source / "file").write_bytes(os.urandom(100_000))
        self.backup()
        state = self.home / "state"
        check_run(["cp", "-a", self.source, state])
        for i in range(20):
            (self.source / f"more {i}").write_bytes(os.urandom(1 << 20))
        self.fail_writes()
        self.assertIn("stopped writing", self.backup(expect=1).stderr)
        self.assertIn("stopped writing", self.kist("status", expect=3).stdout)
        self.assertIn("not everything could be written", self.kist("close", self.container, expect=1).stderr)
        self.become_healthy()
        self.kist("open", self.container, "--at", self.mount_point)
        self.assertEqual(self.snapshots(), [1])
        self.assert_restores(1, state)
        self.backup()
        self.assert_restores(2, self.source)
        self.assert_sound()


def dmsetup(*words):
    check_run(["dmsetup", *words], env={**os.environ, "DM_DISABLE_UDEV": "1"})


if __name__ == "__main__":
    guest_driver.main()
