"""A source on a thin logical volume is read from a snapshot of it: of one moment, known again with and without, and
nothing is left of it. ext4 and xfs, judged by lvs and rsync."""

import json
import os
import signal
import subprocess
import sys
import time

import guest_driver
from guest_driver import KIST, SCRATCH, Case, check_run, disk, wait_for

os.environ["DM_DISABLE_UDEV"] = "1"  # nobody would make the nodes
TOP = SCRATCH / "lvm"


def setUpModule():
    check_run(["modprobe", "-a", "dm_thin_pool", "xfs"])
    check_run(["vgcreate", "vg-0", disk("disk1")])
    check_run(["lvcreate", "--type", "thin-pool", "-L", "400M", "-Zn", "-n", "pool", "vg-0"])
    check_run(["lvcreate", "-L", "64M", "-n", "thick", "vg-0"])
    for name, size, kind in ("ext4", "128M", "ext4"), ("xfs", "320M", "xfs"):
        check_run(["lvcreate", "-V", size, "--thinpool", "pool", "-n", name, "vg-0"])
        check_run(["mkfs." + kind, "-q", f"/dev/vg-0/{name}"])
    check_run(["mkfs.ext4", "-q", "/dev/vg-0/thick"])
    for name in "ext4", "xfs", "thick":
        (TOP / name).mkdir(parents=True)
        check_run(["mount", f"/dev/vg-0/{name}", TOP / name])
        (TOP / name / "home/folder").mkdir(parents=True)
        for number in range(10):
            (TOP / name / f"home/folder/{number}").write_text(f"content {number}")
        os.link(TOP / name / "home/folder/1", TOP / name / "home/linked")
    time.sleep(2.1)  # until their times are settled


def volumes():
    return set(check_run(["lvs", "--noheadings", "-o", "lv_name", "vg-0"]).split())


class ThinSnapshots(Case):
    def setUp(self):
        super().setUp()
        self.prepare()

    def tearDown(self):
        self.assertEqual(volumes(), {"pool", "ext4", "xfs", "thick"})

    def snapshot_backup(self, source, when="lvm"):
        return json.loads(self.kist("--json", "backup", "--no-drill", "--source-snapshot", when, source).stdout)

    def test_it_restores_and_unchanged_files_are_known_with_and_without_one(self):
        for kind in "ext4", "xfs":
            source = TOP / kind / "home"
            (source / "unsynced").write_text("just now" * 1000)
            line = self.snapshot_backup(source)
            self.assertTrue(line["source_snapshot"])
            self.assert_restores(line["snapshot"], source)
            time.sleep(2.1)
            self.snapshot_backup(source)
            for when in ("never", "auto", "lvm") if kind == "ext4" else ("lvm",):
                line = self.snapshot_backup(source, when)
                self.assertEqual((line["source_snapshot"], line["files_read"], line["new"], line["changed"]),
                                 (when != "never", 0, 0, 0), (kind, when))

    def test_it_is_of_one_moment(self):
        """A writer keeps two files equal; they are equal in the snapshot though they are read one after the other."""
        source = TOP / "ext4/home"
        script = ("import os, sys\nn = 0\nwhile True:\n n += 1\n for name in 'a', 'z':\n"
                  "  with open(sys.argv[1] + '/new', 'w') as file:\n   file.write(str(n) * 1000)\n"
                  "  os.replace(sys.argv[1] + '/new', sys.argv[1] + '/' + name)\n")
        process = subprocess.Popen([sys.executable, "-c", script, source])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for((source / "z").exists, "something is written")
        number = self.snapshot_backup(source)["snapshot"]
        texts = [self.kist("cat", f"{number}:{source}/{name}").stdout for name in ("a", "z")]
        values = [int(text[:len(text) // 1000]) for text in texts]
        self.assertIn(values[0] - values[1], (0, 1))

    def test_what_a_crash_leaves_the_next_run_removes(self):
        source = TOP / "ext4/home"
        (source / "large").write_bytes(os.urandom(12 << 20))
        process = subprocess.Popen([KIST, "--volume", self.mount_point, "backup", "--source-snapshot", "lvm", source],
                                   stdout=subprocess.DEVNULL)
        wait_for(lambda: process.poll() is not None or len(volumes()) > 4, "there is a snapshot")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(len(volumes()), 5)
        line = self.snapshot_backup(source)
        self.assert_restores(line["snapshot"], source)

    def test_where_there_can_be_none(self):
        self.assertFalse(self.snapshot_backup(TOP / "thick/home", "auto")["source_snapshot"])
        result = self.kist("backup", "--source-snapshot", "lvm", TOP / "thick/home", expect=1)
        self.assertIn("/dev/mapper/vg--0-thick, which is not thin", result.stderr)
        result = self.kist("backup", "--source-snapshot", "btrfs", TOP / "ext4/home", expect=1)
        self.assertIn("lies in no btrfs subvolume", result.stderr)


if __name__ == "__main__":
    guest_driver.main()
