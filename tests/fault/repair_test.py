#!/usr/bin/env python3
"""A repair of everything that can be healed without the source, killed or failed at each of its changing calls.

After every one: the repository opens and is consistent, every snapshot whose contents have a good
copy comes back bit for bit, repairing (again) heals everything, and the next run succeeds.

repair_test.py kill|EIO|ENOSPC FAULT_RUN FAIL_NTH_LIBRARY [--every N]
"""
import os, shutil, subprocess, sys, tempfile

from every_call_test import every, kind, library, must, must_equal, noise, renew, run, write

RUNS = 40


def state(s):
    for name in "ab":
        write(f"{s}/{name}", noise("twice", 70_000))
        write(f"{s}/folder/below/{name}", noise("small", 900))
    write(f"{s}/large-a", noise("large", 2_000_000))
    os.link(f"{s}/large-a", f"{s}/large-link")
    write(f"{s}/large-b", noise("large", 2_000_000))
    os.symlink("somewhere", f"{s}/link")


def damage(mirror):
    for path, at in (f"{mirror}/a", 100), (f"{mirror}/large-a", 1_000_000):
        with open(path, "r+b") as f:
            f.seek(at)
            f.write(b"rot")
    os.remove(f"{mirror}/link")
    os.remove(f"{mirror}/folder/below/a")
    shutil.rmtree(f"{mirror}/folder")
    write(f"{mirror}/folder", b"in the way")
    write(f"{mirror}/saved", noise("small", 900))


def main():
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="kist-repair.", dir=where) as top:
        source, base, volume, target = (f"{top}/{n}" for n in ("source", "base", "volume", "target"))
        os.mkdir(base)
        must(run("create", base), "create")
        state(source)
        write(f"{source}/copy", noise("small", 900))
        must(run("backup", base, source, 1), "the run")
        damage(f"{base}/latest/files/host{source}")
        os.remove(f"{base}/latest/files/host{source}/saved")

        def must_be_whole(what):
            must(run("check", volume), f"{what}: check")
            must_equal(source, f"{volume}/latest/files/host{source}", f"{what}: latest/")
            must(run("restore", volume, 1, source, target), f"{what}: restoring")
            must_equal(source, target, f"{what}: the snapshot")

        renew(base, volume, target)
        if run("check", volume).returncode == 0:
            sys.exit("FAILED: nothing is damaged")
        must(run("repair", volume, env={"LD_PRELOAD": library, "FAIL_COUNT": f"{top}/count"}), "the undisturbed one")
        must_be_whole("the undisturbed one")
        calls = int(open(f"{top}/count").read())
        step = every or max(1, calls // RUNS)
        failed = done = 0
        for n in range(1, calls + 1, step):
            renew(base, volume, target)
            result = run("repair", volume, env={"LD_PRELOAD": library, "FAIL_AT": str(n), "FAIL_WITH": kind})
            failed += result.returncode != 0
            if kind == "kill" and result.returncode not in (0, -9):
                sys.exit(f"FAILED: call {n}: status {result.returncode}: {result.stdout}")
            must(run("verify", volume), f"call {n}: opening after it")
            done += run("check", volume).returncode == 0
            must(run("restore", volume, 1, source, target), f"call {n}: restoring")
            must_equal(source, target, f"call {n}: the snapshot")
            must(run("repair", volume), f"call {n}: again")
            subprocess.run(["rm", "-rf", target], check=True)
            must_be_whole(f"call {n}")
            must(run("backup", volume, source, 2), f"call {n}: the next run")
            must_equal(source, f"{volume}/latest/files/host{source}", f"call {n}: mirror after the next run")
        print(f"{calls} calls, every {step}: {failed} failed, {done} were done all the same; nothing lost")
        if failed == 0:
            sys.exit("FAILED: no call was disturbed")


if __name__ == "__main__":
    main()
