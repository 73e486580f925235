"""USB disks on a machine with systemd and udevd: plugged, opened, pulled out in the middle of a backup, plugged in again."""

import vm_driver


class Usb(vm_driver.Case):
    def test_pulled_out(self):
        self.boot("usb.py", usb=[self.volume("usb0", "96M"), f"{self.volume('usb1', '96M')},uas"], systemd=True)


if __name__ == "__main__":
    vm_driver.require_systemd()
    vm_driver.main()
