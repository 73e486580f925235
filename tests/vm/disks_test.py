"""Disks prepared and erased on a machine with systemd and udevd; one of them is pulled out meanwhile."""

import vm_driver


class Disks(vm_driver.Case):
    def test_prepared(self):
        usb = self.image("usb0", "96M")
        self.boot("disks.py", usb=[usb], disks=[self.image("swap", "64M")], systemd=True)


if __name__ == "__main__":
    vm_driver.require_systemd("sgdisk", "lsblk")
    vm_driver.main()
