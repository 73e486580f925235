"""A volume with less and less space: a run completes, or says that there is none and leaves everything as it was."""

import os
import random
import shutil

import kist_driver
from kist_driver import Case, check_run

MIB = 1 << 20
LEFT = [200, 120, 70, 45, 30, 20, 12, 8, 5, 3, 2, 1]  # MiB


class FullDisk(Case):
    def change(self, step):
        """About 40 MiB that are new, some of them in files that had others, and an image that is patched."""
        pick = random.Random(step)
        for number in range(4):
            (self.source / f"large-{number}").write_bytes(pick.randbytes(8 * MIB))
        shutil.rmtree(self.source / f"folder-{step - 1}", ignore_errors=True)
        (self.source / f"folder-{step}").mkdir()
        for number in range(200):
            (self.source / f"folder-{step}" / f"{number}").write_bytes(pick.randbytes(20_000))
        with open(self.source / "image", "r+b") as file:
            for _ in range(40):
                file.seek(pick.randrange(6 * MIB // 4096) * 4096)
                file.write(pick.randbytes(4096))
            file.seek(0, os.SEEK_END)
            file.write(pick.randbytes(100_000))

    def free_space(self):
        check_run(["sync", "-f", self.mount_point])
        status = os.statvfs(self.mount_point)
        return status.f_bavail * status.f_frsize

    def fill(self, left):
        size = self.free_space() - left * MIB
        if size > 0:
            check_run(["fallocate", "--length", size, self.mount_point / "filler"])

    def keep(self):
        number = self.snapshots()[-1]
        self.states[number] = self.home / f"state-{number}"
        check_run(["cp", "-a", self.source, self.states[number]])

    def assert_all_restore(self):
        self.assertEqual(self.snapshots(), sorted(self.states))
        for number, state in self.states.items():
            self.assert_restores(number, state)

    def test_every_size_step(self):
        self.prepare("512M")
        self.states, refused, done = {}, 0, 0
        (self.source / "image").write_bytes(random.Random(0).randbytes(6 * MIB))
        self.backup()
        self.keep()
        for step, left in enumerate(LEFT, 1):
            with self.subTest(left=left):
                self.change(step)
                self.fill(left)
                result = self.kist("backup", self.source, expect=None)
                self.assertIn(result.returncode, (0, 8), result.stderr)
                if result.returncode == 8:
                    refused += 1
                    self.assertIn("space", result.stderr + result.stdout)
                    self.assert_all_restore()
                    (self.mount_point / "filler").unlink()
                    self.backup()
                else:
                    done += 1
                    (self.mount_point / "filler").unlink(missing_ok=True)
                self.keep()
                self.assert_all_restore()
                for number in sorted(self.states)[:-2]:
                    self.kist("forget", str(number), "--yes")
                    shutil.rmtree(self.states.pop(number))
        self.assert_sound()
        self.assertGreater(refused, 3)
        self.assertGreater(done, 2)


if __name__ == "__main__":
    kist_driver.main()
