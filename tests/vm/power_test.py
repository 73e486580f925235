"""The power fails in the middle of a backup, and disks fail to write: what was committed stays."""

import vm_driver


class Power(vm_driver.Case):
    def test_cut_in_the_middle_of_a_backup(self):
        usb = [f"{self.volume('usb0', '96M')},plugged"]
        self.boot("power.py", "BeforeTheCut", usb=usb, expect=vm_driver.POWER_CUT)
        self.boot("power.py", "AfterTheCut", "FailingDisk", usb=usb, disks=[self.volume("disk1", "96M")])


if __name__ == "__main__":
    vm_driver.main()
