"""Rules, defaults and boundaries of what is backed up; rsync says what the same rules select."""

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
        self.assertIn("- .cache/", self.bare("explain").stdout)


if __name__ == "__main__":
    kist_driver.main()
