"""kist stats beside du and what the test stored."""

import random

import kist_driver
from kist_driver import Case, check_run


class Stats(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.random = random.Random(1)

    def write(self, name, size):
        path = self.source / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.random.randbytes(size))
        return path

    def allocated(self, name):
        return int(check_run(["du", "-s", "-B1", self.mount_point / ".kist" / name]).split()[0])

    def lines(self, kind, *words):
        return [line for line in self.json("stats", *words) if line["type"] == kind]

    def test_tells_what_takes_space(self):
        self.write("quiet/a", 50_000)
        busy = self.write("busy/b", 10_000)
        large = self.write("busy/large", 3_000_000)
        self.json("backup", self.source)
        for _ in range(3):
            busy.write_bytes(self.random.randbytes(10_000))
            self.json("backup", self.source)
        large.unlink()
        self.json("backup", self.source)
        (space,) = self.lines("space")
        self.assertEqual(space["latest"], 60_000)
        self.assertEqual(space["kept"], self.allocated("history/kept"))
        self.assertEqual(space["packs"] + space["kept"], self.allocated("history") - 4096)  # the folder itself
        self.assertEqual(space["signatures"], self.allocated("signatures") if (self.mount_point / ".kist/signatures").exists() else 0)
        self.assertGreater(space["catalog"], 0)
        total, free = check_run(["df", "-B1", "--output=size,avail", self.mount_point]).split()[-2:]
        self.assertEqual(space["total"], int(total))
        self.assertAlmostEqual(space["free"], int(free), delta=1 << 20)  # while the catalog is open it has a log
        growth = self.lines("growth")
        self.assertEqual([line["new_bytes"] for line in growth], [3_060_000, 10_000, 10_000, 10_000, 0])
        self.assertEqual([line["new_contents"] for line in growth], [3, 1, 1, 1, 0])
        (source,) = self.lines("source")
        self.assertEqual((source["snapshots"], source["files"], source["bytes"]), (5, 2, 60_000))
        (folder,) = self.lines("churn")
        self.assertEqual((folder["path"], folder["contents"]), (str(self.source / "busy"), 4))
        self.assertEqual(folder["bytes"], source["history_bytes"])
        self.assertTrue(3_030_000 <= folder["bytes"] <= 3_040_000, folder)

    def test_what_people_see(self):
        self.kist("stats")
        for number in range(4):
            self.write(f"folder {number}/file", 1000)
        self.json("backup", self.source)
        for number in range(4):
            self.write(f"folder {number}/file", 1000 + number * 1000)
        self.json("backup", self.source)
        self.assertEqual(len(self.lines("churn", "--top", "2")), 2)
        self.assertEqual(self.lines("growth", "--host", "elsewhere"), [])
        shown = self.kist("stats").stdout
        for text in ["latest/, the newest backups", "SOURCE", "NEW FILES", f"{self.source}/folder 0"]:
            self.assertIn(text, shown)


if __name__ == "__main__":
    kist_driver.main()
