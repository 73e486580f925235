"""What the tests of the command line share: running kist, volumes that cost little to open, and the judges."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

import sandbox

KIST = os.environ.get("KIST", "kist")
LOW_COST = ["--pbkdf-memory", "4M", "--pbkdf-force-iterations", "4"]
PATIENCE = 120  # seconds after which a hang is a failure


def run(argv, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(word) for word in argv], capture_output=True, timeout=PATIENCE, **options)


def check_run(argv, **options):
    result = run(argv, **options)
    if result.returncode != 0:
        raise AssertionError(f"{argv}: {result.returncode}\n{result.stdout!r}\n{result.stderr!r}")
    return result.stdout.decode(errors="surrogateescape")


def wait_until(holds, what="it holds"):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.002)


def rot(path, offset=100):
    """Changes bytes, but no times: nobody notices without reading."""
    status = path.stat()
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"rot")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class Case(unittest.TestCase):
    """Each test gets a folder on the sources' ext4, a key file and the path of a container that is not made yet."""

    def setUp(self):
        self.home = FOLDER / "sources" / self.id().rsplit(".", 1)[1]
        self.home.mkdir()
        self.key = self.home / "key"
        self.key.write_bytes(b"correct horse")
        self.container = FOLDER / (self.home.name + ".kist")
        self.mount_point = self.home / "mnt"
        self.source = self.home / "src"
        self.source.mkdir()
        self.mount_point.mkdir()
        self.addCleanup(self.tidy)

    def tidy(self):
        run([KIST, "close", self.container])
        for file in [self.container, self.home / "second.kist"]:
            file.unlink(missing_ok=True)

    def kist(self, *words, expect=0, key=True, **options):
        """Runs kist on this test's volume; the result's texts are str. Any other exit code than expected fails
        (None: any will do)."""
        argv = [KIST, "--volume", self.container, *(["--key-file", self.key] if key else []), *words]
        return self.check_code(run(argv, **options), argv, expect)

    def bare(self, *words, expect=0, **options):
        """Without --volume and key."""
        argv = [KIST, *words]
        return self.check_code(run(argv, **options), argv, expect)

    def check_code(self, result, argv, expect):
        result.stdout = result.stdout.decode(errors="surrogateescape")
        result.stderr = result.stderr.decode(errors="surrogateescape")
        shown = " ".join(str(word) for word in argv)
        if expect is not None:
            self.assertEqual(result.returncode, expect, f"{shown}\n{result.stdout}\n{result.stderr}")
        if expect not in (None, 0, 3, 4, -signal.SIGPIPE):
            self.assertRegex(result.stderr, "(?m)^kist: ")
        return result

    def json(self, *words, **options):
        return [json.loads(line) for line in self.kist("--json", *words, **options).stdout.splitlines()]

    def prepare(self, size="64M"):
        self.kist("prepare", self.container, "--size", size, "--at", self.mount_point, *LOW_COST)

    def backup(self, source=None, **options):
        return self.kist("backup", source or self.source, **options)

    def snapshots(self):
        return [line["number"] for line in self.json("list")]

    def device(self):
        """The decrypted block device below the mount point."""
        return check_run(["findmnt", "-n", "-o", "SOURCE", "--mountpoint", self.mount_point]).strip()

    def assert_same(self, expected, actual):
        """rsync finds nothing to do between two folders: content, metadata, hard links, ACLs and attributes."""
        difference = check_run(["rsync", "-aHAXni", "--checksum", "--delete", f"{expected}/", f"{actual}/"])
        self.assertEqual(difference, "")

    def assert_restores(self, snapshot, expected):
        target = self.home / f"restored-{snapshot}"
        self.kist("restore", str(snapshot), "--to", target)
        self.assert_same(expected, target)
        shutil.rmtree(target)

    def assert_sound(self):
        """kist's own judgement, and e2fsck's of the filesystem at rest."""
        self.kist("check")
        check_run(["mount", "-o", "remount,ro", self.mount_point])
        check_run(["e2fsck", "-fn", self.device()])
        check_run(["mount", "-o", "remount,rw", self.mount_point])


def main():
    global FOLDER
    sandbox.enter()

    def tests():
        global FOLDER
        FOLDER = sandbox.prepare_folder()
        program = unittest.main(module="__main__", exit=False, verbosity=2)
        sys.stdout.flush()
        os._exit(0 if program.result.wasSuccessful() else 1)

    sandbox.reap_orphans(tests)
