"""Backups that are disturbed at random moments, round after round: KIST_VM_ROUNDS for each of three kinds of trouble."""

import os

import vm_driver

ROUNDS = int(os.environ.get("KIST_VM_ROUNDS", "2"))
SEED = int(os.environ.get("KIST_SEED", "1"))


class Rounds(vm_driver.Case):
    def test_every_committed_snapshot_survives(self):
        environment = {"KIST_VM_ROUNDS": str(ROUNDS), "KIST_SEED": str(SEED)}
        usb = self.volume("usb0", "96M")
        self.boot("rounds.py", "LosesPower", "FailsToWrite", "IsPulledOut", usb=[usb], disks=[self.volume("disk1", "96M")],
                  environment=environment, expect=vm_driver.POWER_CUT)
        self.boot("rounds.py", "AfterTheCut", usb=[f"{usb},plugged"], environment=environment)


if __name__ == "__main__":
    vm_driver.main()
