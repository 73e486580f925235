"""An ordinary user's disk, opened and closed through udisks2 as polkit lets him."""

import vm_driver


class Udisks(vm_driver.Case):
    def test_disk_of_an_ordinary_user(self):
        self.boot("udisks.py", usb=[self.image("stick", "48M")], systemd=True)


if __name__ == "__main__":
    vm_driver.require_systemd("cryptsetup", "udisksctl")
    vm_driver.main()
