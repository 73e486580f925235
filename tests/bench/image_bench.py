#!/usr/bin/env python3
"""A large image of which 1% of the 64 KiB blocks change: kist beside rsync --inplace and rdiff-backup.

image_bench.py KIST FOLDER [--gib N] [--rounds N] [--rdiff-backup N] [--cold]

  FOLDER            on a disk with seven times as much space; as root
  --gib N           of the image (default 4)
  --rounds N        that are counted (default 4)
  --rdiff-backup N  in how many of them rdiff-backup runs too (default 0: it takes a minute or more for each)
  --cold            nothing is cached when a program begins, so that what it reads from the volume's disk can be seen

All write to one ext4 on a loop device. Seconds include a final syncfs. Bytes written and read are the loop device's
(/sys/dev/block/*/stat). Two rounds come before: the first backup, and the first change, when Kist has no signature yet.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import time

BLOCK = 64 << 10


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("kist")
    parser.add_argument("folder")
    parser.add_argument("--gib", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rdiff-backup", type=int, default=0)
    parser.add_argument("--cold", action="store_true")
    return parser.parse_args()


def traffic(path):
    device = os.stat(path).st_dev
    with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat") as file:
        fields = file.read().split()
    return int(fields[2]) * 512, int(fields[6]) * 512


class Cost:
    """What running `words` took: seconds, and bytes read from and written to the volume's disk."""

    def __init__(self, words, volume, cold):
        subprocess.run(["sync", "-f", volume], check=True)
        if cold:
            subprocess.run(["sync"], check=True)
            with open("/proc/sys/vm/drop_caches", "w") as file:
                file.write("3")
        before, start = traffic(volume), time.monotonic()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["sync", "-f", volume], check=True)
        self.seconds = time.monotonic() - start
        self.read, self.written = (after - first for after, first in zip(traffic(volume), before))

    def text(self, changed):
        return f"{self.seconds:.2f} s, {self.written / changed:.2f} x written, {self.read / changed:.2f} x read"


def change(path, size, generator):
    with open(path, "r+b") as file:
        for block in generator.sample(range(size // BLOCK), size // BLOCK // 100):
            file.seek(block * BLOCK)
            file.write(generator.randbytes(BLOCK))


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def compare(options, source, volume):
    size = int(options.gib * (1 << 30))
    changed = size // BLOCK // 100 * BLOCK
    generator = random.Random(1)
    with open(f"{source}/image", "wb") as file:
        for _ in range(size >> 20):
            file.write(generator.randbytes(1 << 20))
    programs = {
        "kist": [options.kist, "--volume", volume, "backup", source],
        "rsync": ["rsync", "-aHAX", "--no-whole-file", "--inplace", f"{source}/", f"{volume}/copy/"],
        "rdiff-backup": ["rdiff-backup", source, f"{volume}/rdiff"],
    }
    if not options.rdiff_backup:
        del programs["rdiff-backup"]
    costs = []
    for number in range(-2, options.rounds):
        if number > -2:
            change(f"{source}/image", size, generator)
            time.sleep(2.5)  # settled: no file is read twice
        names = [name for name in programs if name != "rdiff-backup" or number == -2 or 0 <= number < options.rdiff_backup]
        round_costs = {name: Cost(programs[name], volume, options.cold and number >= 0)
                       for name in (names if number % 2 == 0 else reversed(names))}
        if number < 0:
            continue
        costs.append(round_costs)
        print("; ".join(f"{name} {cost.text(changed)}" for name, cost in sorted(round_costs.items())), flush=True)
    report(programs, costs, changed)


def report(programs, costs, changed):
    for name in programs:
        ratios = [cost[name].seconds / cost["kist"].seconds for cost in costs if name in cost]
        if name != "kist" and ratios:
            print(f"{name} / kist: {spread(ratios)}")
    for field in "written", "read":
        print(f"kist: bytes {field} / bytes changed: {spread([getattr(cost['kist'], field) / changed for cost in costs])}")


def main():
    options = arguments()
    top = os.path.join(options.folder, "image-bench")
    source, volume = (os.path.join(top, name) for name in ("source", "volume"))
    shutil.rmtree(top, ignore_errors=True)
    os.makedirs(source)
    os.makedirs(volume)
    try:
        copies = 5 if options.rdiff_backup else 3
        size = int((copies * options.gib + 1) * (1 << 30))
        subprocess.run(["truncate", "--size", str(size), f"{top}/disk"], check=True)
        subprocess.run(["mkfs.ext4", "-q", f"{top}/disk"], check=True)
        subprocess.run(["mount", "-o", "loop", f"{top}/disk", volume], check=True)
        os.mkdir(f"{volume}/copy")
        subprocess.run([options.kist, "adopt", volume], check=True, stdout=subprocess.DEVNULL)
        compare(options, source, volume)
    finally:
        subprocess.run(["umount", volume])
        shutil.rmtree(top, ignore_errors=True)


main()
