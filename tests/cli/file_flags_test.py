"""What chattr sets: recorded, given back, named where it cannot be. lsattr is the judge."""

import os

import kist_driver
from kist_driver import Case, check_run, run


def attributes(folder):
    """lsattr's letters of everything below, without those of how the filesystem stores it."""
    lines = run(["lsattr", "-aR", folder]).stdout.decode().splitlines()
    found = {}
    for line in lines:
        letters, _, path = line.partition(" ")
        if path.startswith("/") and not path.endswith("/.."):
            found[os.path.relpath(path, folder)] = "".join(sorted(set(letters) - set("-eIE")))
    return found


class FileFlags(Case):
    def setUp(self):
        super().setUp()
        for name in ["plain", "immutable", "append", "many", "secret", "d/inner", "sealed/inner", "sealed/sub/deep", "log/old",
                     "private/x", "private/sub/y"]:
            path = self.source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        (self.source / "link").symlink_to("plain")
        (self.source / "d/first").write_text("one file")
        os.link(self.source / "d/first", self.source / "d/second")
        os.link(self.source / "d/first", self.source / "third")
        for flags, name in [("+i", "immutable"), ("+a", "append"), ("+sSdAtuc", "many"), ("+DTA", "d"), ("+i", "d/first"),
                            ("+d", "secret"), ("+d", "private"), ("+i", "sealed/sub/deep"), ("+i", "sealed"), ("+a", "log")]:
            check_run(["chattr", flags, self.source / name])
        self.wanted = attributes(self.source)
        self.assertEqual((self.wanted["immutable"], self.wanted["log"]), ("i", "a"))
        self.prepare()

    def unseal(self, folder):
        run(["chattr", "-R", "-f", "-ia", folder])  # which finds fault with symlinks

    def restore(self, *words, snapshot="latest", expect=0):
        target = self.home / "back"
        return target, self.kist("restore", snapshot, "--to", target, *words, expect=expect)

    def assert_back(self, target):
        self.assert_same(self.source, target)
        self.assertEqual(attributes(target), self.wanted)

    def test_come_back_and_stay_when_restored_again(self):
        self.backup()
        target, _ = self.restore()
        self.assert_back(target)
        self.assertEqual((target / "d/first").stat().st_nlink, 3)
        before = [path.lstat().st_ino for path in sorted(target.rglob("*"))]
        preview = self.json("restore", "latest", "--to", target, "--dry-run")[-1]
        self.assertEqual(preview["replace"], 0)
        self.restore()
        self.assert_back(target)
        self.assertEqual([path.lstat().st_ino for path in sorted(target.rglob("*"))], before)

    def test_are_put_right_where_they_alone_differ(self):
        self.backup()
        target, _ = self.restore()
        check_run(["chattr", "-ia", target / "immutable", target / "sealed", target / "d/first"])
        check_run(["chattr", "+ad", target / "plain"])
        (target / "third").unlink()
        os.utime(target / "sealed", (0, 0))
        self.assertGreater(self.json("restore", "latest", "--to", target, "--dry-run")[-1]["replace"], 0)
        self.restore()
        self.assert_back(target)
        self.assertEqual((target / "third").stat().st_nlink, 3)

    def test_what_they_protect_is_not_replaced(self):
        self.backup()
        target, _ = self.restore()
        check_run(["chattr", "-i", target / "immutable"])
        (target / "immutable").write_text("mine")
        check_run(["chattr", "+i", target / "immutable"])
        result = self.restore(expect=3)[1]
        self.assertIn("immutable: what stands there is immutable", result.stderr)
        self.assertEqual((target / "immutable").read_text(), "mine")

    def test_a_single_file(self):
        self.backup()
        target = self.home / "one"
        self.kist("restore", f"latest:{self.source}/immutable", "--to", target)
        self.assertEqual(attributes(target)["immutable"], "i")

    def test_a_change_of_them_alone_makes_a_version(self):
        self.backup()
        old = self.wanted
        check_run(["chattr", "-i", self.source / "immutable"])
        check_run(["chattr", "+d", self.source / "plain", self.source / "sealed/sub"])
        line = self.json("backup", self.source)[0]
        self.assertEqual((line["new"], line["deleted"], line["lost"]), (0, 0, []))
        self.wanted = attributes(self.source)
        target, _ = self.restore()
        self.assert_back(target)
        first = self.home / "first"
        self.kist("restore", "1", "--to", first)
        self.assertEqual(attributes(first), old)
        self.kist("undo", "--yes")
        self.unseal(target)
        check_run(["rm", "-r", target])
        self.wanted = old
        self.assertEqual(attributes(self.restore()[0]), old)

    def test_are_in_a_rebuilt_catalog_and_not_in_the_mirror(self):
        self.backup()
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        self.assertEqual(set(attributes(mirror).values()), {""})
        for file in (self.mount_point / ".kist").glob("catalog.sqlite*"):
            file.unlink()
        self.kist("rebuild")
        self.assert_back(self.restore()[0])
        self.assert_sound()

    def test_are_listed(self):
        self.backup()
        found = {line["path"].rsplit("/", 1)[1]: line.get("flags") for line in self.json("ls", "-R", "latest")}
        self.assertEqual(found["immutable"], ["immutable"])
        self.assertEqual(found["log"], ["append-only"])
        self.assertIsNone(found["plain"])

    def test_what_cannot_be_set_is_named(self):
        self.backup()
        target = self.home / "tmpfs"
        target.mkdir()
        check_run(["mount", "-t", "ramfs", "ramfs", target])
        try:
            result = self.kist("--json", "restore", "latest", "--to", target, expect=3)
            line = kist_driver.json.loads(result.stdout)
            refused = {entry["path"]: entry["reason"] for entry in line["flags_refused_entries"]}
            self.assertEqual(refused[str(self.source / "immutable")], "immutable")
            self.assertEqual(len(refused), line["flags_refused"])
            self.assertIn("immutable", result.stderr)
            self.assertEqual((target / "sealed/sub/deep").read_text(), "sealed/sub/deep")
        finally:
            check_run(["umount", target])

    def test_exclude_nodump(self):
        self.kist("backup", self.source, "--exclude-nodump")
        names = {line["path"][len(str(self.source)) + 1:] for line in self.json("ls", "-R", "latest")}
        self.assertFalse({"secret", "many", "private", "private/x"} & names)
        self.assertIn("plain", names)

    def test_of_btrfs_come_back(self):
        if run(["which", "mkfs.btrfs"]).returncode != 0:
            self.skipTest("needs mkfs.btrfs")
        image, there = self.home / "btrfs.img", self.home / "btrfs"
        with image.open("wb") as file:
            file.truncate(120 << 20)
        there.mkdir()
        check_run(["mkfs.btrfs", "-q", image])
        if run(["mount", "-o", "loop", image, there]).returncode != 0:
            self.skipTest("this kernel has no btrfs")
        try:
            (there / "src").mkdir()
            for flags, name in [("+C", "nocow"), ("+c", "packed"), ("+m", "raw")]:
                (there / "src" / name).touch()
                check_run(["chattr", flags, there / "src" / name])
                (there / "src" / name).write_text(name * 1000)
            self.backup(there / "src")
            self.kist("restore", f"latest:{there}/src", "--to", there / "back")
            self.assertEqual(attributes(there / "back"), attributes(there / "src"))
            self.assertEqual(attributes(there / "back")["nocow"], "C")
        finally:
            check_run(["umount", there])


if __name__ == "__main__":
    kist_driver.main()
