"""`kist check` finds what rots, and `kist repair` heals it."""

import os
import shutil

import kist_driver
from kist_driver import Case, rot


class Repair(Case):
    def setUp(self):
        super().setUp()
        self.document = os.urandom(50_000)
        (self.source / "document").write_bytes(self.document)
        (self.source / "copy of it").write_bytes(self.document)
        (self.source / "image\n").write_bytes(os.urandom(200_000))
        self.prepare()
        self.backup()
        self.mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]

    def outcomes(self, *options, expect=0):
        lines = self.json("repair", *options, expect=expect)
        return sorted(line["outcome"] for line in lines if line["type"] == "damage")

    def test_from_a_copy_and_from_the_source(self):
        rot(self.mirror / "document")
        rot(self.mirror / "image\n")
        self.assertEqual(self.json("status")[0]["checks"], {"percent": 0, "damaged": 0})
        self.assertIn("kist repair", self.kist("check", expect=4).stdout)
        checks = self.json("status", expect=4)[0]["checks"]
        self.assertEqual((checks["percent"], checks["damaged"]), (100, 2))
        self.assertRegex(self.kist("status", expect=4).stdout, "Warning: 2 places were found damaged .*: kist repair")
        self.assertEqual(self.outcomes("--dry-run", expect=4), ["can be healed", "has no good copy in the repository"])
        self.kist("check", expect=4)
        text = self.kist("repair").stdout
        self.assertRegex(text, r"(?m)^healed: latest/files/.*/document does not hold what was backed up\n")
        self.assertRegex(text, r"(?m)^healed from the source: latest/files/.*/image\\x0a does not hold")
        self.assertEqual(self.json("status")[0]["checks"]["damaged"], 0)
        self.assert_sound()
        self.assert_same(self.source, self.mirror)
        self.assert_restores(1, self.source)
        self.assertEqual(self.kist("repair").stdout, "Nothing is damaged.\n")

    def test_what_is_lost_is_named_and_stored_again_when_it_is_back(self):
        rot(self.mirror / "image\n")
        image = (self.source / "image\n").read_bytes()
        (self.source / "image\n").write_bytes(b"changed")
        self.assertEqual(self.outcomes(expect=4), ["lost"])
        self.backup(expect=3)  # it says so once more
        self.assertRegex(self.kist("status", expect=4).stdout, "Warning: 1 contents are lost")
        self.assert_same(self.source, self.mirror)
        self.assertIn("image\\x0a", self.kist("check", expect=4).stdout)
        self.assertEqual(self.outcomes(expect=4), ["lost"])
        self.kist("restore", "1", "--to", self.home / "partly", expect=3)
        self.assertEqual((self.home / "partly/document").read_bytes(), self.document)
        (self.source / "image\n").write_bytes(image)
        self.backup()
        self.assert_sound()
        self.kist("status")
        self.kist("restore", "1", "--to", self.home / "whole")
        self.assertEqual((self.home / "whole/image\n").read_bytes(), image)


class Sample(Case):
    def test_parts_in_turn(self):
        for i in range(40):
            (self.source / str(i)).write_bytes(os.urandom(500))
        self.prepare()
        self.backup()
        parts = [self.json("check", "--sample", "25%")[-1]["files"] for _ in range(4)]
        self.assertEqual(sum(parts), 40)
        self.assertLess(max(parts), 30)
        rot(next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:] / "7")
        self.assertEqual(sum(line.get("damage", 0) for _ in range(4)
                             for line in self.json("check", "--sample", "25%", expect=None)), 1)
        self.assertEqual(self.json("status", expect=4)[0]["checks"]["damaged"], 1)
        self.kist("repair")
        self.assertIn("has read 25% of the contents, and all was read since", self.kist("check", "--sample", "25").stdout)
        for wrong in "0%", "101%", "x", "-5%":
            self.kist("check", f"--sample={wrong}", expect=2)
        self.kist("check", "--sample=5%", "--catalog-only", expect=2)
        self.kist("check")
        self.assertIn("has read 10%", self.kist("check", "--sample=10%").stdout)


class Rebuild(Case):
    def setUp(self):
        super().setUp()
        (self.source / "file").write_bytes(os.urandom(10_000))
        self.prepare()
        self.backup()
        shutil.copytree(self.source, self.home / "first")
        (self.source / "file").write_bytes(b"second")
        self.backup()
        self.control = self.mount_point / ".kist"

    def test_a_lost_catalog_is_made_anew(self):
        before = self.kist("--json", "list").stdout
        (self.control / "catalog.sqlite").unlink()
        lost = self.kist("list", expect=4)
        self.assertIn("kist rebuild", lost.stderr)
        self.assertRegex(self.kist("rebuild").stdout, "2 snapshots")
        self.assertEqual(self.kist("--json", "list").stdout, before)
        self.assert_sound()
        self.assertEqual((self.control / "found").exists() and list((self.control / "found").iterdir()), [])

    def test_a_damaged_one_is_kept_and_a_damaged_record_is_refused(self):
        (self.control / "catalog.sqlite").write_bytes(b"no database at all" * 1000)
        self.assertIn("kist rebuild", self.kist("list", expect=4).stderr)
        pack = self.control / "history/0001.pack"
        good = pack.read_bytes()
        pack.write_bytes(good[:-200] + bytes([good[-200] ^ 1]) + good[-199:])
        self.assertIn("made anew", self.kist("rebuild", expect=4).stderr)
        self.assertEqual((self.control / "catalog.sqlite").read_bytes()[:18], b"no database at all")
        pack.write_bytes(good)
        self.kist("rebuild")
        self.assertEqual(len(list((self.control / "found").iterdir())), 2)
        self.assert_restores(1, self.home / "first")
        self.backup()
        self.assert_sound()


if __name__ == "__main__":
    kist_driver.main()
