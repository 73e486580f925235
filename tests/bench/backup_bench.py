#!/usr/bin/env python3
"""Kist beside cp, rsync and a bare walk, on the same source and the same encrypted volume, in one run.

backup_bench.py [--build DIR] [--source DIR] [--files N] [--rounds N]

  --source DIR   what is backed up (default /usr/share)
  --files N      instead: N made-up files, 40 KiB each on average
  --rounds N     of each measurement (default 3); medians are printed

Root only. Needs room for three copies of the source in the temporary folder.
"""
import argparse, os, random, shutil, statistics, subprocess, sys, tempfile, time

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument("--build", default="build/release")
p.add_argument("--source", default="/usr/share")
p.add_argument("--files", type=int)
p.add_argument("--rounds", type=int, default=3)
o = p.parse_args()
kist = os.path.abspath(f"{o.build}/src/cli/kist")
walk = os.path.abspath(f"{o.build}/tests/bench/statx_walk")


def timed(*words):
    """Wall seconds and peak memory in MiB of a command."""
    start = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 3):
        sys.exit(f"{words[0]} ended with {child.returncode}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def show(name, figures):
    seconds = [f if isinstance(f, float) else f[0] for f in figures]
    print(f"  {name:34} {statistics.median(seconds):8.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")


def ratio(name, ours, theirs):
    pairs = [a / b for a, b in zip(ours, theirs)]
    print(f"  {name:34} {statistics.median(pairs):8.2f}     ({min(pairs):.2f} to {max(pairs):.2f})")


def make_files(folder, count):
    chance = random.Random(1)
    noise = chance.randbytes(4 << 20)
    for i in range(count):
        path = f"{folder}/{i // 5000}/{i // 100 % 50}"
        if i % 100 == 0:
            os.makedirs(path)
        size = min(int(chance.lognormvariate(9.2, 1.7)), 4 << 20)
        start = chance.randrange(len(noise) - size + 1)
        with open(f"{path}/{i}", "wb") as f:
            f.write(noise[start:start + size])


class Volume:
    def __init__(self, top, size):
        self.file, self.key, self.root = f"{top}/bench.kist", f"{top}/key", f"{top}/mounted"
        with open(self.key, "w") as f:
            f.write("bench")
        os.mkdir(self.root)
        run(kist, "prepare", self.file, "--size", str(size), "--key-file", self.key, "--at", self.root,
            "--label", "bench", "--pbkdf-memory", "32M", "--iter-time", "100")

    def close(self):
        run(kist, "close", self.file)
        os.remove(self.file)
        os.rmdir(self.root)


def bench_backup(top, source):
    run("sh", "-c", f"find '{source}' -type f -print0 | xargs -0 cat >/dev/null")
    used = int(subprocess.run(["du", "-sB1", source], stdout=-1, text=True).stdout.split()[0])
    count = int(subprocess.run([walk, source], stdout=-1, text=True).stdout)
    print(f"{source}: {count} names, {used / 2**20:.0f} MiB; {o.rounds} rounds, warm cache; time includes the final sync")
    first = {"cp": [], "rsync": [], "kist": []}
    again = {"rsync": [], "kist": [], "walk": []}
    memory = []
    for n in range(o.rounds):
        volume = Volume(top, used * 3 + (1 << 30))
        copy, synced = f"{volume.root}/cp", f"{volume.root}/rsync"

        def first_cp():
            first["cp"].append(timed("sh", "-c", f"cp -a '{source}' {copy} && sync -f {copy}")[0])
            run("rm", "-rf", copy)
            run("sync", "-f", volume.root)

        def first_rsync():
            first["rsync"].append(timed("sh", "-c", f"rsync -aHAX '{source}/' {synced}/ && sync -f {synced}")[0])

        def first_kist():
            seconds, peak = timed(kist, "--volume", volume.file, "backup", source)
            first["kist"].append(seconds)
            memory.append(peak)

        works = [first_cp, first_rsync, first_kist]
        for work in works[n % 3:] + works[:n % 3]:
            work()
        time.sleep(2.5)  # what changed a moment ago is read again, once
        run(kist, "--volume", volume.file, "backup", source)
        for _ in range(3):
            again["rsync"].append(timed("rsync", "-aHAX", f"{source}/", f"{synced}/")[0])
            again["kist"].append(timed(kist, "--volume", volume.file, "backup", source)[0])
            again["walk"].append(timed(walk, source)[0])
        volume.close()
    print("first backup")
    for name in first:
        show(name, first[name])
    ratio("kist / cp -a", first["kist"], first["cp"])
    ratio("kist / rsync -aHAX", first["kist"], first["rsync"])
    print("no change")
    for name in again:
        show(name, again[name])
    ratio("rsync -aHAX / kist", again["rsync"], again["kist"])
    ratio("kist / bare two-thread statx walk", again["kist"], again["walk"])
    print(f"peak memory of the first backup: {max(memory):.0f} MiB")


def main():
    with tempfile.TemporaryDirectory(prefix="kist-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
        if o.files:
            os.mkdir(f"{top}/source")
            make_files(f"{top}/source", o.files)
            bench_backup(top, f"{top}/source")
        else:
            bench_backup(top, o.source)


if __name__ == "__main__":
    main()
