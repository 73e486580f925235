"""restless_writer.py FOLDER: changes what is in it until it is killed. Files consist of lines, each a hash and what has that
hash; every change is one system call, so that whoever reads a file at rest finds whole lines."""

import contextlib
import hashlib
import os
import pathlib
import random
import shutil
import sys

generator = random.Random(7)


def record():
    text = (str(generator.random()) * generator.randrange(1, 2000)).encode()
    return hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n"


def write(path, flags, data):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
    try:
        os.write(file, data)
    finally:
        os.close(file)


def change(top):
    folders = [top, *(path for path in top.rglob("*") if path.is_dir() and not path.is_symlink())]
    files = [path for path in top.rglob("w*") if path.is_file() and not path.is_symlink()]
    folder, name = generator.choice(folders), f"w{generator.randrange(40)}"
    choice = generator.randrange(9)
    if choice == 0 and len(folders) < 30:
        (folder / f"d{generator.randrange(20)}").mkdir()
    elif choice == 1 and folder != top:
        folder.rename(generator.choice(folders) / f"d{generator.randrange(20)}")
    elif choice == 2 and folder != top:
        shutil.rmtree(folder)
    elif choice == 3 and files:
        generator.choice(files).unlink()
    elif choice == 4 and files:
        os.truncate(generator.choice(files), 0)
    elif choice == 5 and files:
        os.link(generator.choice(files), folder / name)
    elif choice == 6:
        write(top / ".next", os.O_TRUNC, record() * generator.randrange(1, 50))
        (top / ".next").rename(folder / name)
    else:
        write(generator.choice(files) if files else folder / name, os.O_APPEND, record())


def main():
    while True:
        with contextlib.suppress(OSError):
            change(pathlib.Path(sys.argv[1]))


main()
