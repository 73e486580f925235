"""Restore drills: `kist check --drill`, and the small one after each backup."""

import os
import pathlib

import kist_driver
from kist_driver import Case

KIB = 1024


def rot(path):
    """Changes bytes, but no times: nobody notices without reading."""
    status = path.stat()
    path.write_bytes(bytes(255 - byte for byte in path.read_bytes()))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class Drill(Case):
    def setUp(self):
        super().setUp()
        (self.source / "folder").mkdir()
        for i in range(30):
            (self.source / "folder" / f"{i}\n").write_bytes(os.urandom(KIB))
        self.prepare()
        self.kist("backup", "--no-drill", self.source)
        self.mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]

    def status(self, expect=0):
        return self.json("status", expect=expect)[0]

    def test_a_sample_comes_back(self):
        self.assertNotIn("drill", self.status())
        self.assertIn("Last verified restore: none yet: kist check --drill", self.kist("status").stdout)
        result = self.json("check", "--drill")[-1]
        self.assertEqual((result["type"], result["files"], result["bytes"], result["failures"]),
                         ("drill", 30, 30 * KIB, 0))
        self.assertEqual(self.status()["drill"], {"time": result["time"], "files": 30, "bytes": 30 * KIB, "failures": 0})
        self.assertRegex(self.kist("status").stdout, "Last verified restore: .*, 30 files, 30.0 KiB")
        self.assertEqual(self.json("check", "--drill", "--sample", "10%")[-1]["files"], 3)
        self.assertEqual(self.json("check", "--drill", "--sample", "7")[-1]["files"], 7)
        self.assertIn("Restored 30 files, 30.0 KiB, of random snapshots into memory: all are right.",
                      self.kist("check", "--drill").stdout)
        for wrong in ["--sample=0"], ["--sample=x"], ["--sample=101%"], ["--catalog-only"]:
            self.kist("check", "--drill", *wrong, expect=2)
        self.kist("check", "--seed", "5", expect=2)

    def test_what_does_not_come_back_is_named_and_not_forgotten(self):
        for i in range(20):
            rot(self.mirror / "folder" / f"{i}\n")
        result = self.kist("check", "--drill", expect=4)
        self.assertEqual(result.stderr.count("cannot be restored: 1:"), 20)
        self.assertIn(f"cannot be restored: 1:{self.source}/folder/3\\x0a: ", result.stderr)
        self.assertIn("20 cannot be restored.", result.stdout)
        self.assertEqual(self.status(expect=4)["drill"]["failures"], 20)
        self.assertIn("20 of 30 files could not be restored", self.kist("status", expect=4).stdout)
        same = [self.json("check", "--drill", "--sample", "4", "--seed", "9", expect=None)[-1]["failed"] for _ in range(2)]
        self.assertEqual(same[0], same[1])
        self.kist("repair")
        self.assertEqual(self.json("check", "--drill")[-1]["failures"], 0)
        self.assertEqual(self.status()["checks"]["damaged"], 0)

    def test_after_each_backup(self):
        lines = self.json("backup", self.source)
        self.assertEqual([line["type"] for line in lines], ["backup", "drill"])
        self.assertEqual((lines[1]["files"], lines[1]["failures"]), (16, 0))
        self.assertEqual(self.status()["drill"]["files"], 16)
        self.assertEqual([line["type"] for line in self.json("backup", "--no-drill", self.source)], ["backup"])
        self.assertNotIn("Restored", self.kist("backup", "--quiet", self.source).stdout)
        for file in (self.mirror / "folder").iterdir():
            rot(file)
        result = self.kist("backup", self.source, expect=3)
        self.assertEqual(result.stderr.count("cannot be restored: "), 16)
        self.assertIn("`kist repair`", result.stderr)
        self.assertEqual(self.status(expect=4)["checks"]["damaged"], 16)
        self.kist("backup", "--no-drill", self.source)
        self.assertEqual(self.status(expect=4)["checks"]["damaged"], 16)
        self.kist("repair")
        self.backup()
        self.assert_sound()

    def test_old_versions_in_history_and_a_volume_that_is_read_only(self):
        text = bytearray(os.urandom(200 * KIB))
        for day in range(1, 6):
            text[100 * day] ^= 1
            (self.source / "document").write_bytes(text)
            self.kist("backup", "--no-drill", self.source)
        self.assertEqual(self.json("check", "--drill", "--sample=100%")[-1]["files"], 35)
        before = self.status()["drill"]
        self.kist("close", self.container)
        self.kist("open", self.container, "--read-only", "--at", self.mount_point)
        self.assertEqual(self.json("check", "--drill", "--sample=100%")[-1]["failures"], 0)
        self.assertEqual(self.status()["drill"], before)

    def test_nothing_to_drill(self):
        empty = pathlib.Path(self.home / "empty")
        empty.mkdir()
        self.kist("forget", "--yes", "--yes-last", "1")
        self.assertEqual(self.json("backup", empty)[-1]["files"], 0)
        self.assertNotIn("Restored", self.backup(empty).stdout)
        self.assertNotIn("drill", self.status())


if __name__ == "__main__":
    kist_driver.main()
