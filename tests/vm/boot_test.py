"""What a machine does at boot and when the disk is plugged in, by the lines that kist boot wrote, under systemd."""

import vm_driver


class Boot(vm_driver.Case):
    def test_with_key_file(self):
        """Its parts share a disk and, through a folder of the host's, the tables that the first one makes."""
        system = self.folder / "system"
        system.mkdir()
        stick = self.image("stick", "48M")
        sharing = ["--share", system]
        booting = ["--overlay", system]
        target = ["--target", "multi-user.target"]
        self.boot("boot.py", "Add", usb=[stick], systemd=True, options=sharing)
        self.boot("boot.py", "BootWithDisk", usb=[f"{stick},plugged"], systemd=True, options=booting + target)
        self.boot("boot.py", "BootWithoutDisk", usb=[stick], systemd=True, options=booting + target)


if __name__ == "__main__":
    vm_driver.require_systemd("cryptsetup", "systemctl")
    vm_driver.main()
