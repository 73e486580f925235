"""The disk is found without being named, owners by their names, and systemd knows the disk afterwards."""

import os
import pathlib
import shutil

import guest_driver
from guest_driver import Case, check_run, plug, unplug


def add_user(name, number):
    check_run(["groupadd", "--gid", number, name])
    check_run(["useradd", "--no-create-home", "--uid", number, "--gid", number, name])


class Rescue(Case):
    def give(self, folder, anna, bert):
        check_run(["chown", "-Rh", f"{anna}:{anna}", folder])
        check_run(["chown", f"{bert}:{bert}", folder / "of bert"])
        check_run(["setfacl", "-b", "-m", f"u:{bert}:rw", folder / "for both"])

    def reinstall(self):
        for name in ["anna", "bert"]:
            check_run(["userdel", name])
        for folder in ["/var/lib/kist", "/run/kist", self.source]:
            shutil.rmtree(folder)
        add_user("bert", 2000)  # anna's old number
        add_user("carla", 2001)

    def test_everything_comes_back_to_other_numbers(self):
        self.key.write_bytes(b"key")
        add_user("anna", 2000)
        add_user("bert", 2001)
        for name in ["of anna", "of bert", "for both"]:
            (self.source / name).write_bytes(os.urandom(5000))
        self.give(self.source, 2000, 2001)
        self.container = plug("usb0")
        self.kist("open", self.container, "--at", self.mount_point)
        self.backup()
        self.kist("close", self.mount_point)
        expected = self.home / "expected"
        check_run(["cp", "-a", self.source, expected])
        self.reinstall()
        self.give(expected, 2001, 2000)
        unplug("usb0")
        plug("usb0")
        refused = self.bare("--key-file", self.key, "rescue", "--all", "--yes", expect=2)
        self.assertIn("Found /dev/sd", refused.stderr)
        self.assertIn("files of anna", refused.stderr)
        result = self.bare("--key-file", self.key, "rescue", "--all", "--yes", "--map-user", "anna=carla", "--boot")
        self.assertIn("Rescued 1 of 1 sources: 3 files", result.stdout)
        difference = check_run(["rsync", "-aHAXni", "--checksum", "--delete", "--numeric-ids", f"{expected}/", f"{self.source}/"])
        self.assertEqual(difference, "")
        self.assertIn("/mnt/usb0", pathlib.Path("/etc/fstab").read_text())
        self.assertEqual(check_run(["systemctl", "show", "--value", "-p", "LoadState", "mnt-usb0.mount"]), "loaded\n")
        self.assertIn("none-open", self.bare("--json", "status").stdout)
        unplug("usb0")


if __name__ == "__main__":
    guest_driver.main()
