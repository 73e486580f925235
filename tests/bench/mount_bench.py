#!/usr/bin/env python3
"""Reading through `kist mount` beside reading the plain file of the same volume.

mount_bench.py [--build DIR] [--mib N] [--rounds N]

  --mib N      size of the file (default 2048)
  --rounds N   of each measurement (default 5); the order changes from round to round, ratios are taken within a round

The page cache is dropped before each read. An older version of the file, whose content is a reverse delta of 1% of its
64 KiB blocks, is read as well. Root only; needs three times N in the temporary folder.
"""
import argparse, os, random, sys, tempfile, time

sys.argv, words = sys.argv[:1], sys.argv[1:]
import backup_bench
from backup_bench import Volume, ratio, run, show

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument("--build", default="build/release")
p.add_argument("--mib", type=int, default=2048)
p.add_argument("--rounds", type=int, default=5)
o = p.parse_args(words)
kist = backup_bench.kist = os.path.abspath(f"{o.build}/src/cli/kist")
BLOCK = 64 << 10


def read(*paths):
    """Seconds for reading the files side by side, from a cold cache."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3")
    start = time.monotonic()
    run("sh", "-c", 'for path; do dd "if=$path" of=/dev/null bs=1M status=none & done; wait', "sh", *paths)
    return time.monotonic() - start


def make_versions(source, volume, chance):
    for number in range(2):
        with open(f"{source}/large", "r+b" if number else "wb") as file:
            for _ in range(0 if number else o.mib):
                file.write(chance.randbytes(1 << 20))
            for block in chance.sample(range(o.mib * 16), o.mib * 16 // 100 if number else 0):
                file.seek(block * BLOCK)
                file.write(chance.randbytes(BLOCK))
        with open(f"{source}/second", "wb") as file:
            for _ in range(o.mib // 4):
                file.write(chance.randbytes(1 << 20))
        time.sleep(2.5)
        run(kist, "--volume", volume.file, "backup", source)


def main():
    with tempfile.TemporaryDirectory(prefix="kist-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
        source, at = top + "/source", top + "/snapshots"
        os.mkdir(source)
        os.mkdir(at)
        volume = Volume(top, o.mib * 3 << 20)
        mounted = False
        try:
            make_versions(source, volume, random.Random(1))
            run(kist, "--volume", volume.file, "mount", at)
            mounted = True
            files = volume.root + "/latest/files"
            plain = f"{files}/{os.listdir(files)[0]}{source}"
            days = [os.path.join(folder, "") for folder, _, names in os.walk(at) if "large" in names]
            oldest, newest = sorted(day for day in days if "/latest/" not in day)
            works = {
                "plain": lambda: read(f"{plain}/large"),
                "mount": lambda: read(f"{newest}large"),
                "mount, the older version": lambda: read(f"{oldest}large"),
                "plain, two files at once": lambda: read(f"{plain}/large", f"{plain}/second"),
                "mount, two files at once": lambda: read(f"{newest}large", f"{newest}second"),
            }
            figures = {name: [] for name in works}
            for n in range(o.rounds):
                for name in (list(works) if n % 2 == 0 else list(reversed(works))):
                    figures[name].append(works[name]())
            print(f"reading {o.mib} MiB, cold cache, {o.rounds} rounds")
            for name in figures:
                show(name, figures[name])
            ratio("speed: mount / plain", figures["plain"], figures["mount"])
            ratio("speed: older version / plain", figures["plain"], figures["mount, the older version"])
            ratio("speed: mount / plain, two files", figures["plain, two files at once"], figures["mount, two files at once"])
        finally:
            if mounted:
                run("umount", at)
            volume.close()


main()
