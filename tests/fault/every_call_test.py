#!/usr/bin/env python3
"""A backup run that changes everything, killed or failed at each of its changing calls.

After every one: the repository opens and is consistent, the first snapshot comes back
bit for bit, the next run succeeds, and then the plain files equal the source.

every_call_test.py kill|EIO|ENOSPC FAULT_RUN FAIL_NTH_LIBRARY [--every N]
"""
import contextlib, os, random, shutil, sqlite3, subprocess, sys, tempfile

kind, fault_run, library = sys.argv[1:4]
every = int(sys.argv[sys.argv.index("--every") + 1]) if "--every" in sys.argv else None
RUNS = 120  # in one test; --every 1 for all


def write(path, content, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)


def noise(name, size):
    return random.Random(name).randbytes(size)


def edited(name, size, *edits):
    """Bytes that do not compress, with some replaced by others, one more than they were."""
    data = noise(name, size)
    for edit in edits:
        at = size * edit // 10
        data = data[:at] + noise(edit, 3_001) + data[at + 3_000:]
    return data


def first_state(s):
    write(f"{s}/unchanged", b"unchanged")
    write(f"{s}/changed", b"before")
    write(f"{s}/large", noise("large", 1_500_000))
    write(f"{s}/document", edited("document", 100_000))
    write(f"{s}/image", edited("image", 4_300_000))
    write(f"{s}/deleted", b"deleted")
    write(f"{s}/deleted-large", b"D" * 1_200_000)
    write(f"{s}/swap-a", b"a")
    write(f"{s}/swap-b", b"b")
    write(f"{s}/mode", b"mode", 0o600)
    write(f"{s}/link-1", b"linked")
    os.link(f"{s}/link-1", f"{s}/link-2")
    write(f"{s}/renamed-folder/inner/file", b"in a renamed folder")
    write(f"{s}/renamed-folder/disk", noise("disk", 4_300_000))
    write(f"{s}/deleted-folder/x/y", b"in a deleted folder")
    write(f"{s}/deleted-folder/saved", b"moved out of it")
    write(f"{s}/folder-to-file/f", b"f")
    write(f"{s}/file-to-folder", b"was a file")
    os.symlink("somewhere", f"{s}/symlink")
    os.mkfifo(f"{s}/fifo")


def second_state(s):
    write(f"{s}/changed", b"after, and longer")
    write(f"{s}/large", b"small now")
    write(f"{s}/document", edited("document", 100_000, 1))
    write(f"{s}/image", edited("image", 4_300_000, 1))
    os.remove(f"{s}/deleted")
    os.remove(f"{s}/deleted-large")
    os.rename(f"{s}/swap-a", f"{s}/swap")
    os.rename(f"{s}/swap-b", f"{s}/swap-a")
    os.rename(f"{s}/swap", f"{s}/swap-b")
    os.chmod(f"{s}/mode", 0o640)
    os.rename(f"{s}/link-2", f"{s}/link-3")
    os.rename(f"{s}/renamed-folder", f"{s}/new-name")
    os.rename(f"{s}/deleted-folder/saved", f"{s}/saved")
    shutil.rmtree(f"{s}/deleted-folder")
    shutil.rmtree(f"{s}/folder-to-file")
    write(f"{s}/folder-to-file", b"now a file")
    os.remove(f"{s}/file-to-folder")
    write(f"{s}/file-to-folder/inside", b"now a folder")
    os.remove(f"{s}/symlink")
    os.symlink("elsewhere", f"{s}/symlink")
    with open(f"{s}/new-name/disk", "r+b") as disk:  # patched in place
        disk.seek(2_000_000)
        disk.write(noise("block", 5_000))
        disk.truncate(4_500_000)
    write(f"{s}/new/folder/with/file", b"new")
    write(f"{s}/new/large", b"N" * 1_100_000)


def run(*words, env=None):
    return subprocess.run([fault_run, *map(str, words)], env={**os.environ, **(env or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def must(result, what):
    if result.returncode != 0:
        sys.exit(f"FAILED: {what}: {result.stdout}")
    return result.stdout


def must_equal(a, b, what):
    out = subprocess.run(["rsync", "-aHAXni", "--checksum", "--delete", a + "/", b + "/"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    if out:
        sys.exit(f"FAILED: {what}:\n{out}")


def renew(base, volume, *leavings):
    """The volume as it was before, nothing of the last attempt beside it, and no copy as far as the catalog can tell."""
    subprocess.run(["rm", "-rf", volume, *leavings], check=True)
    subprocess.run(["cp", "-a", "--sparse=always", base, volume], check=True)
    moved = []
    for folder, names, files in os.walk(f"{base}/latest"):
        for name in names + files:
            path = os.path.join(folder, name)
            moved.append((-os.lstat(volume + path[len(base):]).st_ino, os.lstat(path).st_ino))
    with contextlib.closing(sqlite3.connect(f"{volume}/.kist/catalog.sqlite")) as catalog:
        catalog.executemany("UPDATE entry SET mirror_inode = ? WHERE mirror_inode = ?", set(moved))
        catalog.execute("UPDATE entry SET mirror_inode = -mirror_inode WHERE mirror_inode < 0")
        catalog.commit()


def main():
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="kist-fault.", dir=where) as top:
        source, base, volume, target = (f"{top}/{n}" for n in ("source", "base", "volume", "target"))
        first_state(source)
        subprocess.run(["cp", "-a", source, f"{top}/first"], check=True)
        os.mkdir(base)
        must(run("create", base), "create")
        must(run("backup", base, source, 1), "the first run")
        # Settled, or the second run would hash instead of recognising renames.
        subprocess.run(["sleep", "2.1"])
        shutil.rmtree(base)
        os.mkdir(base)
        must(run("create", base), "create")
        must(run("backup", base, source, 1), "the first run")
        second_state(source)

        renew(base, volume, target)
        disk = os.stat(f"{volume}/latest/files/host{source}/renamed-folder/disk").st_ino
        counting = {"LD_PRELOAD": library, "FAIL_COUNT": f"{top}/count"}
        must(run("backup", volume, source, 2, env=counting), "the undisturbed run")
        must_equal(source, f"{volume}/latest/files/host{source}", "the undisturbed run's mirror")
        if os.stat(f"{volume}/latest/files/host{source}/new-name/disk").st_ino != disk:
            sys.exit("FAILED: the large file that changed a little was not patched")
        calls = int(open(f"{top}/count").read())
        step = every or max(1, calls // RUNS)
        failed = committed = 0
        for n in range(1, calls + 1, step):
            renew(base, volume, target)
            result = run("backup", volume, source, 2, env={"LD_PRELOAD": library, "FAIL_AT": str(n), "FAIL_WITH": kind})
            failed += result.returncode != 0
            if kind == "kill" and result.returncode not in (0, -9):
                sys.exit(f"FAILED: call {n}: status {result.returncode}: {result.stdout}")
            snapshots = must(run("verify", volume), f"call {n}: opening after it").split()
            committed += "2" in snapshots
            if "2" in snapshots:
                must_equal(source, f"{volume}/latest/files/host{source}", f"call {n}: mirror after recovery")
            must(run("restore", volume, 1, source, target), f"call {n}: restoring the first snapshot")
            must_equal(f"{top}/first", target, f"call {n}: the first snapshot")
            must(run("backup", volume, source, 3), f"call {n}: the next run")
            must_equal(source, f"{volume}/latest/files/host{source}", f"call {n}: mirror after the next run")
            subprocess.run(["rm", "-rf", target], check=True)
            must(run("restore", volume, 1, source, target), f"call {n}: restoring the first snapshot again")
            must_equal(f"{top}/first", target, f"call {n}: the first snapshot, after the next run")
            if leftover := os.listdir(f"{volume}/.kist/found"):
                sys.exit(f"FAILED: call {n}: left in found: {leftover}")
        print(f"{calls} calls, every {step}: {failed} runs failed, {committed} were committed all the same; nothing lost")
        if failed == 0:
            sys.exit("FAILED: no call was disturbed")


if __name__ == "__main__":
    main()
