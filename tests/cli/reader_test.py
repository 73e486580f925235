"""Restores go on while another process backs up, forgets and undoes: each is exactly right, or says that its snapshot is gone."""

import os
import random
import shutil
import subprocess
import threading

import kist_driver
from kist_driver import Case, check_run

SEED = int(os.environ.get("KIST_SEED", "1"))
ROUNDS = int(os.environ.get("KIST_READER_ROUNDS", "6"))
GONE = 7


class Readers(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.prepare("160M")
        self.kept = {}
        (self.source / "folder").mkdir()
        (self.source / "image").write_bytes(self.random.randbytes(5_000_000))
        for number in range(30):
            (self.source / f"folder/{number}").write_bytes(self.random.randbytes(self.random.choice((100, 70_000))))
        for _ in range(6):
            self.back_up_changes()
        self.failures = []
        self.restored = 0
        self.stop = threading.Event()

    def back_up_changes(self):
        """An image patched in place, files that become deltas, one that goes, one that comes, a folder renamed."""
        image = self.source / "image"
        with image.open("r+b") as file:
            for _ in range(5):
                file.seek(self.random.randrange(4_900_000))
                file.write(self.random.randbytes(3_000))
        folder = next(path for path in self.source.iterdir() if path.is_dir())
        files = sorted(folder.iterdir())
        for path in self.random.sample(files, 6):
            with path.open("r+b") as file:
                file.seek(20)
                file.write(self.random.randbytes(20))
        files[0].rename(folder / f"new {self.random.randrange(10**9)}")
        files[1].unlink()
        (folder / f"late {self.random.randrange(10**9)}").write_bytes(self.random.randbytes(2_000_000))
        folder.rename(self.source / f"folder {self.random.randrange(10**9)}")
        number = int(self.json("backup", self.source)[0]["snapshot"])
        kept = self.home / f"kept-{number}"
        check_run(["cp", "-a", self.source, kept])
        self.kept[number] = kept

    def read(self, reader):
        chosen = random.Random(SEED * 1000 + reader)
        target = self.home / f"target-{reader}"
        while not self.stop.is_set():
            number = chosen.choice(sorted(self.kept))
            result = self.kist("--json", "restore", str(number), "--to", target, expect=None)
            if result.returncode == 0:
                difference = subprocess.run(["rsync", "-aHAXni", "--checksum", "--delete", f"{self.kept[number]}/", f"{target}/"],
                                            capture_output=True).stdout
                if difference:
                    self.failures.append(f"snapshot {number} is not what it was: {difference}")
                self.restored += 1
            elif result.returncode != GONE or number in self.snapshots_left:
                self.failures.append(f"snapshot {number}: {result.returncode}\n{result.stdout}\n{result.stderr}")
            shutil.rmtree(target, ignore_errors=True)

    def forget(self, *numbers):
        self.snapshots_left -= set(numbers)  # before it is true: whoever reads one of them may not find it any more
        self.kist("forget", "--yes", *map(str, numbers))

    def test_restores_beside_backups_and_forgetting(self):
        self.snapshots_left = set(self.kept)
        readers = [threading.Thread(target=self.read, args=(reader,)) for reader in range(2)]
        for reader in readers:
            reader.start()
        try:
            for number in range(ROUNDS):
                self.back_up_changes()
                self.snapshots_left.add(max(self.kept))
                if number % 3 == 1:
                    self.snapshots_left.discard(max(self.snapshots_left))
                    self.kist("undo", "--yes")
                middle = sorted(self.snapshots_left)[1:-1]
                self.forget(*self.random.sample(middle, min(len(middle), 1 + number % 2)) or [min(self.snapshots_left)])
        finally:
            self.stop.set()
            for reader in readers:
                reader.join()
        self.assertEqual(self.failures, [])
        self.assertGreater(self.restored, 2)
        self.assertEqual(self.snapshots_left, set(self.snapshots()))
        for number in self.snapshots_left:
            self.assert_restores(number, self.kept[number])
        self.assert_sound()


if __name__ == "__main__":
    kist_driver.main()
