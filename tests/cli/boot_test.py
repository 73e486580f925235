"""kist boot on tables below a folder of the test's own, judged by findmnt and systemd's generators."""

import json
import os
import pathlib
import shutil
import stat

import kist_driver
from kist_driver import check_run, run

LOW_COST_LUKS = ["--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
CRYPTTAB = "# <target name>\t<source device>  <key file>\t<options>\n\nswap  /dev/sda9\t/dev/urandom swap  # no newline"
FSTAB = "# /etc/fstab\n\nproc\t/proc\tproc\tdefaults 0 0\n  # indented\n/dev/sda1 / ext4 errors=remount-ro 0 1\n"
GENERATORS = pathlib.Path("/lib/systemd/system-generators")


class Boot(kist_driver.Case):
    def setUp(self):
        super().setUp()
        self.plugged_in = set()
        self.root = self.home / "system"
        self.etc = self.root / "etc"
        self.etc.mkdir(parents=True)
        self.crypttab = self.etc / "crypttab"
        self.fstab = self.etc / "fstab"
        self.crypttab.write_text(CRYPTTAB)
        self.fstab.write_text(FSTAB)
        for folder in [self.root, self.etc]:
            folder.chmod(0o755)
        self.boot_key = self.etc / "backup.key"
        shutil.copy(self.key, self.boot_key)
        self.boot_key.chmod(0o400)

    def disk(self, name="disk", label="backup"):
        """A LUKS volume on a block device; its path and UUID."""
        image = kist_driver.FOLDER / (self.home.name + "-" + name)
        with image.open("wb") as file:
            file.truncate(32 << 20)
        self.addCleanup(image.unlink, missing_ok=True)
        device = check_run(["losetup", "--find", "--show", image]).strip()
        self.plugged_in.add(device)
        self.addCleanup(self.unplug, device)
        check_run(["cryptsetup", "luksFormat", *LOW_COST_LUKS, "--label", label, "--key-file", self.key, device])
        return device, check_run(["cryptsetup", "luksUUID", device]).strip()

    def unplug(self, device):
        """Once: its number may soon be another disk's."""
        if device in self.plugged_in:
            self.plugged_in.remove(device)
            check_run(["losetup", "--detach", device])

    def boot(self, verb, *words, expect=0, key=None):
        argv = ["--key-file", key] if key else []
        return self.bare(*argv, "boot", verb, *words, "--root", self.root, expect=expect)

    def boot_json(self, verb, *words, expect=0, key=None):
        argv = ["--json", *(["--key-file", key] if key else []), "boot", verb, *words, "--root", self.root]
        return [json.loads(line) for line in self.bare(*argv, expect=expect).stdout.splitlines()]

    def assert_original(self):
        self.assertEqual((self.crypttab.read_text(), self.fstab.read_text()), (CRYPTTAB, FSTAB))

    def units(self):
        """What systemd's generators make of the tables, as file name: text."""
        folder = self.home / "units"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        tables = {"SYSTEMD_CRYPTTAB": str(self.crypttab), "SYSTEMD_FSTAB": str(self.fstab)}
        for generator in ["systemd-cryptsetup-generator", "systemd-fstab-generator"]:
            if not (GENERATORS / generator).exists():
                self.skipTest("needs " + generator)
            check_run([GENERATORS / generator, folder, folder, folder], env={**os.environ, **tables})
        return {str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
                for path in folder.rglob("*")}

    def test_add_twice_and_remove_twice(self):
        device, uuid = self.disk()
        added = self.boot_json("add", device, "--at", "/mnt/my backup")[0]
        self.assertEqual((added["uuid"], added["mount_point"], added["changed"]), (uuid, "/mnt/my backup", True))
        tables = self.crypttab.read_bytes(), self.fstab.read_bytes()
        self.assertFalse(self.boot_json("add", device, "--at", "/mnt/my backup")[0]["changed"])
        self.assertFalse(self.boot_json("add", device)[0]["changed"], "where it was mounted is remembered")
        self.assertEqual((self.crypttab.read_bytes(), self.fstab.read_bytes()), tables)
        self.assertTrue(self.boot_json("remove", device)[0]["changed"])
        self.assert_original()
        self.assertFalse(self.boot_json("remove", uuid)[0]["changed"])
        self.assert_original()

    def test_without_a_key_nothing_pulls_it_in(self):
        device, uuid = self.disk()
        self.boot("add", device)
        units = self.units()
        crypt = "systemd-cryptsetup@kist\\x2d" + uuid.replace("-", "\\x2d") + ".service"
        self.assertIn(f"systemd-cryptsetup attach 'kist-{uuid}' '/dev/disk/by-uuid/{uuid}' 'none'", units[crypt])
        self.assertIn("Where=/mnt/backup", units["mnt-backup.mount"])
        wanted = [name for name in units if ".wants/" in name or ".requires/" in name]
        self.assertEqual([name for name in wanted if "mnt-backup" in name], [])
        self.assertEqual([name.split("/")[0] for name in wanted if crypt in name],
                         ["dev-mapper-kist\\x2d" + uuid.replace("-", "\\x2d") + ".device.requires"])

    def test_with_a_key_only_the_disk_pulls_it_in(self):
        device, uuid = self.disk()
        added = self.boot_json("add", device, key="/etc/backup.key")[0]
        self.assertEqual(added["key_file"], "/etc/backup.key")
        units = self.units()
        wanted = [name for name in units if name.endswith("/mnt-backup.mount")]
        self.assertEqual(wanted, ["dev-disk-by\\x2duuid-" + uuid.replace("-", "\\x2d") + ".device.wants/mnt-backup.mount"])
        self.assertIn("headless=true", self.crypttab.read_text())
        self.boot("remove")
        self.assert_original()

    def test_findmnt_finds_no_fault(self):
        device, uuid = self.disk()
        self.boot("add", device, "--at", "/mnt/(odd) \"50%\"")
        verdict = run(["findmnt", "--verify", "--tab-file", self.fstab], env={**os.environ, "LC_ALL": "C"})
        self.assertIn(b"0 parse errors", verdict.stdout + verdict.stderr)
        found = check_run(["findmnt", "--fstab", "--tab-file", self.fstab, "--noheadings", "--output", "TARGET",
                           "--source", f"/dev/mapper/kist-{uuid}"])
        self.assertEqual(found, "/mnt/(odd) \"50%\"\n")

    def test_key_file_must_be_roots_alone_and_fit(self):
        device, _ = self.disk()
        self.boot_key.chmod(0o440)
        self.assertIn("chmod 0400", self.boot("add", device, key="/etc/backup.key", expect=2).stderr)
        self.boot_key.chmod(0o400)
        self.etc.chmod(0o777)
        self.assertIn("chmod go-w", self.boot("add", device, key="/etc/backup.key", expect=2).stderr)
        self.etc.chmod(0o755)
        os.chown(self.boot_key, 1000, 0)
        self.assertIn("chown root", self.boot("add", device, key="/etc/backup.key", expect=2).stderr)
        os.chown(self.boot_key, 0, 0)
        self.boot_key.write_bytes(b"another key")
        self.boot("add", device, key="/etc/backup.key", expect=5)
        self.boot("add", device, key="-", expect=2)
        self.boot("add", device, key="/etc/none", expect=1)
        self.assert_original()
        self.assertEqual(sorted(path.name for path in self.etc.iterdir()), ["backup.key", "crypttab", "fstab"])

    def test_two_disks_with_one_label(self):
        first, first_uuid = self.disk("first")
        second, second_uuid = self.disk("second")
        self.boot("add", first)
        self.assertIn(first_uuid, self.boot("add", second, expect=2).stderr)
        self.boot("add", second, "--at", "/mnt/backup2")
        shown = self.boot_json("show")
        self.assertEqual([(entry["uuid"], entry["mount_point"]) for entry in shown],
                         [(first_uuid, "/mnt/backup"), (second_uuid, "/mnt/backup2")])
        self.assertIn(second_uuid, self.boot("remove", expect=2).stderr)
        self.boot("remove", "/mnt/backup")
        self.assertEqual(len(self.boot_json("show")), 1)
        self.boot("remove")
        self.assert_original()

    def test_hostile_labels(self):
        for label in ["../../etc", "a/b", ".hidden", "line\nbreak", "tab\there", "\x1b[31mred", "back\\slash", ""]:
            device, _ = self.disk("odd", label)
            message = self.boot("add", device, expect=2).stderr
            self.assertNotIn("\x1b", message)
            self.assert_original()
            self.boot("add", device, "--at", "/mnt/x")
            self.boot("remove", device)
            self.assert_original()
            self.unplug(device)
        device, _ = self.disk("spaced", "it's (my) \"disk\" #1")
        self.boot("add", device)
        self.assertEqual(self.boot_json("show")[0]["mount_point"], "/mnt/it's (my) \"disk\" #1")

    def test_what_is_no_disk(self):
        self.prepare()
        self.kist("close")
        self.assertIn("container file", self.boot("add", self.container, expect=2).stderr)
        self.boot("add", "no such label", expect=7)
        self.boot("remove", "no such label", expect=7)
        self.bare("boot", "show", "--root", "/nowhere", expect=2)
        self.bare("boot", expect=2)
        self.assert_original()

    def test_somebody_elses_lines_are_left_alone(self):
        device, uuid = self.disk()
        self.crypttab.write_text(f"mydisk UUID={uuid} none luks\n")
        self.assertIn("mydisk", self.boot("add", device, expect=2).stderr)
        self.boot("remove", device)
        self.assertEqual(self.crypttab.read_text(), f"mydisk UUID={uuid} none luks\n")

    def test_mode_owner_and_backup(self):
        device, _ = self.disk()
        self.fstab.chmod(0o640)
        os.chown(self.fstab, 0, 7)
        self.boot("add", device)
        status = self.fstab.stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o640, 7))
        self.assertEqual((self.etc / "fstab.kist-backup").read_text(), FSTAB)
        self.assertEqual((self.etc / "crypttab.kist-backup").read_text(), CRYPTTAB)

    def test_missing_tables_are_made_and_go_again(self):
        device, _ = self.disk()
        self.crypttab.unlink()
        self.boot("add", device)
        self.assertEqual(stat.S_IMODE(self.crypttab.stat().st_mode), 0o644)
        self.boot("remove")
        self.assertFalse(self.crypttab.exists())

    def test_show_warns_of_half_an_entry_and_a_key_file_that_is_open_to_others(self):
        device, _ = self.disk()
        self.assertIn("no boot entries", self.boot("show").stdout)
        self.boot("add", device, key="/etc/backup.key")
        self.assertIn("with /etc/backup.key", self.boot("show").stdout)
        self.boot_key.chmod(0o644)
        self.assertIn("others than root", self.boot("show", expect=3).stdout)
        self.boot_key.chmod(0o400)
        self.fstab.write_text(FSTAB)
        self.assertIn("fstab is missing", self.boot("show", expect=3).stdout)
        self.boot("add", device, key="/etc/backup.key", expect=0)
        self.boot("remove")
        self.assert_original()

    def test_a_disk_that_is_plugged_out_can_be_removed_by_its_uuid(self):
        device, uuid = self.disk()
        self.boot("add", device)
        self.unplug(device)
        self.boot("remove", uuid)
        self.assert_original()


if __name__ == "__main__":
    kist_driver.main()
