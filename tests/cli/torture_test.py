"""Everything that a filesystem can hold, there and back; rsync, getfacl, getfattr, lsattr, tar, stat and a listing of our own
are the judges.

KIST_TORTURE=full makes 100,000 files in one folder instead of 20,000.
"""

import json
import os
import subprocess

import kist_driver
from kist_driver import check_run, run
from ordinary_user_test import USER, User
from torture_tree import TortureTree
from tree_listing import differences, listing

FULL = os.environ.get("KIST_TORTURE") == "full"


def ext4(folder, name, *options):
    """A filesystem of its own, mounted below the folder: many inodes, and attributes of any size if wanted."""
    image, top = folder / (name + ".img"), folder / name
    with image.open("wb") as file:
        file.truncate(4 << 30)
    top.mkdir()
    check_run(["mkfs.ext4", "-q", "-I", "256", "-N", "300000", *options, image])
    check_run(["mount", "-o", "loop", image, top])
    return top


def rsync_judges(expected, actual, *options):
    return check_run(["rsync", "-aHAXni", "--checksum", "--delete", "--numeric-ids", *options, f"{expected}/", f"{actual}/"])


def output(argv, folder):
    """What a tool says of a folder, with its names in the order of their bytes."""
    result = subprocess.run([str(word) for word in argv], cwd=folder, capture_output=True, timeout=kist_driver.PATIENCE, check=True)
    return sorted(result.stdout.split(b"\n"))


class Torture(kist_driver.Case):
    def setUp(self):
        super().setUp()
        self.there = ext4(self.home, "there", "-O", "ea_inode")
        self.back = ext4(self.home, "back", "-O", "ea_inode")
        for top in [self.there, self.back]:
            self.addCleanup(run, ["umount", top])
        self.source = self.there / "src"
        self.target = self.back / "restored"
        self.prepare("256M")

    def make_tree(self, **options):
        tree = TortureTree(self.source, **options)
        tree.make()
        tree.set_flags()
        return tree

    def test_nothing_is_lost(self):
        self.make_tree(many=100000 if FULL else 20000, largest_value=60000)
        expected = listing(self.source)
        self.assertNotIn("skipped", self.backup().stderr)
        self.kist("restore", "latest", "--to", self.target)
        self.assertEqual(differences(expected, listing(self.target)), [])
        self.ask_the_tools(self.source / "plain", self.target / "plain")
        self.mirror_has_what_it_can(expected)
        self.times_of_birth_are_shown()
        self.kist("check")

    def ask_the_tools(self, expected, actual):
        self.assertEqual(rsync_judges(expected, actual), "")
        for argv in [["getfacl", "-R", "-P", "-n", "."], ["getfattr", "-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "."],
                     ["find", ".", "-printf", "%p %y %m %U %G %n %l %T@ %s\\n", "(", "-type", "d", "-o", "-true", ")"],
                     ["lsattr", "-aR", "."]]:
            with self.subTest(tool=argv[0]):
                self.assertEqual(self.of_interest(output(argv, expected)), self.of_interest(output(argv, actual)))
        archive = self.home / "plain.tar"
        check_run(["tar", "--format=posix", "--xattrs", "--acls", "--sparse", "-C", expected, "-cf", archive, "."])
        self.assertEqual(check_run(["tar", "--compare", "-C", actual, "-f", archive]), "")
        archive.unlink()

    @staticmethod
    def of_interest(lines):
        """A folder's size, and whether its names are indexed, is the filesystem's business."""
        return [b" ".join(line.split(b" ")[:-1]) if line.split(b" ")[1:2] == [b"d"] else line.replace(b"I", b"-").replace(b"e", b"")
                for line in lines]

    def mirror_has_what_it_can(self, expected):
        """All but chattr's flags and what is too large for its filesystem."""
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        small = lambda entries: {path: {key: value for key, value in entry.items() if key not in ("flags", "xattrs")}
                                 for path, entry in entries.items()}
        wanted, found = small(expected), small(listing(mirror))
        for entries in (wanted, found):  # what its attributes take
            entries[b"./plain/attributes/largest"].pop("blocks")
        self.assertEqual(differences(wanted, found), [])
        self.assertEqual(rsync_judges(self.source / "plain", mirror / "plain", "--exclude", "/attributes/largest"), "")

    def times_of_birth_are_shown(self):
        shown = {line["path"]: line["birth"] for line in self.json("ls", f"latest:{self.source}/plain/special_files")}
        for path, birth in shown.items():
            wanted = check_run(["date", "-u", "-d", "@" + check_run(["stat", "-c", "%W", path]).strip(), "+%Y-%m-%dT%H:%M:%S"])
            self.assertEqual(birth[:19], wanted.strip())

    def test_a_second_run_reads_nothing_and_a_mount_shows_it_all(self):
        self.make_tree(many=100, links=300)
        self.backup()
        check_run(["sleep", "2.1"])  # until all has settled
        self.backup()
        line = self.json("backup", self.source)[0]
        self.assertEqual((line["files_read"], line["new"], line["changed"], line["renamed"], line["deleted"]), (0, 0, 0, 0, 0))
        shown = self.home / "shown"
        shown.mkdir()
        self.kist("mount", shown, f"latest:{self.source}")
        try:
            for part in ["plain", "deep"]:
                self.assertEqual(differences(listing(self.source / part, leave_out=("flags", "holes")),
                                             listing(shown / part, leave_out=("flags", "holes"))), [])
        finally:
            check_run(["umount", shown])


class OfAnOrdinaryUser(User):
    """fuse2fs has neither ACLs nor device nodes nor times below a second; a user sees no trusted attributes."""

    def test_what_the_mirror_cannot_hold_is_in_the_catalog(self):
        tree = TortureTree(self.source / "torture", many=50, links=100)
        (tree.top / "plain").mkdir(parents=True)
        tree.make_plain(tree.top / "plain")
        tree.make_deep()
        seen = lambda top: listing(top, leave_out=("flags",), attributes=lambda name: not name.startswith("trusted."))
        expected = seen(self.source)
        self.prepare("128M")
        line = json.loads(self.user("--json", "backup", self.source, expect=3).stdout.splitlines()[0])
        named = {os.fsencode(entry["path"]) for entry in line["skipped_entries"]}
        self.assertEqual(named, self.out_of_reach())
        self.user("check")
        self.user("close")
        self.kist("open", self.container, "--at", self.mount_point)
        target = self.home / "out"
        self.kist("restore", "latest", "--to", target)
        actual = seen(target)
        hidden = lambda path: any(os.path.join(os.fsencode(self.source), path[2:]).startswith(name) for name in named)
        self.assertEqual(differences({path: entry for path, entry in expected.items() if not hidden(path)},
                                     {path: entry for path, entry in actual.items() if not hidden(path)}), [])
        self.kist("close")

    def out_of_reach(self):
        """What `find` says that the user may not read, without what lies in such folders: these are named themselves."""
        argv = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "find", self.source, "(", "-type", "f", "!",
                "-readable", "-o", "-type", "d", "!", "(", "-readable", "-executable", ")", ")", "-print0"]
        found = set(run(argv).stdout.split(b"\0")) - {b""}
        return {path for path in found if os.path.dirname(path) not in found}


if __name__ == "__main__":
    kist_driver.main()
