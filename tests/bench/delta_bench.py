#!/usr/bin/env python3
"""Kist's delta engine beside rdiff and rsync on the same pairs of files, in one run.

delta_bench.py [--build DIR] [--size MIB] [--rounds N] [--folder DIR]

  --size MIB     of each version (default 256)
  --rounds N     default 3; medians are printed
  --folder DIR   where the versions are made (default /dev/shm: no disk in between)

Cases: A identical, B one block of 64 KiB in a hundred changed where it is, C a hundred insertions that shift the rest, D all
different, E a half-empty image in which 40 places changed. Speeds in MiB of the newer version for a second of processor time, which
a busy machine distorts less, and for Kist with two threads and rsync by the clock. Kist makes the delta and the newer version's
signature and content hash, rdiff the delta alone (the older version's signature is made before, for both); rsync reads
both versions and writes what differs.
"""
import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
import time

BLOCK = 64 << 10
RDIFF_BLOCK = 16 << 10
LEVEL = 1  # blocks of 16 KiB


def seconds(*words):
    start = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def processor_seconds(*words):
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    before = used()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return used() - before


def noise(size):
    return b"".join(random.randbytes(BLOCK) for _ in range(size // BLOCK))


def changed_in_place(older):
    newer = bytearray(older)
    for block in random.sample(range(len(newer) // BLOCK), len(newer) // BLOCK // 100):
        newer[block * BLOCK:(block + 1) * BLOCK] = random.randbytes(BLOCK)
    return newer


def shifted(older):
    places = sorted(random.sample(range(len(older)), 100))
    parts = []
    for begin, end in zip([0] + places, places + [len(older)]):
        parts += [older[begin:end], random.randbytes(random.randrange(1, 300))]
    return b"".join(parts)


def half_empty(size):
    return b"".join(random.randbytes(BLOCK) if random.random() < 0.5 else bytes(BLOCK) for _ in range(size // BLOCK))


def touched(older):
    newer = bytearray(older)
    for _ in range(40):
        at = random.randrange(len(newer) - 4096)
        newer[at:at + 4096] = random.randbytes(4096)
    return newer


def cases(size):
    older = noise(size)
    yield "A identical", older, older
    yield "B in place", older, changed_in_place(older)
    yield "C shifted", older, shifted(older)
    yield "D all different", older, noise(size)
    image = half_empty(size)
    yield "E half-empty", image, touched(image)


class Versions:
    def __init__(self, folder, build):
        self.steps = f"{build}/tests/bench/delta_steps"
        self.older, self.newer, self.signature, self.delta, self.copy = (
            f"{folder}/{name}" for name in ("older", "newer", "signature", "delta", "copy"))

    def kist(self, threads):
        output = subprocess.run([self.steps, self.older, self.newer, str(LEVEL), str(threads)],
                                check=True, stdout=subprocess.PIPE).stdout
        return json.loads(output)

    def rdiff(self):
        seconds("rdiff", "--force", "-b", str(RDIFF_BLOCK), "signature", self.older, self.signature)
        return processor_seconds("rdiff", "--force", "delta", self.signature, self.newer, self.delta)

    def rdiff_reverse_bytes(self):
        seconds("rdiff", "--force", "-b", str(RDIFF_BLOCK), "signature", self.newer, self.signature)
        seconds("rdiff", "--force", "delta", self.signature, self.older, self.delta)
        return os.path.getsize(self.delta)

    def rsync(self):
        shutil.copyfile(self.older, self.copy)
        os.utime(self.copy, (0, 0))
        return seconds("rsync", "--inplace", "--no-whole-file", self.newer, self.copy)


def measure(versions, rounds, mib):
    ones, twos, rdiffs, rsyncs = [], [], [], []
    for _ in range(rounds):  # in turn, so that whatever else the machine does meets all of them
        ones.append(versions.kist(1))
        twos.append(versions.kist(2))
        rdiffs.append(versions.rdiff())
        rsyncs.append(versions.rsync())
    one = statistics.median(run["match_processor"] for run in ones)
    two = statistics.median(run["match"] for run in twos)
    rdiff, rsync = statistics.median(rdiffs), statistics.median(rsyncs)
    speeds = [mib / value for value in (one, rdiff, two, rsync)]
    return speeds, rdiff / one, ones[0]


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--build", default="build/release")
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--folder", default="/dev/shm")
    o = p.parse_args()
    random.seed(1)
    print(f"{'':16}{'kist':>8}{'rdiff':>8}{'kist 2':>9}{'rsync':>8}{'kist/rdiff':>12}"
          f"{'reverse':>12}{'rdiff back':>12}{'copies':>8}{'moved':>11}")
    with tempfile.TemporaryDirectory(dir=o.folder) as folder:
        versions = Versions(folder, o.build)
        for name, older, newer in cases(o.size << 20):
            for path, content in ((versions.older, older), (versions.newer, newer)):
                with open(path, "wb") as f:
                    f.write(content)
            speeds, ratio, step = measure(versions, o.rounds, len(newer) / (1 << 20))
            kist, rdiff, kist_2, rsync = speeds
            print(f"{name:16}{kist:8.0f}{rdiff:8.0f}{kist_2:9.0f}{rsync:8.0f}{ratio:12.1f}{step['reverse_bytes']:12}"
                  f"{versions.rdiff_reverse_bytes():12}{step['copies']:8}{step['moved']:11}", flush=True)


main()
