"""A machine is installed anew, with other users and numbers, and gets its files back from the disk that is plugged in."""

import vm_driver


class Rescue(vm_driver.Case):
    def test_after_a_reinstallation(self):
        self.boot("rescue.py", usb=[self.volume("usb0", "96M")], systemd=True)


if __name__ == "__main__":
    vm_driver.require_systemd("useradd", "setfacl")
    vm_driver.main()
