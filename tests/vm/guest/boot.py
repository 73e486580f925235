"""kist boot under systemd: the disk is opened when it turns up, and nothing waits for it or asks when it does not."""

import json
import os
import pathlib
import shutil
import time

import guest_driver
from guest_driver import Case, check_run, plug, run, unplug, wait_for

KEY = pathlib.Path("/etc/kist/backup.key")
TABLES = [pathlib.Path("/etc/crypttab"), pathlib.Path("/etc/fstab")]
MOUNT_POINT = pathlib.Path("/mnt/backup")
UNIT = "mnt-backup.mount"
A_WHILE = 5  # seconds in which what must not happen would have happened


def is_mounted():
    return run(["findmnt", "--mountpoint", MOUNT_POINT]).returncode == 0


def crypt_mappings():
    names = check_run(["dmsetup", "ls", "--target", "crypt"])
    return [] if names.startswith("No devices") else [line.split()[0] for line in names.splitlines()]


def questions():
    return list(pathlib.Path("/run/systemd/ask-password").glob("ask.*"))


class BootCase(Case):
    def tidy(self):
        pass

    def assert_calm(self):
        """Nobody is asked, nothing failed, and nothing of the disk's is still waited for."""
        self.assertEqual(questions(), [])
        self.assertEqual(check_run(["systemctl", "list-units", "--failed", "--no-legend", "--plain", "mnt-*",
                                    "systemd-cryptsetup@*"]), "")
        jobs = check_run(["systemctl", "list-jobs", "--no-legend"])
        self.assertNotIn("crypt", jobs)
        self.assertNotIn("backup", jobs)
        self.assertNotIn("uuid", jobs)

    def stop(self):
        self.bare("close", MOUNT_POINT)
        self.assertEqual((is_mounted(), crypt_mappings()), (False, []))


class Add(BootCase):
    def test_1_with_a_key_file(self):
        self.write_disk()
        check_run(["chmod", "755", "/etc"])
        KEY.parent.mkdir(mode=0o755, exist_ok=True)
        shutil.copy(self.key, KEY)
        KEY.chmod(0o400)
        device = plug("usb0")
        self.bare("--key-file", KEY, "boot", "add", device, "--at", MOUNT_POINT)
        unplug("usb0")
        self.assert_calm()

    def write_disk(self):
        """A volume as cryptsetup would see it on a stick, made as a container: cheaper here than a partition."""
        self.prepare("40M")
        self.kist("close")
        device = plug("usb0")
        check_run(["dd", f"if={self.container}", f"of={device}", "bs=1M", "conv=fsync", "status=none"])
        unplug("usb0")
        self.container.unlink()

    def test_2_plugging_it_in_opens_it_for_kist_too(self):
        plug("usb0")
        wait_for(is_mounted, "systemd has mounted the disk")
        status = json.loads(self.bare("--json", "status", expect=3).stdout)
        self.assertEqual((status["mount_point"], status["engine"], status["state"]),
                         (str(MOUNT_POINT), "dm-crypt", "open"))
        (self.source / "file").write_text("content")
        self.bare("backup", self.source)
        self.assertEqual(json.loads(self.bare("--json", "boot", "show").stdout)["mounted"], True)

    def test_3_close_keeps_it_closed_and_systemd_can_start_it_again(self):
        self.stop()
        check_run(["udevadm", "trigger", "--settle", "--action=change", "--subsystem-match=block"])
        check_run(["systemctl", "daemon-reload"])
        time.sleep(A_WHILE)
        self.assertFalse(is_mounted())
        check_run(["systemctl", "start", UNIT])
        self.assertTrue(is_mounted())

    def test_4_pulling_it_out_leaves_nothing_behind(self):
        unplug("usb0")
        wait_for(lambda: not is_mounted() and not crypt_mappings(), "systemd has cleaned up")
        plug("usb0")
        wait_for(is_mounted, "systemd has mounted the disk again")
        self.stop()
        unplug("usb0")

    def test_5_the_tables_go_to_the_next_boots(self):
        for path in [*TABLES, KEY]:
            target = self.share() / path.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(0o400 if path == KEY else 0o644)

    def share(self):
        lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
        return next(pathlib.Path(line.split()[1]) for line in lines if line.startswith("share0 "))


class BootWithDisk(BootCase):
    def test_it_is_open_after_the_boot(self):
        wait_for(is_mounted, "the disk that was there at boot is mounted")
        self.assert_calm()
        self.assertIn("file", self.bare("ls", "latest").stdout)
        self.bare("check")
        self.stop()


class BootWithoutDisk(BootCase):
    def test_1_nothing_waits_for_it(self):
        run(["mount", MOUNT_POINT])
        self.assertFalse(is_mounted())
        self.assert_calm()

    def test_2_it_opens_when_it_is_plugged_in(self):
        plug("usb0")
        wait_for(is_mounted, "systemd has mounted the disk")
        self.stop()

    def test_3_a_key_file_that_no_longer_fits_asks_nobody(self):
        unplug("usb0")
        KEY.chmod(0o600)
        KEY.write_bytes(b"not the key")
        plug("usb0")
        wait_for(lambda: "failed" in run(["systemctl", "is-failed", self.crypt_unit()]).stdout.decode(),
                 "the unlocking has failed")
        self.assertEqual(questions(), [])
        self.assertFalse(is_mounted())
        check_run(["systemctl", "reset-failed"])

    def crypt_unit(self):
        uuid = json.loads(self.bare("--json", "boot", "show").stdout)["uuid"]
        return "systemd-cryptsetup@kist\\x2d" + uuid.replace("-", "\\x2d") + ".service"

    def test_4_without_a_key_file_only_a_start_asks(self):
        device = next(iter(guest_driver.usb_disks()))
        self.bare("boot", "add", device)
        unplug("usb0")
        plug("usb0")
        time.sleep(A_WHILE)
        run(["mount", MOUNT_POINT])
        self.assertEqual((questions(), is_mounted()), ([], False))
        check_run(["systemctl", "start", "--no-block", UNIT])
        wait_for(questions, "systemd asks for the passphrase")
        answer(questions()[0], "correct horse")
        wait_for(is_mounted, "the mount has started")
        self.stop()

    def test_5_remove_leaves_nothing(self):
        self.bare("boot", "remove")
        self.assertNotIn("kist", "".join(table.read_text() for table in TABLES if table.exists()))
        self.assertNotEqual(run(["systemctl", "cat", UNIT]).returncode, 0)


def answer(question, passphrase):
    socket = next(line[7:] for line in question.read_text().splitlines() if line.startswith("Socket="))
    check_run(["/lib/systemd/systemd-reply-password", "1", socket], input=passphrase.encode(), stdin=None)


if __name__ == "__main__":
    guest_driver.main()
