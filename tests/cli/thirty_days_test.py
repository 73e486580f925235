"""Thirty days of a person's files, pruned every day: whatever is kept is what it was, judged by rsync."""

import os
import random
import shutil
import sqlite3

import kist_driver
from kist_driver import Case, check_run

DAYS = 30
DAILY, WEEKLY = 7, 3
MIB = 1 << 20


class ThirtyDays(Case):
    def begin(self):
        pick = self.pick
        (self.source / "documents").mkdir()
        for number in range(40):
            (self.source / "documents" / f"{number}").write_bytes(pick.randbytes(pick.choice([100, 5000, 90_000])))
        (self.source / "image").write_bytes(pick.randbytes(6 * MIB))
        (self.source / "sparse").write_bytes(b"")
        os.truncate(self.source / "sparse", 32 * MIB)
        (self.source / "mbox").write_bytes(b"".join(self.message() for _ in range(600)))
        (self.source / "log").write_bytes(b"")
        with sqlite3.connect(self.source / "data.sqlite") as database:
            database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text BLOB)")
            database.executemany("INSERT INTO note (text) VALUES (?)", ([pick.randbytes(400)] for _ in range(14_000)))
        database.close()

    def message(self):
        return b"From somebody\n\n" + self.pick.randbytes(self.pick.randrange(2_000, 16_000)).hex().encode() + b"\n\n"

    def write_blocks(self, name, count):
        with open(self.source / name, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            for _ in range(count):
                file.seek(self.pick.randrange(size // 4096) * 4096)
                file.write(self.pick.randbytes(4096))

    def live_a_day(self, day):
        pick, documents = self.pick, self.source / "documents"
        self.write_blocks("image", 5)
        self.write_blocks("sparse", 2)
        if day % 4 == 0:
            check_run(["fallocate", "--punch-hole", "--offset", pick.randrange(8) * MIB, "--length", MIB,
                       self.source / "sparse"])
        mail = (self.source / "mbox").read_bytes()
        cut = mail.find(b"From somebody", pick.randrange(len(mail)))
        if day % 3 == 0 and cut > 0:  # one goes, another comes in its place
            mail = mail[:cut] + self.message() + mail[cut + pick.randrange(2_000):]
        (self.source / "mbox").write_bytes(mail + self.message())
        with open(self.source / "log", "ab") as file:
            file.write(b"".join(b"day %d line %d\n" % (day, line) for line in range(20_000)))
        if day % 5 == 0:  # rotated
            for number in (2, 1):
                if (self.source / f"log.{number}").exists():
                    os.rename(self.source / f"log.{number}", self.source / f"log.{number + 1}")
            os.rename(self.source / "log", self.source / "log.1")
            (self.source / "log").write_bytes(b"")
        with sqlite3.connect(self.source / "data.sqlite") as database:
            for _ in range(20):
                changed = pick.randbytes(400), pick.randrange(1, 14_000)
                database.execute("UPDATE note SET text = ? WHERE id = ?", changed)
            database.execute("INSERT INTO note (text) VALUES (?)", [pick.randbytes(400)])
        database.close()
        names = sorted(os.listdir(documents))
        for name in pick.sample(names, 6):
            path, act = documents / name, pick.choice(["write", "write", "remove", "rename", "link", "mode", "return"])
            if act == "write":
                path.write_bytes(path.read_bytes()[::-1] + pick.randbytes(100))
            elif act == "remove":
                path.unlink()
            elif act == "rename":
                os.rename(path, documents / f"renamed-{day}-{name}"[:100])
            elif act == "link":
                os.link(path, documents / f"linked-{day}-{name}"[:100])
            elif act == "mode":
                path.chmod(pick.choice([0o600, 0o644, 0o755]))
            elif act == "return":  # what it was is what it will be again
                path.write_bytes(b"X" * 70_000 if path.read_bytes()[:1] != b"X" else b"Y" * 70_000)
        for number in range(3):
            (documents / f"new-{day}-{number}").write_bytes(pick.randbytes(3000))
        if day == 11:
            os.rename(documents, self.source / "papers")
            documents.mkdir()
            (documents / "first").write_bytes(b"begun anew")
            for number in range(10):
                (documents / f"{number}").write_bytes(b"%d" % number)
        if day == 20:
            shutil.rmtree(self.source / "papers")

    def assert_kept(self, numbers):
        for number in numbers:
            self.assert_restores(number, self.states[number])

    def test_what_is_kept_is_what_it_was(self):
        seed = random.randrange(1 << 32)
        self.pick, self.states = random.Random(seed), {}
        with self.subTest(seed=seed):
            self.prepare("512M")
            self.begin()
            for day in range(1, DAYS + 1):
                if day > 1:
                    self.live_a_day(day)
                self.states[day] = self.home / f"day-{day}"
                check_run(["cp", "-a", "--sparse=always", self.source, self.states[day]])
                self.kist("backup", self.source, "--time", f"2026-01-{day:02} 12:00")
                self.kist("prune", "--keep-daily", str(DAILY), "--keep-weekly", str(WEEKLY))
                kept = self.snapshots()
                self.assertEqual(kept[-min(day, DAILY):], list(range(max(1, day - DAILY + 1), day + 1)))
                self.assertLessEqual(len(kept), DAILY + WEEKLY)
                for number in set(self.states) - set(kept):
                    shutil.rmtree(self.states.pop(number))
                self.assert_kept(self.pick.sample(kept, min(2, len(kept))))
            self.assertGreater(len(kept), DAILY)  # some weeks, too
            self.assert_kept(kept)
            mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
            self.assert_same(self.source, mirror)
            self.assert_sound()


if __name__ == "__main__":
    kist_driver.main()
