"""What the tests on a real kernel share, on the host's side: images, and guests that run one program of guest/ each.

A guest program is a unittest of its own (see guest/guest_driver.py): its output is shown, and its failures fail the test
here. Emulation is slow: put several checks into one boot.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import boot_files
import machine

HERE = pathlib.Path(__file__).resolve().parent
KIST = os.environ.get("KIST", "kist")
SKIPPED = 77
LOW_COST = ["--pbkdf-memory", "4M", "--pbkdf-force-iterations", "4"]
NEEDED = ["qemu-system-x86_64", "mkfs.ext4", "cryptsetup"]
BOOT_TIMEOUT = int(os.environ.get("KIST_BOOT_TIMEOUT", "600"))  # seconds after which a guest has hung
POWER_CUT = machine.POWER_CUT


class Case(unittest.TestCase):
    """Each test has a folder for its images, and a scratch disk that its guests find mounted, boot after boot."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kist-vm-images."))
        self.addCleanup(shutil.rmtree, self.folder)
        self.scratch = self.image("scratch", "2G")
        subprocess.run(["mkfs.ext4", "-q", "-I", "256", self.scratch], check=True)

    def image(self, name, size):
        """A new sparse file of that size ("64M")."""
        path = self.folder / (name + ".img")
        subprocess.run(["truncate", "-s", size, path], check=True)
        return path

    def volume(self, name, size):
        """An image that holds a volume of that label, prepared here, by Kist's userspace engine. Its key is "key"."""
        path = self.folder / (name + ".img")
        prepare = ["--key-file", "-", "prepare", path, "--size", size, "--label", name, *LOW_COST]
        script = 'mkdir -p -m 0700 /run/kist && mount -t tmpfs -o mode=0700 tmpfs /run/kist && "$@" && "$KIST" close "$NAME"'
        subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, "sh",
             KIST, *prepare],
            input=b"key", env={**os.environ, "KIST": KIST, "NAME": str(path)}, stdout=subprocess.DEVNULL, check=True)
        return path

    def boot(self, program, *tests, disks=(), usb=(), systemd=False, expect=0, options=(), environment=None):
        """Runs guest/PROGRAM, or only those of its TESTS (Class.test_name), to the expected exit status.

        disks: images, disk1, disk2, ... in the guest; usb: vmrun's --usb, usb0, usb1, ...; options: more of vmrun's;
        environment: variables for the program.
        """
        argv = [HERE / "vmrun", "--timeout", BOOT_TIMEOUT, "--console", self.folder / "console.log", "--disk", self.scratch]
        argv += [word for disk in disks for word in ("--disk", disk)]
        argv += [word for disk in usb for word in ("--usb", disk)]
        argv += [*options, *(["--systemd"] if systemd else [])]
        variables = [f"{name}={value}" for name, value in {"KIST": KIST, **(environment or {})}.items()]
        command = ["env", *variables, sys.executable, "-B", HERE / "guest" / program, *tests]
        sys.stdout.flush()
        result = subprocess.run([str(word) for word in [*argv, "--", *command]], stdin=subprocess.DEVNULL)
        if result.returncode != expect:
            self.fail(f"guest {program}: exit status {result.returncode}, not {expect}\n{self.console_end()}")

    def console_end(self):
        console = self.folder / "console.log"
        return console.read_text(errors="replace")[-3000:] if console.exists() else ""


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIPPED)


def require_machine():
    for program in NEEDED:
        if shutil.which(program) is None:
            skip("needs the program " + program)
    if boot_files.newest_kernel() is None:
        skip("needs a Debian kernel in /boot with its modules in /lib/modules")
    if not os.access("/bin/busybox", os.X_OK):
        skip("needs a static /bin/busybox")
    if os.geteuid() != 0:
        skip("needs root, whose files the guest would miss otherwise")


def require_systemd(*programs):
    """For tests that boot a guest with systemd=True."""
    for program in ["/lib/systemd/systemd", "udevadm", *programs]:
        if shutil.which(program) is None:
            skip("needs the program " + program)


def main():
    require_machine()
    unittest.main(module="__main__", verbosity=2)
