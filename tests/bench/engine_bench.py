#!/usr/bin/env python3
"""The userspace engine beside plain ext4 on a loop device, gocryptfs and the bare cipher, on one disk, in one run.

engine_bench.py [--build DIR] [--size MIB] [--rounds N]

  --size MIB     written and read back in each round (default 1024)
  --rounds N     default 5; medians are printed, ratios are taken within a round

Root only. gocryptfs is left out where it is not installed. Needs room for three images of the size.
"""
import argparse
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument("--build", default="build/release")
p.add_argument("--size", type=int, default=1024)
p.add_argument("--rounds", type=int, default=5)
o = p.parse_args()
kist = os.path.abspath(f"{o.build}/src/cli/kist")


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          **options).stdout.strip()


def rate(*words):
    start = time.monotonic()
    run(*words)
    return o.size / (time.monotonic() - start)


def throughput(folder):
    """(write with fsync, cold read) in MiB/s."""
    file = f"{folder}/data"
    write = rate("dd", "if=/dev/zero", f"of={file}", "bs=1M", f"count={o.size}", "conv=fsync")
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3")
    read = rate("dd", f"if={file}", "of=/dev/null", "bs=1M")
    os.remove(file)
    return write, read


@contextlib.contextmanager
def plain(top):
    image, folder = f"{top}/plain.img", f"{top}/plain"
    run("truncate", "-s", f"{o.size + 512}M", image)
    run("mkfs.ext4", "-qF", image)
    os.mkdir(folder)
    device = run("losetup", "--find", "--show", "--direct-io=on", image)
    run("mount", device, folder)
    try:
        yield folder
    finally:
        run("umount", folder)
        run("losetup", "-d", device)


@contextlib.contextmanager
def engine(top):
    image, folder, key = f"{top}/bench.kist", f"{top}/kist", f"{top}/key"
    with open(key, "w") as f:
        f.write("bench")
    os.mkdir(folder)
    run(kist, "prepare", image, "--size", f"{o.size + 512}M", "--key-file", key, "--at", folder, "--label", "bench",
        "--pbkdf-memory", "32M", "--iter-time", "100")
    run(kist, "close", image)
    run(kist, "--key-file", key, "open", image, "--at", folder, "--engine", "userspace")
    try:
        yield folder
    finally:
        run(kist, "close", image)


@contextlib.contextmanager
def gocryptfs(top):
    cipher, folder = f"{top}/cipher", f"{top}/gocryptfs"
    os.mkdir(cipher)
    os.mkdir(folder)
    run("gocryptfs", "-init", "-q", "-scryptn", "10", "-extpass", "echo bench", cipher)
    run("gocryptfs", "-q", "-extpass", "echo bench", cipher, folder)
    try:
        yield folder
    finally:
        run("fusermount3", "-u", folder)


def contenders():
    found = {"plain ext4 on loop": plain, "kist, userspace engine": engine}
    if shutil.which("gocryptfs"):
        found["gocryptfs"] = gocryptfs
    return found


def one_round(n, results):
    names = list(contenders())
    for name in names[n % len(names):] + names[:n % len(names)]:
        with tempfile.TemporaryDirectory(prefix="kist-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
            with contenders()[name](top) as folder:
                results[name].append(throughput(folder))


def cipher_rate():
    """AES-256-XTS on one core, 4096 bytes at a time, in MiB/s."""
    told = run("openssl", "speed", "-elapsed", "-seconds", "2", "-bytes", "4096", "-evp", "aes-256-xts")
    return float(re.search(r"AES-256-XTS\s+([\d.]+)k", told, re.IGNORECASE)[1]) * 1000 / 2**20


def spread(values, unit):
    return f"{statistics.median(values):8.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


results = {name: [] for name in contenders()}
for number in range(o.rounds):
    one_round(number, results)
print(f"{o.size} MiB, {o.rounds} rounds; openssl aes-256-xts at 4096 bytes, one core: {cipher_rate():.0f} MiB/s")
ours = results["kist, userspace engine"]
for column, way in enumerate(["write, with fsync", "read, cold"]):
    print(way)
    for name, pairs in results.items():
        print(f"  {name:26}", spread([pair[column] for pair in pairs], " MiB/s"))
    for name, pairs in results.items():
        if pairs is not ours:
            print(f"  kist / {name:19}", spread([a[column] / b[column] for a, b in zip(ours, pairs)], "      "))
