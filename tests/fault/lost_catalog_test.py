#!/usr/bin/env python3
"""A backup run is killed or failed at each of its changing calls, and then the catalog is lost too.

After every one: the catalog is made anew, what latest/ lacks is repaired or set down as lost, the
next run stores that again, and then the first snapshot comes back bit for bit and all is sound.

lost_catalog_test.py kill|EIO|ENOSPC FAULT_RUN FAIL_NTH_LIBRARY [--every N]
"""
import os, subprocess, sys, tempfile

from every_call_test import every, first_state, kind, library, must, must_equal, renew, run, second_state

RUNS = 40


def main():
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="kist-lost.", dir=where) as top:
        source, base, volume, target = (f"{top}/{n}" for n in ("source", "base", "volume", "target"))
        first_state(source)
        subprocess.run(["cp", "-a", source, f"{top}/first"], check=True)
        subprocess.run(["sleep", "2.1"])
        os.mkdir(base)
        must(run("create", base), "create")
        must(run("backup", base, source, 1), "the first run")
        second_state(source)

        renew(base, volume, target)
        must(run("backup", volume, source, 2, env={"LD_PRELOAD": library, "FAIL_COUNT": f"{top}/count"}), "undisturbed")
        calls = int(open(f"{top}/count").read())
        step = every or max(1, calls // RUNS)
        failed = committed = 0
        for n in range(1, calls + 1, step):
            renew(base, volume, target)
            failed += run("backup", volume, source, 2,
                          env={"LD_PRELOAD": library, "FAIL_AT": str(n), "FAIL_WITH": kind}).returncode != 0
            for suffix in "", "-wal", "-shm":
                if os.path.exists(f"{volume}/.kist/catalog.sqlite{suffix}"):
                    os.remove(f"{volume}/.kist/catalog.sqlite{suffix}")
            if run("verify", volume).returncode == 0:
                sys.exit(f"FAILED: call {n}: nobody missed the catalog")
            must(run("rebuild", volume), f"call {n}: rebuild")
            committed += "2" in must(run("verify", volume), f"call {n}: opening after it").split()
            run("repair", volume)  # 1 where something waits for the source
            must(run("backup", volume, source, 3), f"call {n}: the next run")
            must(run("check", volume), f"call {n}: check")
            must_equal(source, f"{volume}/latest/files/host{source}", f"call {n}: mirror after the next run")
            must(run("restore", volume, 1, source, target), f"call {n}: restoring the first snapshot")
            must_equal(f"{top}/first", target, f"call {n}: the first snapshot")
        print(f"{calls} calls, every {step}: {failed} failed, {committed} times the run counts as committed; nothing lost")
        if failed == 0:
            sys.exit("FAILED: no run was disturbed")


main()
