#!/usr/bin/env python3
"""Where restore has what rsync has, under the same name, both make the same of the same random trees."""

import os
import random
import shutil

import kist_driver
from kist_driver import Case, check_run, run
from random_tree import RandomTree

ROUNDS = int(os.environ.get("KIST_RESTORE_ROUNDS", "3"))


class Rsync(Case):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.prepare()

    def same_random_trees(self, rsync_words, kist_words, kinds=RandomTree(None).kinds, compare=()):
        """Each round: a source that is backed up, and two copies of a target that came from it or from elsewhere."""
        for seed in range(ROUNDS):
            with self.subTest(seed=seed):
                tree = RandomTree(random.Random(seed), kinds)
                source, theirs, ours = (self.home / f"{name}{seed}" for name in ["source", "theirs", "ours"])
                tree.fill(source)
                if seed % 3:
                    check_run(["cp", "-a", source, theirs])
                    tree.change(theirs)
                else:
                    tree.fill(theirs)
                check_run(["cp", "-a", theirs, ours])
                number = self.json("backup", source)[0]["snapshot"]
                code = run(["rsync", "-aHAX", "--checksum", *rsync_words, f"{source}/", f"{theirs}/"]).returncode
                self.assertIn(code, [0, 23])  # 23: an excluded file holds a folder that is in the way
                self.kist("restore", str(number), "--to", ours, "--yes", *kist_words, expect=3 if code else 0)
                difference = run(["rsync", "-aHAXni", "--checksum", "--delete", *compare, f"{theirs}/", f"{ours}/"])
                self.assertEqual(difference.stdout.decode(), "", difference.stderr)
                for folder in [source, theirs, ours]:
                    shutil.rmtree(folder)

    def test_delete(self):
        self.same_random_trees(["--delete"], ["--delete"])

    def test_delete_spares_what_is_excluded(self):
        self.same_random_trees(["--delete", "--exclude", "a", "--exclude", "*.txt"],
                               ["--delete", "--exclude", "a", "--exclude", "*.txt"], ["files", "folders", "fifos"],
                               ["--omit-dir-times"])  # of what is left of a folder

    def test_update(self):
        # What is newer and of another kind stays here; rsync replaces it.
        self.same_random_trees(["--update", "--delete"], ["--overwrite", "if-older", "--delete"], ["files", "folders.d"])

    def test_ignore_existing(self):
        # rsync gives folders that are there their metadata all the same; "never" leaves them alone.
        self.same_random_trees(["--ignore-existing", "--force"], ["--overwrite", "never"], ["files"],
                               ["--omit-dir-times", "--no-perms", "--no-owner", "--no-group"])

    def test_maps(self):
        maps = ["--usermap=1000-2000:33,root:nobody,*:7", "--groupmap=4712:staff,100:0"]
        self.same_random_trees(["--delete", *maps], ["--delete", *maps])

    def test_chown_and_numbers(self):
        self.same_random_trees(["--delete", "--numeric-ids", "--chown=:staff"],
                               ["--delete", "--numeric-ids", "--chown=:staff"])

    def test_a_dry_run_says_what_rsync_says_is_deleted(self):
        tree = RandomTree(random.Random(99))
        tree.fill(self.source)
        target = self.home / "target"
        tree.fill(target)
        self.backup()
        steps = self.json("restore", "1", "--to", target, "--delete", "--dry-run")
        ours = {step["path"].removeprefix(str(self.source) + "/") for step in steps if step.get("action") == "delete"}
        listed = check_run(["rsync", "-aHAXn", "--delete", "--out-format=%o %n", "-8", f"{self.source}/", f"{target}/"])
        theirs = {line.removeprefix("del. ").rstrip("/").replace("\\#012", "\n")
                  for line in listed.splitlines() if line.startswith("del. ")}
        self.assertEqual(ours, theirs)
        self.assertGreater(len(ours), 3)


if __name__ == "__main__":
    kist_driver.main()
