"""Backups, each disturbed at a random moment: the disk loses power, fails to write, or is pulled out, round after round.

Each round changes the source, starts a backup, disturbs it, and brings the disk back. Then every snapshot that was
committed must restore as it was, and the next round goes on from there; at the end check and e2fsck must be content.
KIST_VM_ROUNDS rounds for each kind of trouble, moments by KIST_SEED.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import time

import guest_driver
from guest_driver import KIST, SCRATCH, Case, check_run, cut_power, disk, only_usb_disk, plug, unplug
from power import dmsetup

ROUNDS = int(os.environ["KIST_VM_ROUNDS"])
SEED = int(os.environ["KIST_SEED"])
KEPT = 3  # snapshots; older ones are forgotten
LONGEST = 4.0  # seconds after which a backup here is over


class Rounds(Case):
    NAME = None

    def setUp(self):
        super().setUp()
        self.key.write_bytes(b"key")
        self.random = random.Random(f"{SEED} {self.NAME} {self._testMethodName}")
        self.state = SCRATCH / "rounds" / self.NAME
        self.source = self.state / "source"
        self.source.mkdir(parents=True, exist_ok=True)

    def kept(self, number):
        return self.state / f"kept-{number}"

    def open(self):
        self.kist("open", self.container, "--at", self.mount_point)

    def change_source(self):
        for number in range(12):
            path = self.source / f"file {self.random.randrange(40)}"
            path.write_bytes(self.random.randbytes(self.random.choice((500, 60_000, 300_000))))
        image = self.source / "image"
        if not image.exists():
            image.write_bytes(self.random.randbytes(5 << 20))
        with image.open("r+b") as file:
            file.seek(self.random.randrange(5 << 20))
            file.write(self.random.randbytes(2000))
        names = sorted(self.source.glob("file*"))
        names[0].rename(self.source / f"renamed {self.random.randrange(10**9)}")
        names[1].unlink()
        os.sync()  # the source's disk is not what fails

    def keep_changed_source(self):
        """Returns the number that its snapshot will have."""
        self.change_source()
        number = 1 + max(self.snapshots(), default=0)
        shutil.rmtree(self.kept(number), ignore_errors=True)
        check_run(["cp", "-a", self.source, self.kept(number)])
        os.sync()
        return number

    def disturbed_backup(self, disturb):
        """Calls `disturb` at some moment of a backup, and tells whether that was over by then."""
        number = self.keep_changed_source()
        process = subprocess.Popen([KIST, "--volume", self.mount_point, "backup", self.source],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.random.random() * LONGEST)
        was_over = process.poll() == 0
        disturb()
        process.kill()
        process.wait()
        return number if was_over else None

    def expect_everything(self, committed, before):
        present = set(self.snapshots())
        missing = before - present
        self.assertEqual(missing, set(), "snapshots that were committed")
        if committed is not None:
            self.assertIn(committed, present, "its backup had returned")
        for number in present:
            self.assert_restores(number, self.kept(number))
        for path in self.state.glob("kept-*"):
            if int(path.name[5:]) not in present:
                shutil.rmtree(path)
        for number in sorted(present)[:-KEPT]:
            self.kist("forget", "--yes", str(number))

    def rounds(self, disturb, recover):
        self.open()
        for number in range(ROUNDS):
            before = set(self.snapshots())
            committed = self.disturbed_backup(disturb)
            recover()
            self.open()
            with self.subTest(round=number):
                self.expect_everything(committed, before)
        self.back_up_undisturbed()
        self.kist("close", self.mount_point)

    def back_up_undisturbed(self):
        number = self.keep_changed_source()
        self.backup()
        self.assert_restores(number, self.kept(number))
        self.assert_sound()


class OnFlakyDisk(Rounds):
    """Below the volume lies a mapping of device mapper's; what it has not been told to flush may go."""

    def setUp(self):
        super().setUp()
        self.below = disk("disk1")
        self.sectors = check_run(["blockdev", "--getsz", self.below]).strip()
        self.container = pathlib.Path("/dev/mapper/flaky")
        dmsetup("create", "flaky", "--table", self.table("linear"))

    def tidy(self):
        super().tidy()
        dmsetup("remove", "flaky")

    def table(self, kind, *words):
        return " ".join(["0", self.sectors, kind, str(self.below), "0", *words])

    def load(self, table):
        dmsetup("suspend", "--noflush", "--nolockfs", "flaky")
        dmsetup("load", "flaky", "--table", table)
        dmsetup("resume", "flaky")

    def recover(self):
        """As after a restart: whatever the kernel still remembers is not on the disk."""
        self.kist("close", "--lazy", self.mount_point, expect=None)
        self.wait_until_closed()
        self.load(self.table("linear"))

    def wait_until_closed(self):
        def is_free():
            return int(check_run(["dmsetup", "info", "-c", "--noheadings", "-o", "open", "flaky"])) == 0
        guest_driver.wait_for(is_free, "nobody has the disk open")


class LosesPower(OnFlakyDisk):
    NAME = "loses-power"

    def test_from_then_on_nothing_reaches_the_disk(self):
        self.rounds(lambda: self.load(self.table("flakey", "0", "1", "1", "drop_writes")), self.recover)


class FailsToWrite(OnFlakyDisk):
    NAME = "fails-to-write"

    def setUp(self):
        super().setUp()
        self.kist("open", self.container, "--at", self.mount_point)
        for number in self.snapshots():  # the other kind's
            check_run(["cp", "-a", SCRATCH / "rounds" / LosesPower.NAME / f"kept-{number}", self.kept(number)])
        self.kist("close", self.mount_point)
        self.source = SCRATCH / "rounds" / LosesPower.NAME / "source"

    def test_every_write_fails_from_then_on(self):
        self.rounds(lambda: self.load(self.table("flakey", "0", "1", "1", "error_writes")), self.recover)


class IsPulledOut(Rounds):
    NAME = "is-pulled-out"

    def setUp(self):
        super().setUp()
        self.container = plug("usb0")

    def recover(self):
        self.bare("close", self.mount_point, expect=None)
        self.container = plug("usb0")

    def test_in_the_middle_of_backups(self):
        self.rounds(lambda: unplug("usb0"), self.recover)
        self.open()
        (self.state / "committed").write_text(json.dumps(self.snapshots()))
        self.disturbed_backup(cut_power)


class AfterTheCut(Rounds):
    NAME = IsPulledOut.NAME

    def test_the_machine_lost_power_too(self):
        self.container = only_usb_disk()
        self.open()
        self.expect_everything(None, set(json.loads((self.state / "committed").read_text())))
        self.back_up_undisturbed()


if __name__ == "__main__":
    guest_driver.main()
