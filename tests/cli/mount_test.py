#!/usr/bin/env python3
"""kist mount, with real mounts: rsync, diff, getfacl and getfattr compare every snapshot with a copy that was kept."""

import contextlib
import errno
import os
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import kist_driver
from kist_driver import Case, KIST, PATIENCE, check_run, run, wait_until

STRANGER = 65534


def random_bytes(size, seed):
    return random.Random(seed).randbytes(size)


class MountCase(Case):
    def setUp(self):
        super().setUp()
        self.folder = self.home / "snapshots"
        self.folder.mkdir()
        self.copies = {}  # by snapshot's number
        self.addCleanup(run, ["umount", "--lazy", self.folder])

    def mount(self, *words, **options):
        return self.kist("mount", self.folder, *words, **options)

    def unmount(self):
        check_run(["umount", self.folder])

    def dates(self):
        """Where the snapshots of the one source are."""
        (host,) = self.folder.iterdir()
        (source,) = host.iterdir()
        return source

    def names(self):
        return sorted(name for name in os.listdir(self.dates()) if name != "latest")

    def snapshot(self):
        """Backs up, keeps a copy of the source, and returns the number."""
        self.kist("backup", "--time", f"2026-11-{len(self.copies) + 1:02} 08:15", self.source)
        number = self.snapshots()[-1]
        self.copies[number] = self.home / f"kept-{number}"
        check_run(["cp", "-a", self.source, self.copies[number]])
        return number

    def mounted(self, number):
        names = dict(zip(self.snapshots(), self.names(), strict=True))
        return self.dates() / names[number]

    def assert_mounted_as_kept(self, number):
        mounted = self.mounted(number)
        self.assert_same(self.copies[number], mounted)
        for judge in (["getfacl", "-R", "-n", "-p"], ["getfattr", "-R", "-d", "-m", "-", "-h"]):
            texts = [check_run([*judge, "."], cwd=folder) for folder in (self.copies[number], mounted)]
            self.assertEqual(sorted(texts[0].split("\n\n")), sorted(texts[1].split("\n\n")), judge)
        stat = ["find", ".", "-printf", "%P %y %m %U %G %s %T@ %l\n"]
        found = [sorted(check_run(stat, cwd=folder).splitlines()) for folder in (self.copies[number], mounted)]
        without_folder_sizes = [[" ".join(line.split(" ")[:5] + line.split(" ")[6:]) if line.split(" ")[1:2] == ["d"]
                                 else line for line in lines] for lines in found]
        self.assertEqual(*without_folder_sizes)


class MountedSnapshots(MountCase):
    def fill(self):
        """All kinds of files, and contents that will be kept in all ways."""
        source = self.source
        (source / "folder/below").mkdir(parents=True)
        (source / "folder/small").write_bytes(b"first\n")
        (source / "folder/hard").hardlink_to(source / "folder/small")
        (source / "below").symlink_to("folder/below")
        (source / "text").write_text("".join(f"line {i}\n" for i in range(30000)))
        (source / "image").write_bytes(random_bytes(9 << 20, 1))
        (source / "large").write_bytes(random_bytes(3 << 20, 2))
        (source / "replaced").write_bytes(random_bytes(2 << 20, 5))
        (source / "empty").touch()
        os.mkfifo(source / "fifo")
        os.mknod(source / "null", 0o20666, os.makedev(1, 3))
        with open(source / "holes", "wb") as file:
            file.truncate(8 << 20)
            file.seek(5 << 20)
            file.write(b"in the middle")
        for name in (b"\xff\xfe", b"a\nb\t\\", "ü".encode(), b"x" * 255):
            pathlib.Path(os.fsdecode(os.path.join(os.fsencode(source), name))).write_bytes(name)
        os.chown(source / "text", 1234, 5678)
        os.chmod(source / "text", 0o6751)
        check_run(["setfacl", "-m", "u:4321:rwx,g:8765:r", source / "folder/small"])
        check_run(["setfacl", "-d", "-m", "u:4321:rx", source / "folder"])
        check_run(["setfattr", "-n", "user.note", "-v", "kept", source / "large"])
        check_run(["setfattr", "-n", "trusted.note", "-v", "too", source / "folder"])
        os.utime(source / "folder/below", ns=(1, 1234567890123456789))

    def change(self):
        source = self.source
        with open(source / "image", "r+b") as file:
            file.seek(4 << 20)
            file.write(random_bytes(5000, 3))
        text = (source / "text").read_text()
        (source / "text").write_text(text.replace("line 777\n", "another line\n"))
        (source / "folder/small").write_bytes(b"second\n")
        (source / "large").unlink()
        (source / "replaced").write_bytes(random_bytes(2 << 20, 6))
        (source / "folder/below").rename(source / "folder/moved")

    def test_equal_what_was_backed_up_and_follow_the_catalog(self):
        self.prepare("128M")
        self.fill()
        first = self.snapshot()
        self.change()
        second = self.snapshot()
        self.mount()
        for number in (first, second):
            self.assert_mounted_as_kept(number)
        self.assertEqual(os.readlink(self.dates() / "latest"), self.mounted(second).name)
        self.assertEqual(self.names(), ["2026-11-01T08-15-00", "2026-11-02T08-15-00"])
        self.assertLess((self.mounted(first) / "holes").stat().st_blocks * 512, 1 << 20)

        self.change_if_there()
        (self.source / "new").write_bytes(b"new\n")
        third = self.snapshot()
        self.assertEqual((self.dates() / "latest/new").read_bytes(), b"new\n")
        for number in (first, second, third):
            self.assert_mounted_as_kept(number)
        gone = self.mounted(first)
        inside = os.open(gone / "folder", os.O_RDONLY | os.O_DIRECTORY)
        self.kist("forget", "--yes", first)
        self.assertNotIn(gone.name, os.listdir(self.dates()))
        wait_until(lambda: not gone.exists())
        with self.assertRaises(OSError) as caught:
            os.open("small", os.O_RDONLY, dir_fd=inside)
        self.assertIn(caught.exception.errno, (errno.ESTALE, errno.ENOENT))
        os.close(inside)
        for number in (second, third):
            self.assert_mounted_as_kept(number)
        self.assertEqual(run(["touch", self.mounted(third) / "mine"]).returncode, 1)

    def test_are_read_in_parallel_and_at_any_offset(self):
        self.prepare("128M")
        self.fill()
        first = self.snapshot()
        self.change()
        self.snapshot()
        self.mount()
        failures = []

        def read_somewhere(seed):
            choose = random.Random(seed)
            for name in ("image", "text", "large", "replaced"):
                kept = (self.copies[first] / name).read_bytes()
                with open(self.mounted_first / name, "rb", buffering=0) as file:
                    for _ in range(20):
                        offset = choose.randrange(len(kept))
                        size = choose.randrange(1, 300000)
                        if os.pread(file.fileno(), size, offset) != kept[offset:offset + size]:
                            failures.append((name, offset, size))

        self.mounted_first = self.mounted(first)
        threads = [threading.Thread(target=read_somewhere, args=[seed]) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_large_files_and_their_older_versions_are_read_from_the_disk(self):
        """Nothing of them is in a cache; two versions are made of the newest where it lies, one out of moved parts."""
        self.prepare("256M")
        large = self.source / "large"
        large.write_bytes(random_bytes(20 << 20, 1))
        numbers = [self.snapshot()]
        with open(large, "r+b") as file:
            for offset in (1 << 20, (9 << 20) + 5, 19 << 20):
                file.seek(offset)
                file.write(random_bytes(70000, offset))
        numbers.append(self.snapshot())
        large.write_bytes(b"shifted" + large.read_bytes())
        numbers.append(self.snapshot())
        with open(large, "r+b") as file:
            file.truncate(15 << 20)
        numbers.append(self.snapshot())
        self.mount()
        for number in numbers:
            with open("/proc/sys/vm/drop_caches", "w") as file:
                file.write("1")
            self.assertEqual(run(["cmp", self.copies[number] / "large", self.mounted(number) / "large"]).returncode, 0, number)
        device = self.folder.stat().st_dev
        setting = pathlib.Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
        if setting.exists():
            self.assertGreaterEqual(int(setting.read_text()), 8192)

    def test_damaged_contents_give_an_error_and_others_do_not(self):
        self.prepare()
        (self.source / "small").write_bytes(b"small " * 1000)
        (self.source / "large").write_bytes(random_bytes(4 << 20, 1))
        (self.source / "whole").write_bytes(b"whole")
        self.snapshot()
        (mirror,) = (self.mount_point / "latest/files").iterdir()
        for name, offset in [("small", 100), ("large", 200000)]:
            with open(f"{mirror}{self.source}/{name}", "r+b") as file:
                file.seek(offset)
                file.write(b"rot")
        self.mount()
        mounted = self.dates() / "latest"
        for _ in range(2):
            for name in ("small", "large"):
                with self.assertRaises(OSError) as caught:
                    (mounted / name).read_bytes()
                self.assertEqual(caught.exception.errno, errno.EIO, name)
            with open(mounted / "large", "rb", buffering=0) as file, self.assertRaises(OSError) as caught:
                os.pread(file.fileno(), 10, 3 << 20)
            self.assertEqual(caught.exception.errno, errno.EIO)
            self.assertEqual((mounted / "whole").read_bytes(), b"whole")

    def test_give_right_bytes_or_an_error_while_others_work(self):
        """Files that stay open, and such as are opened again and again, while runs patch, move and forget below them."""
        self.prepare("128M")
        self.fill()
        first = self.snapshot()
        self.mount()
        mounted = self.mounted(first)
        wrong, reads, done = [], [0], threading.Event()

        def judge(name, read):
            kept = (self.copies[first] / name).read_bytes()
            while not done.is_set():
                try:
                    if read(mounted / name) != kept:
                        wrong.append(name)
                    reads[0] += 1
                except OSError as error:
                    if error.errno not in (errno.EIO, errno.ESTALE, errno.ENOENT):
                        wrong.append((name, str(error)))
                    time.sleep(0.01)

        def read_uncached(path):
            with open(path, "rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                return b"".join(iter(lambda: file.read(200000), b""))

        threads = [threading.Thread(target=judge, args=[name, read_uncached])
                   for name in ("image", "text", "replaced", "folder/small")]
        for thread in threads:
            thread.start()
        try:
            for _ in range(2):
                self.change_if_there()
                self.backup()
            self.kist("undo", "--yes")
            self.change_if_there()
            self.backup()
            seen = reads[0]
            wait_until(lambda: reads[0] > seen + 8)  # the old ones are still there
            self.kist("forget", "--yes", first)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.unmount()
        self.kist("check")

    def change_if_there(self):
        (self.source / "folder/below").mkdir(exist_ok=True)
        (self.source / "large").touch()
        shutil.rmtree(self.source / "folder/moved", ignore_errors=True)
        self.change()

    def test_of_one_snapshot_or_folder_or_file_stand_at_the_root(self):
        self.prepare()
        (self.source / "folder").mkdir()
        (self.source / "folder/file").write_bytes(b"content")
        number = self.snapshot()
        self.mount(str(number))
        self.assert_same(self.copies[number], self.folder)
        self.unmount()
        self.mount(f"latest:{self.source}/folder")
        self.assertEqual(os.listdir(self.folder), ["file"])
        self.unmount()
        self.mount(f"latest:{self.source}/folder/file")
        self.assertEqual((self.folder / "file").read_bytes(), b"content")


class Mounting(MountCase):
    def test_refuses_what_cannot_be(self):
        self.prepare()
        self.mount(expect=7)  # no snapshot
        (self.source / "file").write_bytes(b"content")
        self.snapshot()
        self.kist("mount", self.home / "nowhere", expect=2)
        self.kist("mount", self.source / "file", expect=2)
        self.assertIn("not empty", self.kist("mount", self.source, expect=2).stderr)
        self.mount("99", expect=7)
        self.mount(f"latest:{self.source}/nothing", expect=7)
        (line,) = self.json("mount", self.folder)
        self.assertEqual(line, {"type": "mounted", "path": str(self.folder), "volume": str(self.mount_point)})
        self.assertIn("mounted there already", self.mount(expect=2).stderr)

    def test_keeps_the_volume_busy_and_close_says_where(self):
        self.prepare()
        self.snapshot()
        self.mount()
        self.assertIn(f"umount {self.folder}", self.kist("close", self.container, expect=6).stderr)
        options = check_run(["findmnt", "-n", "-o", "OPTIONS", "--mountpoint", self.folder])
        for option in ("ro", "nosuid", "nodev", "noexec"):
            self.assertIn(option, options.strip().split(","))
        self.unmount()
        wait_until(lambda: self.kist("close", self.container, expect=None).returncode == 0)

    def test_opens_a_closed_volume_and_closes_it_at_the_end(self):
        self.prepare()
        (self.source / "file").write_bytes(b"content")
        self.snapshot()
        self.kist("close", self.container)
        self.mount()
        self.assertEqual((self.dates() / "latest/file").read_bytes(), b"content")
        self.unmount()
        wait_until(lambda: "is not open" in self.kist("close", self.container, expect=None).stdout)

    def test_ends_with_a_signal_and_survives_a_kill(self):
        self.prepare()
        (self.source / "file").write_bytes(random_bytes(2 << 20, 1))
        self.snapshot()
        argv = [KIST, "--volume", self.container, "mount", "--foreground", self.folder]
        for number in (signal.SIGTERM, signal.SIGKILL):
            server = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
            wait_until(lambda: os.path.ismount(self.folder) or server.poll() is not None)
            file = os.open(self.dates() / "latest/file", os.O_RDONLY)
            os.read(file, 10)
            server.send_signal(number)
            server.wait(timeout=PATIENCE)
            if number == signal.SIGTERM:
                self.assertEqual(server.returncode, 0)
                self.assertFalse(os.path.ismount(self.folder))
            with contextlib.suppress(OSError):  # the server of a mount that it was on has gone
                os.close(file)
        self.assertIn("umount", self.mount(expect=2).stderr)
        self.unmount()
        self.mount()
        self.assertEqual(len(self.names()), 1)

    def test_shows_others_only_what_they_may_see_and_only_when_asked(self):
        self.prepare()
        (self.source / "public").write_bytes(b"public")
        (self.source / "private").write_bytes(b"private")
        (self.source / "granted").write_bytes(b"granted")
        os.chmod(self.source / "private", 0o600)
        os.chmod(self.source / "granted", 0o600)
        check_run(["setfacl", "-m", f"u:{STRANGER}:r", self.source / "granted"])
        for folder in (self.home, kist_driver.FOLDER):
            os.chmod(folder, 0o755)
        self.snapshot()

        def read_as_stranger(name):
            return run(["setpriv", f"--reuid={STRANGER}", "--clear-groups", "cat", self.folder / name]).stdout

        self.mount("latest")
        self.assertEqual(read_as_stranger("public"), b"")
        self.unmount()
        self.mount("latest", "--allow-other")
        self.assertEqual([read_as_stranger(name) for name in ("public", "private", "granted")],
                         [b"public", b"", b"granted"])


if __name__ == "__main__":
    kist_driver.main()
