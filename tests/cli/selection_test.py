"""Rules, defaults and boundaries of what is backed up; rsync says what the same rules select."""

import os
import pathlib
import random
import shutil

import kist_driver
from kist_driver import Case, check_run

CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# a cache\n"


class Selection(Case):
    def setUp(self):
        super().setUp()
        for name in ["a.txt", "a.o", "docs/b.txt", "docs/b.o", "docs/deep/c.o", "build/x", "build/keep/y", "odd\n name/z",
                     ".cache/junk", ".local/share/Trash/files/old", "docs/.cache/junk"]:
            path = self.source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        self.prepare()

    def selected(self, *words, expect=0):
        self.kist("backup", *words, self.source, expect=expect)
        number = str(max(self.snapshots()))
        lines = [line["path"][len(str(self.source)) + 1:] for line in self.json("ls", "-R", number)]
        return sorted(lines)

    def rsync_selects(self, *words):
        target = self.home / "rsync"
        check_run(["rsync", "-a", *words, f"{self.source}/", f"{target}/"])
        names = sorted(str(path.relative_to(target)) for path in target.rglob("*"))
        shutil.rmtree(target)
        return names

    def test_rules_select_what_rsync_selects(self):
        (self.home / "rules").write_text("# objects\n*.o\n+ keep\n/build/x\n")
        (self.source / "docs/.kistignore").write_text("/deep/\n")
        for words in (["--exclude", "*.o"], ["--include", "docs/b.o", "--exclude", "*.o"],
                      ["--exclude-from", self.home / "rules"], ["-f", "+ */", "-f", "+ *.txt", "-f", "- *"],
                      ["--exclude", "/docs", "--include", "docs"], ["--max-size", "5"],
                      ["--exclude", "odd*"]):
            with self.subTest(words=words):
                self.assertEqual(self.selected(*words, "--no-default-excludes"), self.rsync_selects(*words))

    def test_defaults_and_kistignore(self):
        (self.source / "docs/.kistignore").write_text("/deep/\n*.o\n")
        names = self.selected()
        self.assertNotIn(".cache", names)
        self.assertNotIn(".local/share/Trash", names)
        self.assertNotIn("docs/.cache", names)
        self.assertNotIn("docs/deep", names)
        self.assertNotIn("docs/b.o", names)
        self.assertIn("docs/.kistignore", names)
        self.assertIn("a.o", names)
        self.assertIn(".cache/junk", self.selected("--include", ".cache/"))

    def test_what_is_left_out_later_leaves_and_stays_in_older_snapshots(self):
        shutil.rmtree(self.source / ".cache")
        shutil.rmtree(self.source / "docs/.cache")
        shutil.rmtree(self.source / ".local")
        kept = self.home / "kept"
        check_run(["cp", "-a", self.source, kept])
        self.backup()
        self.assertNotIn("build/x", self.selected("--exclude", "/build/"))
        mirror = next((self.mount_point / "latest/files").iterdir()) / str(self.source)[1:]
        self.assertFalse((mirror / "build").exists())
        self.assert_restores(1, kept)
        (self.source / "build/keep").rename(self.source / "docs/keep")  # from where nothing is known
        self.assertIn("docs/keep/y", self.selected("--exclude", "/build/"))
        self.assert_restores(1, kept)
        self.assert_sound()

    def test_boundaries(self):
        (self.source / "build/CACHEDIR.TAG").write_bytes(CACHE_TAG)
        (self.source / "docs/CACHEDIR.TAG").write_bytes(b"no signature")
        names = self.selected("--exclude-caches")
        self.assertEqual([name for name in names if name.startswith("build/")], ["build/CACHEDIR.TAG"])
        self.assertIn("docs/b.txt", names)
        (self.source / "other").mkdir()
        (self.source / "kernel").mkdir()
        check_run(["mount", "-t", "tmpfs", "tmpfs", self.source / "other"])
        check_run(["mount", "-t", "proc", "proc", self.source / "kernel"])
        try:
            (self.source / "other/file").write_text("elsewhere")
            names = self.selected()
            self.assertIn("other/file", names)
            self.assertEqual([name for name in names if name.startswith("kernel")], ["kernel"])
            self.assertNotIn("other/file", self.selected("-x"))
        finally:
            check_run(["umount", self.source / "other"])
            check_run(["umount", self.source / "kernel"])

    def test_a_list_selects_what_rsync_selects(self):
        generator = random.Random(5)
        names = sorted(str(path.relative_to(self.source)) for path in self.source.rglob("*") if "\n" not in str(path))
        rules = [[], ["--exclude", "*.o"], ["--exclude", "docs"], ["--exclude", "/build/keep", "--exclude", "deep"], ["--max-size", "5"]]
        for number in range(12):
            listed = generator.sample(names, generator.randrange(1, 5))
            noise = generator.choice(["", "/", "./", "//"])
            (self.home / "list").write_text("# a list\n\n" + "".join(f"{noise}{name}\n" for name in listed))
            words = ["--files-from", self.home / "list", *generator.choice(rules)]
            with self.subTest(listed=listed, words=words):
                # rsync leaves out the folders above what a rule leaves out
                above = {str(parent) for name in listed for parent in pathlib.PurePath(name).parents} - {"."}
                self.assertEqual(set(self.selected(*words, "--no-default-excludes")), above | set(self.rsync_selects("-r", *words)))

    def test_lists(self):
        (self.home / "list").write_bytes(b"odd\n name\0docs/b.o\0")
        words = ["--files-from", self.home / "list", "-0"]
        self.assertEqual(self.selected(*words), ["docs", "docs/b.o", "odd\n name", "odd\n name/z"])
        (self.home / "list").write_text("docs/b.txt\nnot/there\na.txt/x\n")
        result = self.kist("backup", self.source, "--files-from", self.home / "list", expect=3)
        self.assertIn("src/not: it is on the list, but not there", result.stderr)
        self.assertIn("src/a.txt: the list names what is below it, but it is no folder", result.stderr)
        (self.home / "list").write_text(".\n")
        self.assertIn("build/keep/y", self.selected("--files-from", self.home / "list"))
        (self.home / "list").write_text("../up\n")
        self.kist("backup", self.source, "--files-from", self.home / "list", expect=2)
        (self.home / "list").write_text("a\n")
        self.kist("backup", self.source / "a.txt", "--files-from", self.home / "list", expect=2)
        self.kist("backup", self.source, "-0", expect=2)

    def test_ages(self):
        os.utime(self.source / "a.txt", (10**9, 10**9))
        os.utime(self.source / "a.o", (2 * 10**9, 2 * 10**9))
        self.assertNotIn("a.txt", self.selected("--newer-than", "30d"))
        self.assertIn("a.o", self.selected("--newer-than", "2001-09-10"))
        names = self.selected("--older-than", "2002-01-01")
        self.assertEqual([name for name in names if not (self.source / name).is_dir()], ["a.txt"])
        self.assertIn("docs/deep", names)
        self.kist("backup", self.source, "--older-than", "soon", expect=2)

    def test_folders_with_a_tag(self):
        (self.source / "build/.nobackup").touch()
        (self.source / "docs/deep/.skip").mkdir()
        names = self.selected("--exclude-if-present", ".nobackup", "--exclude-if-present", ".skip")
        self.assertEqual([name for name in names if name.startswith(("build/", "docs/deep/"))], ["build/.nobackup", "docs/deep/.skip"])
        self.kist("backup", self.source, "--exclude-if-present", "a/b", expect=2)

    def test_files_of_rules_that_cannot_be_read_are_named(self):
        (self.source / "docs/.kistignore").symlink_to("/etc/passwd")
        (self.source / "build/.kistignore").write_text("[open\n")
        result = self.kist("backup", self.source, expect=3)
        self.assertIn("docs/.kistignore", result.stderr)
        self.assertIn("build/.kistignore:1", result.stderr)

    def test_bad_rules_are_refused(self):
        for words in (["--exclude", "[a"], ["--filter", "x a"], ["--filter", "P a"], ["--max-size", "big"],
                      ["--exclude-from", self.home / "missing"]):
            self.kist("backup", self.source, *words, expect=None if "missing" in str(words[1]) else 2)
        self.assertEqual(self.snapshots(), [])

    def explain(self, path, *words):
        return self.json("explain", self.source / path, *words)[0]

    def test_explain(self):
        (self.source / "docs/.kistignore").write_text("# nothing\n/deep/\n")
        at = ["--source", self.source]
        self.assertEqual(self.explain("docs/deep/c.o", *at),
                         {"type": "explanation", "included": False, "path": str(self.source / "docs/deep/c.o"),
                          "decided_at": str(self.source / "docs/deep"), "rule": "- /deep/",
                          "origin": str(self.source / "docs/.kistignore") + ":2"})
        self.assertEqual(self.explain("a.o", *at, "--exclude", "*.o")["origin"], "--exclude")
        self.assertEqual(self.explain(".cache", *at)["origin"], "built in")
        self.assertTrue(self.explain("a.txt", *at)["included"])
        self.backup()
        self.assertTrue(self.explain("a.txt")["included"], "the volume knows its source")
        self.kist("explain", "/somewhere/else", expect=7)
        (self.home / "list").write_text("docs\n")
        (self.source / "build/.nobackup").touch()
        check_run(["mount", "-t", "proc", "proc", self.source / "build/keep"])
        try:
            for path, words, option, decided_at in [
                    ("docs/b.txt", ["--max-size", "3"], "--max-size", "docs/b.txt"), ("docs/b.txt", ["--min-size", "1M"], "--min-size", "docs/b.txt"),
                    ("a.o", ["--newer-than", "2100-01-01"], "--newer-than", "a.o"), ("a.o", ["--older-than", "1d"], "--older-than", "a.o"),
                    ("build/keep/stat", [], "a default", "build/keep"), ("build/keep/stat", ["-x"], "--one-file-system", "build/keep"),
                    ("build/x", ["--exclude-if-present", ".nobackup"], "--exclude-if-present .nobackup", "build"),
                    ("a.txt", ["--files-from", self.home / "list"], "--files-from", "a.txt")]:
                found = self.explain(path, *at, *words)
                self.assertEqual((found["included"], found.get("option"), found.get("decided_at")),
                                 (False, option, str(self.source / decided_at)), found)
                self.assertIn(option, self.kist("explain", self.source / path, *at, *words).stdout)
        finally:
            check_run(["umount", self.source / "build/keep"])
        self.assertTrue(self.explain("docs/b.txt", *at, "--files-from", self.home / "list")["included"])
        self.assertTrue(self.explain("build", *at, "--exclude-if-present", ".nobackup")["included"])
        self.assertIn("- .cache/", self.bare("explain").stdout)


if __name__ == "__main__":
    kist_driver.main()
