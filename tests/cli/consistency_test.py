"""What changes while it is read: sources on btrfs are read from a snapshot, open SQLite databases as of one transaction."""

import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time

import kist_driver
from kist_driver import KIST, check_run

# Moves an amount between two tables, over and over: in every whole state of the database the sums are equal.
WRITER = textwrap.dedent("""
    import sqlite3, sys
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA wal_autocheckpoint = 20")
    n = 0
    while True:
        n += 1
        database.execute("BEGIN")
        database.execute("INSERT INTO gave VALUES (?, ?)", (n, "x" * 500))
        database.execute("INSERT INTO got VALUES (?, ?)", (n, "y" * 500))
        database.execute("COMMIT")
        if n == 1:
            print("writing", flush=True)
""")


def make_database(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    for table in "gave", "got":
        database.execute(f"CREATE TABLE {table} (n INTEGER, text TEXT)")
    database.commit()
    database.close()


def rows(path):
    database = sqlite3.connect(path)
    try:
        return [database.execute(f"SELECT coalesce(sum(n), 0), count(*) FROM {table}").fetchone()
                for table in ("gave", "got")]
    finally:
        database.close()


class Databases(kist_driver.Case):
    def setUp(self):
        super().setUp()
        self.database = self.source / "folder/data.db"
        self.database.parent.mkdir()
        make_database(self.database)
        self.prepare("128M")

    def writer(self):
        process = subprocess.Popen([sys.executable, "-c", WRITER, self.database], stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"writing\n")
        return process

    def backup_online(self, **options):
        return json.loads(self.kist("--json", "backup", "--no-drill", "--sqlite-online", self.source, **options).stdout)

    def restored(self, number):
        target = self.home / f"back-{number}"
        self.kist("restore", str(number), "--to", target)
        names = sorted(path.name for path in (target / "folder").iterdir())
        database = target / "folder/data.db"
        self.assertEqual(check_run(["sqlite3", database, "PRAGMA integrity_check"]), "ok\n")
        gave, got = rows(database)
        self.assertEqual(gave, got, "a whole transaction")
        return names, gave[1]

    def test_a_database_that_is_written_to_is_whole_in_every_snapshot(self):
        self.writer()
        counts = []
        for number in range(1, 6):
            self.assertEqual(self.backup_online()["databases"], 1)
            names, count = self.restored(number)
            self.assertEqual(names, ["data.db"], "without its log")
            counts.append(count)
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        self.assert_sound()

    def test_what_is_only_in_the_log_is_seen(self):
        time.sleep(2.1)  # until the database's times are settled
        self.backup_online()
        database = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("PRAGMA wal_autocheckpoint = 0")
        before = os.stat(self.database)
        for number in 2, 3:
            database.execute("INSERT INTO gave VALUES (?, 'x')", (number,))
            database.execute("INSERT INTO got VALUES (?, 'x')", (number,))
            self.backup_online()
            self.assertEqual(self.restored(number)[1], number - 1)
        self.assertEqual(os.stat(self.database).st_mtime_ns, before.st_mtime_ns, "or this tests nothing")

    def test_once_it_is_closed_it_is_a_file_like_others(self):
        database = sqlite3.connect(self.database, isolation_level=None)
        database.execute("INSERT INTO gave VALUES (1, 'x')")
        database.execute("INSERT INTO got VALUES (1, 'x')")
        self.assertEqual(self.backup_online()["databases"], 1)
        database.close()
        self.assertEqual(self.backup_online()["databases"], 0)
        self.assert_restores(2, self.source)

    def test_nothing_is_changed_in_the_source(self):
        process = self.writer()
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertTrue(self.database.with_name("data.db-wal").exists())
        before = [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(self.source.rglob("*"))
                  if path.is_file() and not path.name.endswith("-shm")]
        self.backup_online()
        after = [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(self.source.rglob("*"))
                 if path.is_file() and not path.name.endswith("-shm")]
        self.assertEqual(before, after)
        self.assertGreater(self.restored(1)[1], 0)

    def test_what_only_looks_like_one(self):
        for name, content in [("text.db", b"no database"), ("broken.db", b"SQLite format 3\0" + b"\xff" * 5000)]:
            (self.source / name).write_bytes(content)
            (self.source / (name + "-wal")).write_bytes(b"log")
        result = self.kist("--json", "backup", "--no-drill", "--sqlite-online", self.source, expect=3)
        line = json.loads(result.stdout)
        self.assertEqual([one["path"] for one in line["skipped_entries"]], [str(self.source / "broken.db")])
        self.kist("restore", "1", "--to", self.home / "back")
        self.assertEqual((self.home / "back/text.db-wal").read_bytes(), b"log")
        self.kist("backup", self.source)  # as files they are files
        self.assert_restores(2, self.source)

    def test_links_lead_nowhere(self):
        elsewhere = self.home / "elsewhere.db"
        make_database(elsewhere)
        (self.source / "link.db").symlink_to(elsewhere)
        (self.source / "link.db-wal").write_bytes(b"")
        (self.source / "real.db").write_bytes(elsewhere.read_bytes())
        (self.source / "real.db-wal").symlink_to(self.home / "planted")
        line = self.backup_online()
        self.assertEqual(line["databases"], 0)
        self.assertFalse((self.home / "planted").exists())
        self.assert_restores(1, self.source)


class Snapshots(kist_driver.Case):
    """The source is a subvolume of a btrfs of its own."""

    def setUp(self):
        if shutil.which("mkfs.btrfs") is None:
            self.skipTest("needs the program mkfs.btrfs")
        super().setUp()
        image = self.home / "btrfs.img"
        check_run(["truncate", "-s", "256M", image])
        check_run(["mkfs.btrfs", "--quiet", image])
        self.top = self.home / "btrfs"
        self.top.mkdir()
        check_run(["mount", "-o", "loop", image, self.top])
        self.addCleanup(check_run, ["umount", "--recursive", self.top])
        self.subvolume = self.top / "home"
        check_run(["btrfs", "subvolume", "create", self.subvolume])
        self.source = self.subvolume / "user"
        (self.source / "folder").mkdir(parents=True)
        for number in range(20):
            (self.source / f"folder/{number}").write_text(f"content {number}")
        os.link(self.source / "folder/1", self.source / "linked")
        self.prepare("128M")

    def snapshot_backup(self, source=None, when="btrfs", **options):
        return json.loads(self.kist("--json", "backup", "--no-drill", "--source-snapshot", when, source or self.source,
                                    **options).stdout)

    def subvolumes(self):
        return check_run(["btrfs", "subvolume", "list", "-o", self.subvolume]).splitlines()

    def test_it_restores_as_if_it_had_been_read_live(self):
        line = self.snapshot_backup()
        self.assertTrue(line["source_snapshot"])
        self.assertEqual(line["source"], str(self.source))
        self.assert_restores(1, self.source)
        self.assertEqual(self.subvolumes(), [])
        self.assert_sound()

    def test_unchanged_files_are_known_with_and_without_one(self):
        time.sleep(2.1)  # until their times are settled
        self.snapshot_backup()
        for when in "btrfs", "never", "auto":
            line = self.snapshot_backup(when=when)
            self.assertEqual((line["files_read"], line["new"], line["changed"], line["renamed"]), (0, 0, 0, 0), when)
        (self.source / "folder/4").rename(self.source / "renamed")
        (self.source / "folder/2").write_text("changed")
        line = self.snapshot_backup()
        self.assertEqual((line["files_read"], line["new"]), (1, 0))
        self.assert_restores(line["snapshot"], self.source)

    def test_a_change_right_after_the_snapshot_is_seen_by_the_next(self):
        (self.source / "folder/3").write_text("just now")
        self.snapshot_backup()
        (self.source / "folder/3").write_text("just NOW")
        line = self.snapshot_backup()
        self.assert_restores(line["snapshot"], self.source)

    def test_it_is_of_one_moment(self):
        """A writer keeps two files equal; they are equal in the snapshot though they are read one after the other."""
        script = ("import os, sys\nn = 0\nwhile True:\n n += 1\n for name in 'first', 'second':\n"
                  "  with open(sys.argv[1] + '/new', 'w') as file:\n"
                  "   file.write(str(n) * 1000)\n   file.flush()\n   os.fsync(file.fileno())\n"
                  "  os.replace(sys.argv[1] + '/new', sys.argv[1] + '/' + name)\n")
        process = subprocess.Popen([sys.executable, "-c", script, self.source])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not (self.source / "second").exists():
            time.sleep(0.02)
        for _ in range(3):
            number = self.snapshot_backup()["snapshot"]
            texts = [self.kist("cat", f"{number}:{self.source}/{name}").stdout for name in ("first", "second")]
            values = [int(text[:len(text) // 1000]) for text in texts]
            self.assertIn(values[0] - values[1], (0, 1))

    def test_other_subvolumes_and_filesystems_below_are_read_live(self):
        check_run(["btrfs", "subvolume", "create", self.source / "nested"])
        (self.source / "nested/deep").mkdir()
        (self.source / "nested/deep/file").write_text("nested")
        (self.source / "mounted").mkdir()
        check_run(["mount", "-t", "tmpfs", "tmpfs", self.source / "mounted"])
        (self.source / "mounted/file").write_text("mounted")
        kept = self.home / "kept"
        check_run(["cp", "-a", self.source, kept])
        self.snapshot_backup()
        self.assert_restores(1, kept)
        line = self.snapshot_backup()
        self.assertEqual((line["new"], line["deleted"]), (0, 0))

    def test_the_subvolume_itself_and_a_single_file(self):
        self.snapshot_backup(self.subvolume)
        target = self.home / "back"
        self.kist("restore", "1", "--to", target)
        self.assert_same(self.source, target / "user")
        self.assertEqual(sorted(os.listdir(target)), ["user"])
        other = self.top / "single"
        other.write_text("alone")
        self.assertTrue(self.snapshot_backup(other)["source_snapshot"])
        self.kist("restore", "2", "--to", target)
        self.assertEqual((target / "single").read_text(), "alone")

    def test_what_a_crash_leaves_the_next_run_removes(self):
        with (self.source / "large").open("wb") as file:
            for _ in range(60):
                file.write(os.urandom(1 << 20))
        argv = [KIST, "--volume", self.container, "--key-file", self.key, "backup", "--source-snapshot", "btrfs",
                self.source]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        while not self.subvolumes() and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.wait()
        self.assertEqual(len(self.subvolumes()), 1)
        kept = self.subvolume / "own"
        check_run(["btrfs", "subvolume", "snapshot", "-r", self.source.parent, kept])
        line = self.snapshot_backup()
        self.assertEqual([name.rsplit("/", 1)[1] for name in self.subvolumes()], ["own"])
        self.assert_restores(line["snapshot"], self.source)

    def test_a_snapshot_that_is_in_use_stays(self):
        check_run(["btrfs", "subvolume", "snapshot", "-r", self.subvolume,
                   self.subvolume / ".kist-snapshot-11111111-2222-3333-4444-555555555555"])
        folder = self.subvolume / ".kist-snapshot-11111111-2222-3333-4444-555555555555"
        holder = os.open(folder, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_SH)
        self.snapshot_backup(self.subvolume)
        self.assertTrue(folder.exists())
        self.assertNotIn(".kist-snapshot", self.kist("ls", "-R", "1").stdout)
        os.close(holder)
        self.snapshot_backup(self.subvolume)
        self.assertFalse(folder.exists())

    def test_where_there_can_be_none(self):
        plain = self.home / "plain"
        plain.mkdir()
        self.assertFalse(self.snapshot_backup(plain, when="auto")["source_snapshot"])
        result = self.kist("backup", "--source-snapshot", "btrfs", plain, expect=1)
        self.assertIn("lies in no btrfs subvolume", result.stderr)
        result = self.kist("backup", "--source-snapshot", "lvm", plain, expect=1)
        self.assertIn("lies on no logical volume of LVM", result.stderr)
        self.kist("backup", "--source-snapshot", "zfs", plain, expect=2)

    def test_a_configured_source(self):
        config = self.home / "kist.toml"
        config.write_text(f'[source.home]\npaths = "{self.source}"\nsnapshot = "auto"\nsqlite = true\n')
        line = json.loads(self.bare("--config", config, "--volume", self.container, "--json", "backup", "--no-drill").stdout)
        self.assertTrue(line["source_snapshot"])


if __name__ == "__main__":
    kist_driver.main()
