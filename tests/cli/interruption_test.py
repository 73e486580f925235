"""Kills at any moment: of the engine, of a backup, by the user. What was committed stays."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

import kist_driver
from kist_driver import KIST, PATIENCE, Case, check_run
from moments import Moments, are_there

KILLS = 20


def mutate(root, random_numbers):
    """Some of everything that a run has to deal with: new, changed, renamed, deleted, linked."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    for path in random_numbers.sample(files, 25):
        kind = random_numbers.randrange(5)
        if kind == 0:
            path.unlink()
        elif kind == 1:
            path.write_bytes(random_numbers.randbytes(random_numbers.randrange(60_000)))
        elif kind == 2:
            path.rename(path.with_name(f"renamed {random_numbers.random()}"))
        elif kind == 3:
            os.link(path, path.with_name(f"linked {random_numbers.random()}"))
        else:
            os.chmod(path, random_numbers.choice([0o600, 0o644, 0o755]))
    folder = root / f"folder {random_numbers.random()}"
    folder.mkdir()
    for i in range(15):
        (folder / str(i)).write_bytes(random_numbers.randbytes(random_numbers.randrange(40_000)))
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    random_numbers.choice(folders).rename(root / f"moved {random_numbers.random()}")


class Backup(Case):
    def test_kill_at_any_moment_then_every_snapshot_is_whole(self):
        seed = int(os.environ.get("KIST_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"KIST_TEST_SEED={seed}")
        random_numbers = random.Random(seed)
        for folder in range(8):
            (self.source / str(folder)).mkdir()
            for i in range(40):
                (self.source / str(folder) / str(i)).write_bytes(random_numbers.randbytes(random_numbers.randrange(20_000)))
        self.prepare("300M")
        states = {}
        start = time.monotonic()
        self.remember(states, self.backup)
        window = time.monotonic() - start
        killed = 0
        for _ in range(10 * KILLS):
            mutate(self.source, random_numbers)
            if self.remember(states, lambda: self.kill_backup_after(random_numbers.uniform(0, window))):
                killed += 1
                window *= 1.1
            else:
                window *= 0.8  # the run was faster than the kill: aim earlier
            self.remember(states, self.backup)
            if killed == KILLS:
                break
        self.assertEqual(killed, KILLS, "the kills came too late to tell anything")
        self.assertEqual(self.snapshots(), sorted(states))
        for number, state in states.items():
            self.assert_restores(number, state)
        self.assert_sound()

    def remember(self, states, backup):
        """Copies the source for each snapshot that `backup` made, as the judge's original."""
        outcome = backup()
        for number in set(self.snapshots()) - set(states):
            states[number] = self.home / f"state-{number}"
            check_run(["cp", "-a", self.source, states[number]])
        return outcome

    def kill_backup_after(self, seconds):
        process = subprocess.Popen([KIST, "--volume", self.container, "backup", self.source], stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        process.kill()
        return process.wait() == -signal.SIGKILL

    def test_interruption_ends_soon_and_leaves_the_volume_as_it_was(self):
        for i in range(60):
            (self.source / str(i)).write_bytes(os.urandom(1 << 20))
        self.prepare("160M")
        self.kist("close", self.container)
        process = subprocess.Popen([KIST, "--volume", self.container, "--key-file", self.key, "backup", self.source],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        control = pathlib.Path("/run/kist/kist/.kist/staging/in")
        while not control.exists() or not any(control.iterdir()):
            self.assertIsNone(process.poll(), "it ended before it could be interrupted")
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, messages)
        self.assertIn("No volume is open", self.bare("status").stdout)
        self.assertEqual(self.snapshots(), [])
        self.backup()
        self.assert_restores(1, self.source)


@unittest.skipUnless(are_there(), "no fanotify")
class Resume(Case):
    """What a run has read before it ends is not read again by the next one."""

    FILES, SIZE = 26, 12 << 20

    def setUp(self):
        super().setUp()
        self.addCleanup(shutil.rmtree, self.source)
        for i in range(self.FILES):
            path = self.source / str(i)
            path.write_bytes(os.urandom(self.SIZE))
            os.utime(path, (time.time() - 3600,) * 2)
        time.sleep(2.1)  # younger files are read again in any case
        self.prepare("600M")

    def stop_backup(self, number, is_ready):
        """Sends a signal when it is ready, while the last file waits to be opened: nothing is committed then. The messages."""
        begun = threading.Event()

        def stop():
            begun.wait()
            deadline = time.monotonic() + PATIENCE
            while not is_ready() and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(number)

        moments = Moments(self.source)
        moments.at("open", self.source / "9", stop)
        with moments:
            process = subprocess.Popen([KIST, "--volume", self.container, "backup", self.source], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
            begun.set()
            _, messages = process.communicate(timeout=2 * PATIENCE)
        self.assertTrue(moments.happened)
        self.assertEqual(process.returncode, 130 if number == signal.SIGINT else -number, messages)
        self.assertEqual(self.snapshots(), [])
        return messages

    @staticmethod
    def size_of(folder):
        try:
            return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        except FileNotFoundError:
            return 0

    def finish_backup(self):
        """Bytes that the next run takes over, having read the others only."""
        summary = self.json("backup", self.source)[0]
        self.assertEqual(summary["bytes_read"] + summary["bytes_taken_over"], self.FILES * self.SIZE)
        self.assert_same(self.source, next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:])
        self.assert_sound()
        self.assertEqual(self.json("backup", self.source)[0]["bytes_read"], 0)
        self.assertFalse(list((self.mount_point / ".kist/staging").iterdir()))
        return summary["bytes_taken_over"]

    def test_sigint_says_what_is_kept_and_the_next_run_goes_on(self):
        messages = self.stop_backup(signal.SIGINT, lambda: self.size_of(self.mount_point / ".kist/staging/in") >= 5 * self.SIZE)
        self.assertRegex(messages, r"[0-9]+ files, .* are kept: the next backup of .* goes on from there")
        self.assertRegex(self.kist("status", expect=3).stdout + self.kist("status", expect=3).stderr, "interrupted backup")
        self.assertGreaterEqual(self.finish_backup(), 4 * self.SIZE)

    def test_kills_lose_only_what_was_read_since_the_last_sync(self):
        staging = self.mount_point / ".kist/staging"

        def listed_bytes():
            try:
                with contextlib.closing(sqlite3.connect(f"file:{staging / 'resume.sqlite'}?mode=ro", uri=True)) as listed:
                    return listed.execute("SELECT sum(size) FROM staged").fetchone()[0] or 0
            except sqlite3.Error:
                return 0

        # A slow disk has less than that listed the first time.
        self.stop_backup(signal.SIGKILL, lambda: listed_bytes() >= 4 * self.SIZE)
        listed = listed_bytes()
        self.assertGreaterEqual(listed, 4 * self.SIZE)
        self.assertGreaterEqual(self.finish_backup(), listed)


class Engine(Case):
    def test_killed_engine_gives_errors_and_the_next_open_recovers(self):
        (self.source / "file").write_bytes(os.urandom(1 << 20))
        self.prepare()
        if self.json("status", expect=3)[0]["engine"] != "userspace":
            self.skipTest("this machine uses dm-crypt: there is no engine to kill")
        self.backup()
        self.kill_engine()
        self.assertEqual(self.json("status", expect=3)[0]["state"], "broken")
        (self.source / "new").write_bytes(os.urandom(1 << 20))
        result = subprocess.run([KIST, "--volume", self.container, "backup", self.source], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=60)
        self.assertNotEqual(result.returncode, 0)
        self.assertTrue(result.stderr.startswith(b"kist: "), result.stderr)
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point)
        self.assert_sound()
        self.assertEqual(self.snapshots(), [1])
        self.backup()
        self.assert_restores(2, self.source)

    def test_open_after_a_kill_needs_no_close(self):
        (self.source / "file").write_text("x")
        self.prepare()
        self.backup()
        self.kill_engine()
        self.kist("open", self.container, "--at", self.mount_point)
        self.assertEqual(self.snapshots(), [1])

    def kill_engine(self):
        """The process that holds the container open, found without kist's help."""
        killed = 0
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            for descriptor in (process / "fd").glob("*"):
                try:
                    if descriptor.resolve() == self.container.resolve():
                        os.kill(int(process.name), signal.SIGKILL)
                        killed += 1
                        break
                except OSError:
                    pass
        self.assertEqual(killed, 1)


if __name__ == "__main__":
    kist_driver.main()
