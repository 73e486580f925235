"""The dm-crypt engine on containers, where no udevd is running."""

import vm_driver


class DmCrypt(vm_driver.Case):
    def test_container(self):
        self.boot("dm_crypt.py")


if __name__ == "__main__":
    vm_driver.main()
