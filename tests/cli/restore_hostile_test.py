#!/usr/bin/env python3
"""Restoring into folders of somebody who swaps folders, files and links meanwhile: nothing outside is ever touched."""

import os
import pathlib
import random
import signal

import kist_driver
from kist_driver import Case, check_run

ROUNDS = int(os.environ.get("KIST_HOSTILE_ROUNDS", "4"))
EVIL = 4711
CHOICES = [["--delete", "--yes", "--ignore-errors"], ["--overwrite", "if-older"], ["--keep-both"], []]


def fingerprint(folder):
    """What a write, a chmod, a chown or a removal would change. Times of change do not count: renaming a hard link of a
    file changes them."""
    found = []
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        found.append((str(path), status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content))
    return found


class Attacker:
    """Another process, as a user that owns the target: swaps what it finds for links to the canary, until killed."""

    def __init__(self, target, canary, seed):
        self.target, self.canary, self.random = target, canary, random.Random(seed)
        self.pool = target.parent / "pool"
        self.moved = 0

    def start(self):
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(EVIL)
                os.setuid(EVIL)
                while True:
                    self.act()
            finally:
                os._exit(1)
        return child

    def folders(self):
        return [pathlib.Path(folder) for folder, _, _ in os.walk(self.target)]

    def act(self):
        try:
            folder = self.random.choice(self.folders())
            names = sorted(os.listdir(folder))
            if not names:
                return
            path = folder / self.random.choice(names)
            away = self.pool / f"away-{self.moved}"
            self.moved += 1
            os.rename(path, away)
            self.plant(path)
        except OSError:
            pass

    def plant(self, path):
        kind = self.random.randrange(6)
        if kind == 0:
            path.symlink_to(self.canary / self.random.choice(["", "d0", "d1"]))
        elif kind == 1:
            path.symlink_to(self.canary / "d0/f1")
        elif kind == 2:
            os.rename(next(self.pool.glob("link-*")), path)  # a hard link of a file outside
        elif kind == 3:
            path.mkdir(mode=0o777)
            (path / self.random.choice(["f1", "s"])).symlink_to(self.canary / "d1")
        elif kind == 4:
            os.mkfifo(path)
        else:
            os.rename(self.pool / f"away-{self.random.randrange(self.moved)}", path)


class Hostile(Case):
    def setUp(self):
        super().setUp()
        for d in range(12):
            folder = self.source / f"d{d}"
            folder.mkdir()
            for f in range(12):
                file = folder / f"f{f}"
                file.write_text(f"{d} {f}")
                os.chmod(file, 0o4777)
                os.chown(file, EVIL, EVIL)
                os.chmod(file, 0o4777)
            (folder / "s").symlink_to("f1")
            os.mkfifo(folder / "p")
            os.link(folder / "f0", folder / "l0")
            (folder / "deep/er").mkdir(parents=True)
            (folder / "deep/er/f1").write_text("x")
            for path in [folder, folder / "deep", folder / "deep/er", folder / "s", folder / "p"]:
                os.chown(path, EVIL, EVIL, follow_symlinks=False)
        self.prepare("128M")
        self.backup()
        self.canary = self.home / "canary"
        for d in range(2):
            (self.canary / f"d{d}").mkdir(parents=True)
            for f in range(12):
                (self.canary / f"d{d}/f{f}").write_text(f"canary {d} {f}")
                os.chmod(self.canary / f"d{d}/f{f}", 0o640)
        self.evil = self.home / "evil"
        for folder in [self.evil, self.evil / "pool", self.evil / "target"]:
            folder.mkdir()
            os.chown(folder, EVIL, EVIL)
        for folder in [self.home, *self.home.parents]:
            os.chmod(folder, folder.stat().st_mode | 0o711)

    def test_nothing_outside_is_touched(self):
        before = fingerprint(self.canary)
        for turn in range(ROUNDS):
            for number in range(60):
                link = self.evil / f"pool/link-{turn}-{number}"
                os.link(self.canary / f"d{number % 2}/f{number % 12}", link)
            child = Attacker(self.evil / "target", self.canary, turn).start()
            try:
                result = self.kist("restore", "1", "--to", self.evil / "target", *CHOICES[turn % len(CHOICES)], expect=None)
            finally:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            self.assertIn(result.returncode, [0, 1, 3], result.stderr)
            self.assertEqual(fingerprint(self.canary), before)

    def test_links_on_the_way_are_not_followed(self):
        target = self.evil / "target"
        (target / "d0").symlink_to(self.canary / "d0")
        os.link(self.canary / "d1/f1", target / "d1")
        before = fingerprint(self.canary)
        self.kist("restore", f"latest:{self.source}", "--only", "f1", "--to", target, expect=3)
        self.assertEqual(fingerprint(self.canary), before)
        self.kist("restore", f"latest:{self.source}", "--to", target)
        self.assertEqual(fingerprint(self.canary), before)
        self.assert_same(self.source, target)

    def test_in_place_links_below_the_source_are_not_followed(self):
        check_run(["rm", "-r", self.source / "d0"])
        (self.source / "d0").symlink_to(self.canary / "d0")
        before = fingerprint(self.canary)
        self.kist("restore", f"latest:{self.source}/d0/f1", "--yes", expect=1)
        self.assertEqual(fingerprint(self.canary), before)


if __name__ == "__main__":
    kist_driver.main()
