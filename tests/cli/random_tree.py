"""Small random trees: the same names again and again, so that two of them meet in every way."""

import os
import shutil

NAMES = ["a", "b", "c d", "e\nf", "g.txt", ".h", "i" * 200]
DAY = 86400 * 10**9


class RandomTree:
    """kinds: of entries to make, `files`, `folders`, `symlinks`, `links`, `fifos`; with `folders.d` no folder has the
    name of something else."""

    def __init__(self, random, kinds=("files", "folders", "symlinks", "links", "fifos"), names=NAMES):
        self.random = random
        self.kinds = kinds
        self.names = names

    def fill(self, folder, depth=3):
        folder.mkdir(exist_ok=True)
        for name in self.random.sample(self.names, self.random.randint(1, len(self.names))):
            self.make(folder / name, depth)
        self.finish(folder)

    def change(self, folder):
        """Some of everything: goes, changes, gets newer, becomes something else."""
        for path in sorted(folder.rglob("*"), key=lambda path: path.as_posix(), reverse=True):
            choice = self.random.randrange(8)
            if choice > 3 or not os.path.lexists(path):
                continue
            if choice == 0 or path.is_symlink():
                self.remove(path)
            elif choice == 1 and path.is_file():
                path.write_text(f"changed {self.random.random()}")
            elif choice == 2 and path.is_file():
                os.chmod(path, self.random.choice([0o600, 0o644, 0o755]))
            if choice == 0 and self.random.random() < 0.5:
                self.make(path, 1)
            elif os.path.lexists(path):
                self.finish(path)
        for parent in [folder, *[path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()]]:
            if self.random.random() < 0.3:
                self.make(parent / f"new {self.random.randrange(100)}", 1)

    def make(self, path, depth):
        if os.path.lexists(path):
            return
        kind = self.random.choice([kind for kind in self.kinds if not kind.startswith("folders") or depth > 0])
        if kind.startswith("folders"):
            return self.fill(path.with_name(path.name + kind.removeprefix("folders")), depth - 1)
        if kind == "symlinks":
            path.symlink_to(self.random.choice(["a", "../b", "/nowhere", "."]))
        elif kind == "fifos":
            os.mkfifo(path)
        elif kind == "links" and (others := [other for other in path.parent.iterdir() if is_plain_file(other)]):
            os.link(self.random.choice(others), path)
        else:
            path.write_text("x" * self.random.randrange(6000))
        self.finish(path)

    def finish(self, path):
        """Owner, mode, an attribute and a time."""
        if not path.is_symlink():
            os.chmod(path, self.random.choice([0o600, 0o644, 0o755, 0o4711] if path.is_file() else [0o700, 0o755, 0o1777]))
        os.chown(path, self.random.choice([0, 1000, 4711]), self.random.choice([0, 100, 4712]), follow_symlinks=False)
        if is_plain_file(path) and self.random.random() < 0.2:
            os.setxattr(path, "user.note", str(self.random.random()).encode())
        time = 10**18 + self.random.randrange(1000) * DAY + self.random.randrange(10**9)
        os.utime(path, ns=(time, time), follow_symlinks=False)

    @staticmethod
    def remove(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def is_plain_file(path):
    return path.is_file() and not path.is_symlink()
