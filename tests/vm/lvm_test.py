"""Sources on thin logical volumes, read from a snapshot of them."""

import shutil

import vm_driver


class Lvm(vm_driver.Case):
    def test_thin_snapshots(self):
        self.boot("lvm.py", disks=[self.image("lvm", "700M")])


if __name__ == "__main__":
    for program in ["lvs", "thin_check", "mkfs.xfs"]:
        if shutil.which(program) is None:
            vm_driver.skip("needs the program " + program)
    vm_driver.main()
