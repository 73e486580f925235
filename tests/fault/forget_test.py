#!/usr/bin/env python3
"""Forgetting a snapshot, in the middle or the newest, or paths in all, killed or failed at each of its changing calls.

After every one: the repository opens and everything stored is sound, what is not forgotten
comes back bit for bit, forgetting it (again) succeeds and leaves the space of an
undisturbed one, and the next run succeeds.

forget_test.py kill|EIO|ENOSPC FAULT_RUN FAIL_NTH_LIBRARY [--every N] [--newest | --path]
"""
import os, shutil, subprocess, sys, tempfile

from every_call_test import edited, every, first_state, kind, library, must, must_equal, noise, renew, run, second_state, write

RUNS = 20 if "--path" in sys.argv else 40
VICTIM = 4 if "--newest" in sys.argv else 3
GLOB = "ma[n]y/" if "--path" in sys.argv else None  # a folder of snapshot 3
FORGET = ("purge", GLOB) if GLOB else ("forget", VICTIM)


def third_state(s):
    write(f"{s}/changed", b"once more")
    write(f"{s}/large", noise("medium", 1_400_000))
    write(f"{s}/document", edited("document", 100_000, 1, 4))
    write(f"{s}/image", edited("image", 4_300_000, 1, 4))
    write(f"{s}/new/large", noise("other", 1_200_000))
    for n in range(20):
        write(f"{s}/many/{n}", os.urandom(9000))


def fourth_state(s):
    shutil.rmtree(f"{s}/many")
    write(f"{s}/large", b"smaller")
    write(f"{s}/document", edited("document", 100_000, 1, 4, 7))
    write(f"{s}/image", edited("image", 4_300_000, 1, 4, 7))


def space(volume):
    """Of history, in blocks, less what a run record more or less takes."""
    return int(subprocess.check_output(["du", "-s", "-B4096", f"{volume}/.kist/history"]).split()[0])


def main():
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="kist-forget.", dir=where) as top:
        source, base, volume, target = (f"{top}/{n}" for n in ("source", "base", "volume", "target"))
        os.mkdir(base)
        must(run("create", base), "create")
        for hour, change in enumerate((first_state, second_state, third_state, fourth_state), 1):
            change(source)
            subprocess.run(["cp", "-a", source, f"{top}/{hour}"], check=True)
            must(run("backup", base, source, hour), f"run {hour}")

        def restore(number, what):
            subprocess.run(["rm", "-rf", target], check=True)
            must(run("restore", volume, number, source, target), f"{what}: restoring snapshot {number}")

        def must_restore(number, what):
            restore(number, what)
            must_equal(f"{top}/{number}", target, f"{what}: snapshot {number}")

        def forget(volume, **options):
            return run(FORGET[0], volume, FORGET[1], **options)

        def is_forgotten(snapshots, what):
            """The snapshot, or the folder in all snapshots."""
            if not GLOB:
                return str(VICTIM) not in snapshots
            restore(VICTIM, what)
            if os.path.exists(f"{target}/many"):
                must_equal(f"{top}/{VICTIM}", target, f"{what}: snapshot {VICTIM}")
                return False
            must_equal(f"{top}/without", target, f"{what}: snapshot {VICTIM} without the folder")
            return True

        def must_be_plain(what):
            must_equal(f"{top}/{7 - VICTIM}", f"{volume}/latest/files/host{source}", f"{what}: latest/")
            if left := os.listdir(f"{volume}/.kist/found"):
                sys.exit(f"FAILED: {what}: left in found: {left}")

        if GLOB:
            subprocess.run(["cp", "-a", f"{top}/{VICTIM}", f"{top}/without"], check=True)
            times = os.stat(f"{top}/without")
            shutil.rmtree(f"{top}/without/many")
            os.utime(f"{top}/without", ns=(times.st_atime_ns, times.st_mtime_ns))
        renew(base, volume)
        before = space(volume)
        must(forget(volume, env={"LD_PRELOAD": library, "FAIL_COUNT": f"{top}/count"}), "the undisturbed one")
        after = space(volume)
        if VICTIM == 3 and after + (40 if GLOB else 300) > before:
            sys.exit(f"FAILED: {before} blocks became {after}")
        calls = int(open(f"{top}/count").read())
        step = every or max(1, calls // RUNS)
        failed = done = 0
        for n in range(1, calls + 1, step):
            renew(base, volume)
            what = f"call {n}"
            result = forget(volume, env={"LD_PRELOAD": library, "FAIL_AT": str(n), "FAIL_WITH": kind})
            failed += result.returncode != 0
            if kind == "kill" and result.returncode not in (0, -9):
                sys.exit(f"FAILED: {what}: status {result.returncode}: {result.stdout}")
            snapshots = must(run("verify", volume), f"{what}: opening after it").split()
            must(run("check", volume), f"{what}: check after it")
            is_done = is_forgotten(snapshots, what)
            done += is_done
            for number in snapshots:
                if number != str(VICTIM) or not GLOB:
                    must_restore(number, what)
            if not is_done:
                must(forget(volume), f"{what}: again")
                if not is_forgotten(must(run("verify", volume), what).split(), f"{what}: again"):
                    sys.exit(f"FAILED: {what}: not forgotten")
            must_be_plain(what)
            # A failed attempt that came to nothing may leave one record more than an undisturbed one.
            if space(volume) > after + 3:
                sys.exit(f"FAILED: {what}: {space(volume)} blocks, not {after}")
            must(run("backup", volume, source, 5), f"{what}: the next run")
            must(run("check", volume), f"{what}: check after the next run")
            must_restore(1, what)
        print(f"{calls} calls, every {step}: {failed} failed, {done} forgot all the same; nothing else lost")
        if failed == 0:
            sys.exit("FAILED: no call was disturbed")


if __name__ == "__main__":
    main()
