"""`kist rescue` on a machine that was installed anew: other users, an empty /var/lib/kist, nothing of the old files."""

import os
import pathlib
import platform
import shutil

import kist_driver
from kist_driver import KIST, LOW_COST, Case, check_run, run
from terminal import Terminal

OLD = [("anna", 1000), ("bert", 1001)]
NEW = [("paul", 1000), ("bert", 1005)]
SYSTEM = [line for line in pathlib.Path("/etc/passwd").read_text().splitlines() if int(line.split(":")[2]) < 1000]
SYSTEM_GROUPS = [line for line in pathlib.Path("/etc/group").read_text().splitlines() if int(line.split(":")[2]) < 1000]


class Machine(Case):
    """With an /etc of its own, and files of two users in a source."""

    def setUp(self):
        super().setUp()
        self.source.rmdir()
        self.etc = self.home / "etc"
        check_run(["cp", "-a", "/etc", self.etc])
        check_run(["mount", "--bind", self.etc, "/etc"])
        self.addCleanup(check_run, ["umount", "/etc"])
        self.install(OLD)

    def install(self, users):
        """A system with these users that has never heard of any volume."""
        (self.etc / "passwd").write_text("\n".join(SYSTEM + [f"{name}:x:{uid}:{uid}::/home/{name}:/bin/sh"
                                                             for name, uid in users]) + "\n")
        (self.etc / "group").write_text("\n".join(SYSTEM_GROUPS + [f"{name}:x:{uid}:" for name, uid in users]) + "\n")
        for table in ["crypttab", "fstab"]:
            (self.etc / table).write_text("# nothing\n")
        for folder in ["/var/lib/kist", "/run/kist"]:
            for entry in pathlib.Path(folder).iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def fill(self, folder, anna, bert):
        (folder / "Documents").mkdir(parents=True)
        (folder / "Documents/letter").write_text("Dear Bert\n")
        (folder / "image").write_bytes(os.urandom(100_000))
        os.link(folder / "image", folder / "same image")
        (folder / "link").symlink_to("Documents/letter")
        self.give(folder, anna, bert)

    def give(self, folder, anna, bert):
        """Everything is anna's, one file bert's, who may also read the letter."""
        check_run(["chown", "-Rh", f"{anna}:{anna}", folder])
        check_run(["chown", f"{bert}:{bert}", folder / "image"])
        check_run(["setfacl", "-b", folder / "Documents/letter"])
        check_run(["setfacl", "-m", f"u:{bert}:r", folder / "Documents/letter"])

    def assert_same_numbers(self, expected, actual):
        difference = check_run(["rsync", "-aHAXni", "--checksum", "--delete", "--numeric-ids", f"{expected}/", f"{actual}/"])
        self.assertEqual(difference, "")

    def back_up_and_reinstall(self):
        """What a rescue to paul and the new bert has to bring is in self.expected then."""
        self.fill(self.source, 1000, 1001)
        self.prepare()
        self.backup()
        self.kist("close", self.container)
        self.expected = self.home / "expected"
        check_run(["cp", "-a", self.source, self.expected])
        self.give(self.expected, 1000, 1005)
        check_run(["touch", "--reference", self.source / "link", "--no-dereference", self.expected / "link"])
        shutil.rmtree(self.source)
        self.install(NEW)

    def rescue(self, *words, expect=0):
        return self.kist("rescue", *words, expect=expect)


class Unattended(Machine):
    def setUp(self):
        super().setUp()
        self.back_up_and_reinstall()

    def test_missing_answers_are_errors_and_change_nothing(self):
        self.assertIn("--yes", self.rescue("--all", expect=2).stderr)
        result = self.rescue("--yes", expect=2)
        self.assertIn("Give --all, or --source PATH", result.stderr)
        self.assertRegex(result.stdout, f"1  .*{self.source} .* 3 ")
        result = self.rescue("--all", "--yes", expect=2)
        self.assertIn("no user here for the files of anna (1000, 4 entries)", result.stderr)
        self.assertIn("--map-user anna=NAME", result.stderr)
        self.assertIn("group here for the files of anna",
                      self.rescue("--all", "--yes", "--map-user", "anna=4711", expect=2).stderr)
        for wrong in ["anna", "anna=nobody-at-all", "=paul"]:
            self.rescue("--all", "--yes", "--map-user", wrong, expect=2)
        self.rescue("--source", "/not/there", "--yes", expect=7)
        self.rescue("--all", "--host", "elsewhere", "--yes", expect=7)
        self.rescue("--all", "--yes", "--boot", expect=2)
        self.rescue("--all", "--yes", "--overwrite", "perhaps", expect=2)
        self.kist("rescue", "--all", "--yes", "--keep-numbers", key=False, expect=2)
        self.assertFalse(self.source.exists())

    def test_to_where_it_was(self):
        result = self.rescue("--source", self.source, "--map-user", "anna=paul", "--yes")
        self.assert_same_numbers(self.expected, self.source)
        self.assertRegex(result.stdout, r"(?m)^Rescued 1 of 1 sources: 3 files, .*; every byte was compared with its hash\.$")
        self.assertIn("The user bert is 1001 in the backup and 1005 here", result.stdout)
        self.assertIn("kist key recovery", result.stdout)
        self.assertIn("kist backup FOLDER", result.stdout)
        again = self.json("rescue", "--all", "--map-user", "anna=paul", "--yes")
        self.assertEqual([line["type"] for line in again], ["rescue-source", "restore", "rescue"])
        self.assertGreaterEqual(again[1]["unchanged"], 4)
        self.assertEqual((again[2]["restored"], again[2]["missing"], again[2]["complete"]), (1, 0, True))

    def test_beside_and_with_numbers(self):
        target = self.home / "rescued"
        self.rescue("--all", "--to", target, "--map-user", "anna=paul")
        self.assert_same_numbers(self.expected, target / platform.node() / str(self.source)[1:])
        self.assertFalse(self.source.exists())
        result = self.rescue("--all", "--to", self.home / "numbers", "--keep-numbers")
        self.assertIn("The user anna does not exist here: number 1000 is kept.", result.stdout)
        self.assert_same_numbers(self.expected, self.home / "numbers" / platform.node() / str(self.source)[1:])

    def test_into_a_system_that_is_mounted(self):
        """From live media: the users, tables and links there count, not the ones here."""
        root = self.home / "root"
        shutil.copytree(self.etc, root / "etc", symlinks=True)
        for table in "passwd", "group":
            text = (root / f"etc/{table}").read_text()
            for old, new in (":1005:", ":2005:"), ("bert:x:2005:1005", "bert:x:2005:2005"), ("paul:x:1000:", "paul:x:2000:"):
                text = text.replace(old, new)
            (root / f"etc/{table}").write_text(text)
        (root / "etc/hostname").write_text("new-machine\n")
        top = self.source.parts[1]
        (root / "volume").mkdir()
        (root / top).symlink_to("/volume")  # which leads elsewhere from here
        words = ["--all", "--root", root, "--yes"]
        self.assertIn("--map-user anna=NAME", self.rescue(*words, expect=2).stderr)
        self.rescue(*words, "--to", self.home / "other", expect=2)
        self.rescue("--all", "--root", self.source.parent / "key", "--yes", expect=2)
        self.assertIn("the system there has no user carl",
                      self.rescue(*words, "--map-user", "anna=carl", expect=2).stderr)
        result = self.rescue(*words, "--map-user", "anna=paul")
        self.assertIn("The user bert is 1001 in the backup and 2005 here", result.stdout)
        self.assertIn("This machine is called new-machine", result.stdout)
        self.assertFalse(self.source.exists())
        there = root / "volume" / self.source.relative_to("/" + top)
        own = lambda name: ((there / name).lstat().st_uid, (there / name).lstat().st_gid)
        self.assertEqual([own(name) for name in ("image", "link", "Documents/letter")],
                         [(2005, 2005), (2000, 1000), (2000, 1000)])
        self.assertIn("user:2005:r--", check_run(["getfacl", "-np", there / "Documents/letter"]))

    def test_a_home_moves_with_its_user(self):
        home = pathlib.Path("/home")
        check_run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", home])
        self.addCleanup(check_run, ["umount", home])
        self.install(OLD)
        for name in "anna", "bert":
            (home / name).mkdir()
            (home / name / "letter").write_text(name)
            check_run(["chown", "-R", f"{name}:{name}", home / name])
        self.backup(home)
        self.kist("close", self.container)
        for name in "anna", "bert":
            shutil.rmtree(home / name)
        self.install(NEW)
        words = ["--source", home, "--map-user", "anna=paul", "--yes"]
        self.assertIn("/home/anna stays where it was: --move /home/anna=/home/paul puts it into the home of paul",
                      self.rescue(*words).stdout)
        self.assertEqual(sorted(os.listdir(home)), ["anna", "bert"])
        for name in "anna", "bert":
            shutil.rmtree(home / name)
        result = self.rescue(*words, "--move", "/home/anna=/home/paul")
        self.assertRegex(result.stdout, r"(?m)^Rescued 1 of 1 sources: 2 files")
        self.assertEqual(sorted(os.listdir(home)), ["bert", "paul"])
        self.assertEqual((home / "paul/letter").read_text(), "anna")
        self.assertEqual((home / "paul").stat().st_uid, 1000)
        self.rescue(*words, "--move", "/home/anna", expect=2)
        self.rescue("--all", "--to", self.home / "to", "--move", "/a=/b", expect=2)

    def test_what_stands_there_may_stay(self):
        (self.source / "Documents").mkdir(parents=True)
        (self.source / "Documents/letter").write_text("newer\n")
        words = ["--all", "--map-user", "anna=paul", "--yes"]
        steps = self.json("rescue", *words, "--dry-run")
        self.assertEqual({line["action"] for line in steps if line["type"] == "step"}, {"create", "replace"})
        self.assertEqual(len(list(self.source.iterdir())), 1)
        self.rescue(*words, "--keep-both")
        self.assertEqual((self.source / "Documents/letter").read_text(), "newer\n")
        self.assertEqual((self.source / "Documents/letter.snapshot-1").read_text(), "Dear Bert\n")
        self.rescue(*words, "--overwrite", "never")
        self.assertEqual((self.source / "Documents/letter").read_text(), "newer\n")
        self.rescue(*words)
        self.assertEqual((self.source / "Documents/letter").read_text(), "Dear Bert\n")

    def test_what_is_damaged_is_not_hidden(self):
        self.kist("open", self.container, "--at", self.mount_point)
        rotten = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:] / "Documents/letter"
        rotten.write_text("Dear Fred\n")
        result = self.rescue("--all", "--map-user", "anna=paul", "--yes", expect=3)
        self.assertIn("damaged, not restored: ", result.stderr)
        self.assertIn("1 entries did NOT come back", result.stdout)
        self.assertFalse((self.source / "Documents/letter").exists())
        self.assertTrue((self.source / "image").exists())


class Several(Machine):
    def setUp(self):
        super().setUp()
        self.install([("anna", 1000)])
        self.prepare()
        self.other = self.home / "other"
        for folder in [self.source, self.other]:
            folder.mkdir()
            (folder / "file").write_text(folder.name)
        self.backup()
        argv = [KIST, "--volume", self.container, "backup", self.other]
        check_run(["unshare", "--uts", "sh", "-c", 'hostname other-machine && exec "$@"', "sh", *argv])
        for folder in [self.source, self.other]:
            shutil.rmtree(folder)

    def test_machines_are_not_mixed(self):
        self.assertIn("--host", self.rescue("--all", "--yes", expect=2).stderr)
        result = self.rescue("--all", "--host", "other-machine", "--yes")
        self.assertIn("To go on with the one of other-machine, call it so", result.stdout)
        self.assertEqual((self.other / "file").read_text(), "other")
        self.assertFalse(self.source.exists())
        self.rescue("--all", "--to", self.home / "both")
        self.assertEqual((self.home / "both/other-machine" / str(self.other)[1:] / "file").read_text(), "other")
        self.assertEqual((self.home / "both" / platform.node() / str(self.source)[1:] / "file").read_text(), "src")

    def test_one_source_that_fails_does_not_stop_the_others(self):
        target = self.home / "both"
        (target / "other-machine").mkdir(parents=True)
        (target / "other-machine" / self.other.parts[1]).write_text("in the way")
        result = self.rescue("--all", "--to", target, expect=1)
        self.assertIn(f"nothing of {self.other} was restored", result.stderr)
        self.assertIn("Rescued 1 of 2 sources", result.stdout)
        self.assertEqual((target / platform.node() / str(self.source)[1:] / "file").read_text(), "src")


class AtATerminal(Machine):
    def setUp(self):
        super().setUp()
        self.back_up_and_reinstall()
        self.argv = ["env", "SUDO_UID=1000", KIST, "--volume", self.container, "rescue"]

    def test_everything_is_asked(self):
        terminal = Terminal(self.argv, [("Passphrase for", "correct horse"), ("Which of them?", "7"),
                                        ("Which of them?", "1"), ("[paul]", "nobody-at-all"), ("[paul]", ""),
                                        ("Put all this back to where it was? [y/N]", "y")])
        self.assertEqual(terminal.code, 0, terminal.shown)
        self.assertIn("anna (1000, 4 entries) is no user here", terminal.shown)
        self.assertIn("to be made", terminal.shown)
        self.assert_same_numbers(self.expected, self.source)

    def test_nothing_chosen_or_no_is_nothing_done(self):
        for answers in [[("Which of them?", "")],
                        [("Which of them?", "all"), ("[paul]", "-"), ("[1000]", "-"), ("[y/N]", "n")]]:
            terminal = Terminal(self.argv, [("Passphrase for", "correct horse"), *answers])
            self.assertEqual(terminal.code, 130, terminal.shown)
            self.assertIn("nothing", terminal.shown)
            self.assertFalse(self.source.exists())


class Configuration(Machine):
    """Kist's own: kept at each backup, without keys, and put back beside what is there."""

    def setUp(self):
        super().setUp()
        self.folder = self.etc / "kist"
        (self.folder / "conf.d").mkdir(parents=True)
        shutil.copy(self.key, self.folder / "secret.key")
        (self.folder / "secret.key").chmod(0o400)
        (self.folder / "rules").write_text("*.iso\n")
        (self.folder / "conf.d/docs.toml").write_text(
            f'[source.docs]\nvolume = "main"\npaths = "{self.source}"\nexclude-from = "/etc/kist/rules"\n'
            f'before = ["touch", "{self.home}/hook has run"]\n')
        (self.folder / "kist.toml").write_text(
            f'include = ["conf.d/*.toml"]\n[volume.main]\npath = "{self.container}"\n'
            'key-file = "/etc/kist/secret.key"\n')
        self.fill(self.source, 1001, 1001)
        self.prepare()
        self.bare("backup")
        self.hook = self.home / "hook has run"
        self.hook.unlink()
        self.files = {path: path.read_text() for path in self.folder.rglob("*") if path.is_file()}
        kept = self.mount_point / ".kist/config" / platform.node() / "now"
        self.kept = sorted(str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file())
        self.assertEqual(run(["grep", "-r", "correct horse", kept]).returncode, 1)
        self.left_out = (kept / "left-out").read_text()
        self.kist("close", self.container)
        shutil.rmtree(self.source)
        shutil.rmtree(self.folder)
        self.install(NEW)

    def test_it_comes_back_and_runs_nothing_before_somebody_agreed(self):
        self.assertEqual(self.kept, ["files/etc/kist/conf.d/docs.toml", "files/etc/kist/kist.toml",
                                     "files/etc/kist/rules", "left-out"])
        self.assertEqual(self.left_out, "the key file /etc/kist/secret.key\n")
        self.assertIn("kist rescue --own-config", self.rescue("--all", "--yes").stdout)
        self.assertFalse(self.folder.exists())
        result = self.rescue("--all", "--yes", "--own-config")
        self.assertIn("/etc/kist/kist.toml is there again", result.stdout)
        self.assertIn("kist config confirm", result.stdout)
        self.assertIn("because it is secret: the key file /etc/kist/secret.key", result.stdout)
        back = {path: path.read_text() for path in self.folder.rglob("*") if path.is_file()}
        del back[self.folder / "kist.toml.unconfirmed"], self.files[self.folder / "secret.key"]
        self.assertEqual(back, self.files)
        shutil.copy(self.key, self.folder / "secret.key")
        (self.folder / "secret.key").chmod(0o400)
        self.bare("backup", expect=None)
        self.assertFalse(self.hook.exists())
        self.bare("config", "confirm", "--yes")
        self.bare("backup")
        self.assertTrue(self.hook.exists())

    def test_nothing_that_is_there_is_replaced(self):
        self.folder.mkdir()
        (self.folder / "kist.toml").write_text("# mine\n")
        self.rescue("--all", "--yes", "--own-config")
        self.assertEqual((self.folder / "kist.toml").read_text(), "# mine\n")
        self.assertEqual((self.folder / "kist.toml.rescued").read_text(), self.files[self.folder / "kist.toml"])
        self.assertTrue((self.folder / "kist.toml.unconfirmed").exists())


class Disk(Machine):
    def setUp(self):
        super().setUp()
        self.image = kist_driver.FOLDER / "rescue.disk"
        check_run(["truncate", "-s", "96M", self.image])
        self.disk = check_run(["losetup", "--find", "--show", self.image]).strip()
        self.addCleanup(self.detach)

    def detach(self):
        run([KIST, "close", self.mount_point])
        run(["partx", "-d", self.disk])
        check_run(["losetup", "--detach", self.disk])
        self.image.unlink()

    def test_it_is_found_and_comes_back_at_boot(self):
        self.bare("--key-file", self.key, "prepare", self.disk, "--label", "rescue-disk", "--at", self.mount_point,
                  "--yes-erase", self.disk, *LOW_COST)
        self.fill(self.source, 1001, 1001)
        boot_key = self.etc / "backup.key"
        shutil.copy(self.key, boot_key)
        boot_key.chmod(0o400)
        self.bare("--key-file", "/etc/backup.key", "boot", "add", self.mount_point, "--at", "/mnt/rescued")
        self.bare("--volume", self.mount_point, "backup", self.source)
        kept = self.mount_point / ".kist/config" / platform.node() / "now"
        self.assertEqual((kept / "boot").read_text(), "mount-point /mnt/rescued\nkey-file /etc/backup.key\n")
        self.assertEqual((kept / "left-out").read_text(), "the key file /etc/backup.key\n")
        self.assertEqual(run(["grep", "-r", "correct horse", self.mount_point / ".kist/config"]).returncode, 1)
        self.bare("close", self.mount_point)
        boot_key.unlink()
        shutil.rmtree(self.source)
        self.install(NEW)
        found = self.bare("rescue", "--all", "--yes", expect=2)  # other tests may have disks at the same time
        self.assertIn("rescue-disk", found.stderr)
        result = self.bare("--key-file", self.key, "--volume", "rescue-disk", "rescue", "--all", "--yes", "--boot")
        self.assertIn("crypttab and fstab have the disk at /mnt/rescued", result.stdout)
        self.assertIn("without a passphrase, as it was: kist --key-file /etc/backup.key boot add", result.stdout)
        self.assertIn("because it is secret: the key file /etc/backup.key", result.stdout)
        uuid = check_run(["cryptsetup", "luksUUID", self.disk + "p1"]).strip()
        self.assertIn(uuid, (self.etc / "crypttab").read_text())
        self.assertIn("/mnt/rescued", (self.etc / "fstab").read_text())
        self.assertEqual((self.source / "image").stat().st_uid, 1005)
        self.assertEqual(run([KIST, "status"]).stdout.decode(), "No volume is open. `kist open FILE` opens one.\n")


if __name__ == "__main__":
    kist_driver.main()
