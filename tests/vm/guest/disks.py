"""prepare, resize and erase on plugged disks, where udevd runs and a machine's disks have serials."""

import json
import os
import pathlib
import subprocess

import guest_driver
from guest_driver import KIST, Case, check_run, disk, plug, run, settle, unplug, wait_for
from kist_driver import LOW_COST


class UsbDisk(Case):
    """One disk, from plugging it in to erasing it; the tests build on each other."""

    def setUp(self):
        super().setUp()
        self.disk = next(iter(guest_driver.usb_disks()), None) or plug("usb0")
        self.partition = f"{self.disk}1"
        (self.source / "file").write_bytes(os.urandom(100000))

    def prepare_disk(self, *words, expect=0):
        return self.kist("prepare", self.disk, "--at", self.mount_point, *LOW_COST, *words, expect=expect)

    def serial(self):
        return check_run(["lsblk", "--nodeps", "--noheadings", "--output", "SERIAL", self.disk]).strip()

    def test_1_a_serial_is_asked_for_and_taken(self):
        check_run(["mkfs.ext4", "-q", "-F", "-L", "photos", self.disk])
        settle()
        refusal = self.prepare_disk(expect=2).stderr
        for words in ["photos", "usb", self.serial(), f"--yes-erase {self.serial()}"]:
            self.assertIn(words, refusal)
        by_id = [link.name for link in pathlib.Path("/dev/disk/by-id").iterdir() if link.resolve() == self.disk]
        self.assertIn(by_id[0], check_run([KIST, "--json", "--key-file", self.key, "prepare", self.disk,
                                           "--yes-erase", by_id[0], "--at", self.mount_point, *LOW_COST]))
        self.bare("backup", self.source)
        self.bare("close", self.disk)
        self.assert_standard()

    def assert_standard(self):
        settle()
        check_run(["udevadm", "trigger", "--settle", self.partition])
        found = json.loads(check_run(["lsblk", "--json", "--output", "NAME,FSTYPE,LABEL,PARTLABEL", self.disk]))
        partition = found["blockdevices"][0]["children"][0]
        self.assertEqual((partition["fstype"], partition["label"], partition["partlabel"]),
                         ("crypto_LUKS", "kist", "Kist kist"))
        self.assertIn("No problems found", check_run(["sgdisk", "--verify", self.disk]))
        check_run(["cryptsetup", "open", "--key-file", self.key, self.partition, "judged"])
        check_run(["e2fsck", "-fn", "/dev/mapper/judged"])
        self.assertEqual(self.prepare_disk("--yes-erase", self.serial(), expect=6).returncode, 6, "it is mapped")
        check_run(["cryptsetup", "close", "judged"])

    def test_2_what_is_in_use_is_refused(self):
        check_run(["mkswap", disk("disk1")])
        check_run(["swapon", disk("disk1")])
        self.assertIn("swap", self.bare("--key-file", self.key, "prepare", disk("disk1"), expect=6).stderr)
        check_run(["swapoff", disk("disk1")])
        self.assertIn("/scratch", self.bare("--key-file", self.key, "prepare", disk("disk0"), expect=6).stderr)

    def test_3_pulled_out_while_it_is_prepared(self):
        words = [KIST, "--key-file", self.key, "prepare", self.disk, "--yes-erase", self.serial(), "--iter-time", "20000"]
        process = subprocess.Popen([str(word) for word in words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        wait_for(lambda: b"kist-preparing" in run(["head", "-c4096", self.partition]).stdout, "the header is there")
        unplug("usb0")
        message = process.communicate()[1].decode()
        self.assertEqual(process.returncode, 1, message)
        self.assertIn("vanished", message)
        self.disk = plug("usb0")
        self.partition = f"{self.disk}1"
        self.assertIn("interrupted", self.kist("open", self.disk, expect=1).stderr)
        self.prepare_disk("--yes-erase", self.serial())
        self.bare("close", self.disk)

    def test_4_erased_is_gone(self):
        self.kist("erase", self.disk, "--yes-erase", "kist")
        self.kist("open", self.disk, expect=1)
        self.assertNotEqual(run(["cryptsetup", "isLuks", self.partition]).returncode, 0)


if __name__ == "__main__":
    guest_driver.main()
