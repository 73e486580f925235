"""kist open and close of a disk by an ordinary user, judged by udisksctl, findmnt and dmsetup."""

import json
import pathlib
import subprocess

import guest_driver
import kist_driver
from guest_driver import Case, LOW_COST_LUKS, check_run, plug, run

USER = "backup"
UID = 34
RULE = pathlib.Path("/etc/polkit-1/rules.d/10-kist-test.rules")
ALLOW = """polkit.addRule(function(action, subject) {
  if (action.id.indexOf("org.freedesktop.udisks2.") == 0 && subject.user == "%s") return polkit.Result.YES;
});
""" % USER
BINARY_KEY = b"first\nsecond\0third\xff"


class Disk(Case):
    device = None

    def tidy(self):
        pass

    def setUp(self):
        super().setUp()
        self.key.write_bytes(BINARY_KEY)
        if Disk.device is None:
            Disk.device = plug("usb0")
            self.format()

    def format(self):
        """As somebody with cryptsetup would, for the user."""
        check_run(["cryptsetup", "luksFormat", "--batch-mode", *LOW_COST_LUKS, "--label", "mine", "--key-file", self.key,
                   self.device])
        check_run(["cryptsetup", "open", "--key-file", self.key, self.device, "new"])
        check_run(["mkfs.ext4", "-q", "-L", "mine", "-E", f"root_owner={UID}:{UID}", "/dev/mapper/new"])
        check_run(["cryptsetup", "close", "new"])
        check_run(["udevadm", "settle"])

    def as_user(self, *words, expect=0, key=None):
        argv = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", kist_driver.KIST,
                *(["--key-file", key] if key else []), *words]
        return self.check_code(run(argv), argv, expect)

    def is_unlocked(self):
        return not check_run(["dmsetup", "ls", "--target", "crypt"]).startswith("No devices")

    def test_1_polkit_forbids(self):
        message = self.as_user("open", self.device, key=self.key, expect=1).stderr
        self.assertIn("udisks does not allow it", message)
        self.assertFalse(self.is_unlocked())

    def test_2_a_wrong_key(self):
        RULE.parent.mkdir(parents=True, exist_ok=True)
        RULE.write_text(ALLOW)
        run(["systemctl", "restart", "polkit"])
        self.key.write_bytes(b"first")  # what a text's end at the newline would make of it
        self.as_user("open", self.device, key=self.key, expect=5)
        self.assertFalse(self.is_unlocked())

    def test_3_open_write_and_close(self):
        opened = json.loads(self.as_user("--json", "open", self.device, key=self.key).stdout)
        uuid = check_run(["cryptsetup", "luksUUID", self.device]).strip()
        self.assertEqual((opened["uuid"], opened["label"], opened["engine"], opened["container"]),
                         (uuid, "mine", "dm-crypt", str(self.device)))
        mount = json.loads(check_run(["findmnt", "--json", "--mountpoint", opened["mount_point"]]))["filesystems"][0]
        for option in ["nosuid", "nodev"]:
            self.assertIn(option, mount["options"].split(","))
        check_run(["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", "touch",
                   opened["mount_point"] + "/file"])
        again = json.loads(self.as_user("--json", "open", self.device).stdout)
        self.assertEqual(again["mount_point"], opened["mount_point"])
        self.assert_busy(opened["mount_point"])
        self.as_user("close", opened["mount_point"])
        self.assertFalse(self.is_unlocked())
        self.assertIn("is not open", self.as_user("close", self.device).stdout)

    def assert_busy(self, folder):
        with subprocess.Popen(["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", "sleep", "600"],
                              cwd=folder) as holder:
            try:
                self.assertIn(f"(process {holder.pid})", self.as_user("close", self.device, expect=6).stderr)
            finally:
                holder.kill()

    def test_4_read_only_and_close_by_device(self):
        self.as_user("open", self.device, "--read-only", key=self.key)
        self.as_user("open", self.device, key=self.key, expect=6)
        self.as_user("close", self.device)
        self.assertFalse(self.is_unlocked())

    def test_5_what_it_is_not_for(self):
        self.as_user("open", guest_driver.disk("disk0"), key=self.key, expect=2)
        self.as_user("open", self.device, "--at", "/mnt", key=self.key, expect=2)

    def test_6_without_udisks(self):
        check_run(["systemctl", "stop", "udisks2"])
        check_run(["systemctl", "mask", "--runtime", "udisks2"])
        self.assertIn("sudo", self.as_user("open", self.device, key=self.key, expect=1).stderr)


if __name__ == "__main__":
    guest_driver.main()
