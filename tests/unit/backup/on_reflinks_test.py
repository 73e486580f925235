#!/usr/bin/env python3
"""The unit tests of changed files again, on a filesystem where a file can be cloned.

on_reflinks_test.py UNIT_BACKUP
"""
import os, shutil, subprocess, sys, tempfile

if os.geteuid() != 0 or not os.path.exists("/dev/loop-control") or shutil.which("mkfs.btrfs") is None:
    print("skipped: needs root, loop devices and mkfs.btrfs")
    sys.exit(77)
if "KIST_TEST_MOUNTS" not in os.environ:  # mounts of its own, which go with it
    os.execvpe("unshare", ["unshare", "--mount", sys.executable, "-B", *sys.argv],
               {**os.environ, "KIST_TEST_MOUNTS": "1"})

with tempfile.TemporaryDirectory(prefix="kist-reflinks.") as top:
    os.mkdir(f"{top}/mnt")
    subprocess.run(["truncate", "--size", "2G", f"{top}/disk"], check=True)
    subprocess.run(["mkfs.btrfs", "--quiet", f"{top}/disk"], check=True)
    subprocess.run(["mount", "-o", "loop", f"{top}/disk", f"{top}/mnt"], check=True)
    try:
        subprocess.run([sys.argv[1], "--gtest_filter=InPlace.*:DeltaHistory.*"], check=True,
                       env={**os.environ, "TMPDIR": f"{top}/mnt"})
    finally:
        subprocess.run(["umount", f"{top}/mnt"], check=True)
