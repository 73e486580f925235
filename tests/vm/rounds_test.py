"""Backups that are disturbed at random moments, round after round: KIST_VM_ROUNDS for each of three kinds of trouble.

The long mode: KIST_VM_ROUNDS=7 KIST_BOOT_TIMEOUT=3000."""

import os

import vm_driver

ROUNDS = int(os.environ.get("KIST_VM_ROUNDS", "1"))
SEED = int(os.environ.get("KIST_SEED", "1"))


class Rounds(vm_driver.Case):
    def test_every_committed_snapshot_survives(self):
        environment = {"KIST_VM_ROUNDS": str(ROUNDS), "KIST_SEED": str(SEED)}
        usb = self.volume("usb0", "96M")
        disks = [self.volume("disk1", "96M")]
        self.boot("rounds.py", "LosesPower", "IsPulledOut", usb=[usb], disks=disks, environment=environment,
                  expect=vm_driver.POWER_CUT)
        self.boot("rounds.py", "AfterTheCut", "FailsToWrite", usb=[f"{usb},plugged"], disks=disks,
                  environment=environment)


if __name__ == "__main__":
    vm_driver.main()
