"""What the guest programs share: kist and its judges as in tests/cli, disks, and the hand that plugs and pulls them.

A guest program is a unittest whose tests run in the order in which they stand. It runs as root; /scratch is an ext4 of
its own that lasts from boot to boot of one test. Without systemd it is process 1's only child: no udevd is running, and
device nodes are the kernel's own.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))

import kist_driver
from kist_driver import KIST, check_run, run

SCRATCH = pathlib.Path("/scratch")
LOW_COST_LUKS = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]  # for cryptsetup
MODULES = ["virtio_blk", "ext4", "loop", "fuse", "dm_mod", "dm_crypt", "xhci_pci", "usb_storage", "uas", "sd_mod",
           "dm_flakey"]
PATIENCE = 60


class Case(kist_driver.Case):
    """As kist_driver's: a folder, a key file, a source and the path of a container for each test, here on /scratch."""

    def tidy(self):
        run([KIST, "close", self.mount_point])
        if self.container.is_file():
            self.container.unlink()
        shutil.rmtree(self.home)


class InWrittenOrder(unittest.TestLoader):
    def getTestCaseNames(self, testCaseClass):
        names = [name for kind in reversed(testCaseClass.__mro__) for name in vars(kind)]
        return [name for name in names if name.startswith(self.testMethodPrefix)]


def udev_is_running():
    return os.path.exists("/run/udev/control")


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.05)


def disk(name):
    """The device of vmrun's --disk of that name: disk1, ..."""
    for serial in pathlib.Path("/sys/block").glob("vd*/serial"):
        if serial.read_text() == name:
            return pathlib.Path("/dev") / serial.parent.name
    raise AssertionError("there is no disk " + name)


def usb_disks():
    return {pathlib.Path("/dev") / path.name for path in pathlib.Path("/sys/block").glob("sd*")}


def only_usb_disk():
    wait_for(lambda: len(usb_disks()) == 1 and all(map(is_ready, usb_disks())), "the USB disk is there")
    return usb_disks().pop()


def plug(name):
    """Puts vmrun's --usb of that name into its socket. Returns its device, when it is there."""
    before = usb_disks()
    check_run(["vmctl", "plug", name])
    wait_for(lambda: any(map(is_ready, usb_disks() - before)), name + " is there")
    settle()
    return (usb_disks() - before).pop()


def is_ready(device):
    """Its node is there, and its medium: a USB disk's size is known some time later than its name."""
    return device.exists() and int(pathlib.Path("/sys/block", device.name, "size").read_text()) > 0


def unplug(name):
    """Pulls it out, whatever is going on. Returns when the kernel has noticed."""
    before = usb_disks()
    check_run(["vmctl", "unplug", name])
    wait_for(lambda: usb_disks() < before, name + " is gone")
    settle()


def settle():
    if udev_is_running():
        check_run(["udevadm", "settle"])


def start_backup(case):
    """Returns the process when it is in the middle of its work: some files are staged, more are to come."""
    process = subprocess.Popen([KIST, "--volume", case.mount_point, "backup", case.source], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    staging = case.mount_point / ".kist" / "staging" / "in"
    wait_for(lambda: process.poll() is not None or (staging.exists() and len(os.listdir(staging)) > 3), "files are staged")
    case.assertIsNone(process.poll(), "the backup was over before it could be disturbed")
    return process


def cut_power():
    """At once: nothing after this call happens."""
    subprocess.run(["vmctl", "powercut"])
    time.sleep(PATIENCE)


def mount_scratch():
    SCRATCH.mkdir()
    check_run(["mount", disk("disk0"), SCRATCH])
    (SCRATCH / "sources").mkdir(exist_ok=True)
    kist_driver.FOLDER = SCRATCH


def main():
    check_run(["modprobe", "-a", *MODULES])
    mount_scratch()
    unittest.main(module="__main__", verbosity=2, testLoader=InWrittenOrder())
