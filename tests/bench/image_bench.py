#!/usr/bin/env python3
"""A large image of which 1% of the 64 KiB blocks change: kist against rsync --inplace, side by side.

image_bench.py KIST FOLDER [GIB]     as root; FOLDER on a disk with five times as much space
Both write to one ext4 on a loop device. Seconds include a final syncfs. Bytes written are the loop device's (/sys/dev/block/*/stat).
Two rounds are not counted: the first backup, and the first change, when there is no signature yet.
"""
import os, random, shutil, statistics, subprocess, sys, time

kist, folder = sys.argv[1:3]
size = int(float(sys.argv[3]) * (1 << 30)) if len(sys.argv) > 3 else 4 << 30
BLOCK, ROUNDS = 64 << 10, 4


def written(path):
    device = os.stat(path).st_dev
    with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat") as f:
        return int(f.read().split()[6]) * 512


def measure(words, volume):
    subprocess.run(["sync", "-f", volume], check=True)
    before, start = written(volume), time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["sync", "-f", volume], check=True)
    return time.monotonic() - start, written(volume) - before


def change(path, generator):
    with open(path, "r+b") as f:
        for block in generator.sample(range(size // BLOCK), size // BLOCK // 100):
            f.seek(block * BLOCK)
            f.write(generator.randbytes(BLOCK))


def main():
    top = os.path.join(folder, "image-bench")
    source, volume = (os.path.join(top, n) for n in ("source", "volume"))
    copy = f"{volume}/copy"
    shutil.rmtree(top, ignore_errors=True)
    for path in source, volume:
        os.makedirs(path)
    generator = random.Random(1)
    try:
        with open(f"{source}/image", "wb") as f:
            for _ in range(size >> 20):
                f.write(generator.randbytes(1 << 20))
        ours = [kist, "--volume", volume, "backup", source]
        theirs = ["rsync", "-aHAX", "--no-whole-file", "--inplace", f"{source}/", f"{copy}/"]
        subprocess.run(["truncate", "--size", str(3 * size + (1 << 30)), f"{top}/disk"], check=True)
        subprocess.run(["mkfs.ext4", "-q", f"{top}/disk"], check=True)
        subprocess.run(["mount", "-o", "loop", f"{top}/disk", volume], check=True)
        os.mkdir(copy)
        subprocess.run([kist, "adopt", volume], check=True, stdout=subprocess.DEVNULL)
        seconds, times, bytes_written = [], [], []
        for number in range(ROUNDS + 2):
            if number > 0:
                change(f"{source}/image", generator)
                time.sleep(2.5)  # settled: no file is read twice
            mine, other = measure(ours, volume), measure(theirs, volume)
            if number < 2:
                continue
            changed = size // BLOCK // 100 * BLOCK
            seconds.append(other[0] / mine[0])
            bytes_written.append(mine[1] / changed)
            times.append((mine[0], other[0], other[1] / changed))
            print(f"kist {mine[0]:.2f} s, {mine[1] / changed:.2f} x the changed bytes written; "
                  f"rsync {other[0]:.2f} s, {other[1] / changed:.2f} x")
        print(f"as fast as rsync: {statistics.median(seconds):.2f} x ({min(seconds):.2f}-{max(seconds):.2f}); "
              f"written: {statistics.median(bytes_written):.2f} x the changed bytes")
    finally:
        subprocess.run(["umount", volume])
        shutil.rmtree(top, ignore_errors=True)


main()
