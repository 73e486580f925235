#!/usr/bin/env python3
"""What history costs: restoring the oldest of 30 versions beside the newest, forgetting 23 of 30 beside one backup, and a mailbox's delta.

history_bench.py KIST FOLDER [--gib N] [--rounds N]     as root

  FOLDER      on a disk with four times as much space
  --gib N     of the image (default 1), of which 1% of the 64 KiB blocks change from version to version
  --rounds N  of each restore (default 5)

The volume is an ext4 on a loop device; everything is in the page cache; seconds include a final syncfs.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import time

BLOCK = 64 << 10
VERSIONS = 30
KEPT = 7
MAILBOX = 512 << 20
MESSAGES = 100
MESSAGE = 20_000


class Volume:
    def __init__(self, kist, path):
        self.kist, self.path = kist, path

    def run(self, *words):
        subprocess.run(["sync", "-f", self.path], check=True)
        start = time.monotonic()
        subprocess.run([self.kist, "--volume", self.path, *words], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["sync", "-f", self.path], check=True)
        return time.monotonic() - start

    def history_bytes(self):
        words = ["du", "-s", "--block-size=1", f"{self.path}/.kist/history"]
        return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[0])


def noise(path, size, generator):
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(generator.randbytes(1 << 20))


def change(path, size, generator):
    with open(path, "r+b") as file:
        for block in generator.sample(range(size // BLOCK), size // BLOCK // 100):
            file.seek(block * BLOCK)
            file.write(generator.randbytes(BLOCK))


def insert_and_remove(path, generator):
    """A mail client writes a mailbox anew: some messages came, some went."""
    with open(path, "rb") as file:
        content = file.read()
    places = sorted(generator.sample(range(MESSAGE, len(content) - MESSAGE), 2 * MESSAGES))
    parts, begin = [], 0
    for number, place in enumerate(places):
        place = max(place, begin)
        parts.append(content[begin:place])
        if number % 2 == 0:
            parts.append(generator.randbytes(MESSAGE))
            begin = place
        else:
            begin = place + MESSAGE
    with open(path + ".new", "wb") as file:
        file.writelines([*parts, content[begin:]])
    os.rename(path + ".new", path)


def restores(volume, image, target, rounds):
    numbers = {"newest": VERSIONS, "oldest": 1}
    seconds = {name: [] for name in numbers}
    for number in range(rounds):
        for name in sorted(numbers, reverse=number % 2 == 0):
            shutil.rmtree(target, ignore_errors=True)
            seconds[name].append(volume.run("restore", f"{numbers[name]}:{image}", "--to", target))
    ratios = [oldest / newest for oldest, newest in zip(seconds["oldest"], seconds["newest"])]
    print(f"restore: newest {statistics.median(seconds['newest']):.2f} s, oldest of {VERSIONS} "
          f"{statistics.median(seconds['oldest']):.2f} s; oldest / newest {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kist")
    parser.add_argument("folder")
    parser.add_argument("--gib", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    size = int(options.gib * (1 << 30))
    generator = random.Random(1)
    top = os.path.join(options.folder, "history-bench")
    images, mail, mounted = (os.path.join(top, name) for name in ("images", "mail", "volume"))
    shutil.rmtree(top, ignore_errors=True)
    for path in images, mail, mounted:
        os.makedirs(path)
    try:
        subprocess.run(["truncate", "--size", str(3 * size + (3 << 30)), f"{top}/disk"], check=True)
        subprocess.run(["mkfs.ext4", "-q", f"{top}/disk"], check=True)
        subprocess.run(["mount", "-o", "loop", f"{top}/disk", mounted], check=True)
        volume = Volume(options.kist, mounted)
        volume.run("adopt", mounted)
        noise(f"{images}/image", size, generator)
        volume.run("backup", images)
        for _ in range(VERSIONS - 2):
            change(f"{images}/image", size, generator)
            volume.run("backup", images)
        change(f"{images}/image", size, generator)
        time.sleep(2.5)  # settled
        one_run = volume.run("backup", images)
        restores(volume, f"{images}/image", f"{top}/restored", options.rounds)
        gone = sorted(generator.sample(range(1, VERSIONS), VERSIONS - KEPT))
        forgetting = volume.run("--no-progress", "forget", "--yes", *map(str, gone))
        print(f"forget {len(gone)} of {VERSIONS}: {forgetting:.2f} s; one backup of 1%: {one_run:.2f} s; "
              f"forget / backup {forgetting / one_run:.2f}", flush=True)
        noise(f"{mail}/mbox", MAILBOX, generator)
        volume.run("backup", mail)
        before = volume.history_bytes()
        insert_and_remove(f"{mail}/mbox", generator)
        seconds = volume.run("backup", mail)
        grown, moved = volume.history_bytes() - before, 2 * MESSAGES * MESSAGE
        print(f"mailbox of {MAILBOX >> 20} MiB, {MESSAGES} messages in, {MESSAGES} out: {seconds:.2f} s; history grew by "
              f"{grown / moved:.2f} x what came and went; allowed {1.3 + 2 * MESSAGES * BLOCK / moved:.2f} x")
    finally:
        subprocess.run(["umount", mounted])
        shutil.rmtree(top, ignore_errors=True)


main()
