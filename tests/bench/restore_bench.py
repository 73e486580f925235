#!/usr/bin/env python3
"""Restoring with Kist beside cp and rsync from the plain files of the same volume, and, where they are installed, other
programs from repositories of their own on the same disk. Each restores into an ext4 that has just been made: for minutes after
something is deleted, ext4 searches long for inodes that were not in use lately, and whoever comes next pays for it.

restore_bench.py [--build DIR] [--files N] [--rounds N] [--snapshots N] [--cold] [--only-one-file]

  --files N        made-up files, 40 KiB each on average (default 100000: 4 GiB)
  --rounds N       of each measurement (default 3); medians are printed, ratios are taken within a round
  --snapshots N    how many there are when one file of the oldest is restored (default 30)
  --cold           drops the page cache before each restore
  --only-one-file  leaves out the restores of everything

Root only. Needs room for the source, the volume and two restored copies in the temporary folder.
"""
import argparse, os, shutil, statistics, subprocess, sys, tempfile, time

sys.argv, words = sys.argv[:1], sys.argv[1:]
import backup_bench
from backup_bench import Volume, make_files, ratio, run, show, timed

p = argparse.ArgumentParser(usage=__doc__)
p.add_argument("--build", default="build/release")
p.add_argument("--files", type=int, default=100000)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--snapshots", type=int, default=30)
p.add_argument("--cold", action="store_true")
p.add_argument("--only-one-file", action="store_true")
o = p.parse_args(words)
kist = backup_bench.kist = os.path.abspath(f"{o.build}/src/cli/kist")


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3")


class FreshFilesystem:
    """An empty ext4 on the same disk, for each restore anew, and nothing of it in the page cache twice."""

    def __init__(self, top, size):
        self.mounted, image = top + "/fresh", top + "/fresh.img"
        os.mkdir(self.mounted)
        run("fallocate", "-l", str(size), image)
        losetup = ["losetup", "--find", "--show", "--direct-io=on", image]
        self.device = subprocess.run(losetup, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def restored(self, *command):
        """Seconds until all of it is on the disk; TARGET in the command is a folder that is not there yet."""
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.device)
        run("mount", self.device, self.mounted)
        try:
            drop_caches() if o.cold else os.sync()
            words = [word.replace("TARGET", self.mounted + "/target") for word in command]
            return timed("sh", "-c", '"$@" && sync -f "$0"', self.mounted, *words)[0]
        finally:
            run("umount", self.mounted)

    def remove(self):
        run("losetup", "--detach", self.device)


class Others:
    """Programs with repositories of their own, on the volume's filesystem."""

    def __init__(self, root, source):
        self.commands = {}
        os.environ.update(RESTIC_PASSWORD="bench", BORG_PASSPHRASE="bench", BORG_BASE_DIR=root + "/borg-state")
        if shutil.which("restic"):
            run("restic", "-q", "-r", root + "/restic", "init")
            run("restic", "-q", "-r", root + "/restic", "backup", source)
            self.commands["restic"] = ["restic", "-q", "-r", root + "/restic", "restore", "latest", "-t", "TARGET"]
        if shutil.which("borg"):
            run("borg", "init", "-e", "repokey", root + "/borg")
            run("borg", "create", root + "/borg::a", source)
            self.commands["borg"] = ["sh", "-c", f"mkdir TARGET && cd TARGET && borg extract {root}/borg::a"]
        if shutil.which("rdiff-backup"):
            run("rdiff-backup", source, root + "/rdiff")
            self.commands["rdiff-backup"] = ["rdiff-backup", "-r", "now", root + "/rdiff", "TARGET"]


def bench_everything(top, volume, source, mirror, size):
    works = {
        "cp -a": ["cp", "-a", mirror, "TARGET"],
        "rsync -aHAX": ["rsync", "-aHAX", mirror + "/", "TARGET/"],
        "kist": [kist, "-q", "--volume", volume.file, "restore", "1", "--to", "TARGET"],
        **Others(volume.root, source).commands,
    }
    fresh = FreshFilesystem(top, size)
    figures = {name: [] for name in works}
    try:
        for n in range(o.rounds):
            for name in list(works)[n % len(works):] + list(works)[:n % len(works)]:
                figures[name].append(fresh.restored(*works[name]))
    finally:
        fresh.remove()
    print(f"everything, {o.rounds} rounds, {'cold' if o.cold else 'warm'} cache, final sync included")
    for name in figures:
        show(name, figures[name])
    for name in figures:
        if name != "kist":
            ratio(f"kist / {name}", figures["kist"], figures[name])


def bench_one_file(top, volume, source, mirror):
    path = next(os.path.join(folder, names[0]) for folder, _, names in os.walk(source) if names)
    size = 1 << 20
    for number in range(o.snapshots):
        with open(path, "wb") as f:
            f.write(os.urandom(1 << 14) + bytes(size - (1 << 14)))
        run(kist, "--volume", volume.file, "backup", source)
    oldest = f"2:{path}"
    plain = mirror + path[len(source):]
    figures = {"cat of the plain file": [], "kist cat": [], "kist restore": []}
    for _ in range(20):
        figures["cat of the plain file"].append(timed("cat", plain)[0])
        figures["kist cat"].append(timed(kist, "--volume", volume.file, "cat", oldest)[0])
        figures["kist restore"].append(timed(kist, "--volume", volume.file, "restore", oldest, "--to", top + "/one")[0])
        shutil.rmtree(top + "/one")
    print(f"one file of 1 MiB, of the oldest of {o.snapshots} snapshots, 20 rounds")
    for name in figures:
        print(f"  {name:34} {statistics.median(figures[name]) * 1000:8.1f} ms")


def main():
    with tempfile.TemporaryDirectory(prefix="kist-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")) as top:
        source = top + "/source"
        os.mkdir(source)
        make_files(source, o.files)
        used = int(subprocess.run(["du", "-sB1", source], stdout=-1, text=True).stdout.split()[0])
        print(f"{o.files} files, {used / 2**20:.0f} MiB")
        volume = Volume(top, used * 5 + (2 << 30))
        try:
            run(kist, "--volume", volume.file, "backup", source)
            files = volume.root + "/latest/files"
            mirror = f"{files}/{os.listdir(files)[0]}{source}"
            if not o.only_one_file:
                bench_everything(top, volume, source, mirror, used * 5 // 4 + (1 << 30))
            bench_one_file(top, volume, source, mirror)
        finally:
            volume.close()


main()
