"""Output on a terminal: through a pager, in colours and columns; and as it is everywhere else."""

import os

import kist_driver
from kist_driver import KIST, Case
from terminal import Terminal

NAMES = [f"name{number:03}" for number in range(60)]


class Paging(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        for name in NAMES:
            (self.source / name).write_text(name)
        (self.source / "folder").mkdir()
        self.kist("backup", self.source)

    def on_terminal(self, *words, **variables):
        """What stands on the terminal, line by line."""
        variables = {"TERM": "xterm", "NO_COLOR": "", "KIST_PAGER": "", **variables}
        argv = ["env", *[f"{name}={value}" for name, value in variables.items()], KIST, "--volume", self.container, *words]
        terminal = Terminal(argv, [])
        self.assertEqual(terminal.code, 0, terminal.shown)
        return terminal.shown.replace("\r\n", "\n").splitlines()

    def test_the_pager_is_started_without_a_shell(self):
        shown = self.on_terminal("ls", "-R", "latest", KIST_PAGER="sed 's/^/$HOME; /'")
        self.assertEqual(shown, ["$HOME; \x1b[1;34mfolder/\x1b[m", *[f"$HOME; {name}" for name in NAMES]])
        self.assertEqual(self.on_terminal("ls", "-R", "latest", KIST_PAGER="sed s/^/a/", PAGER="sed s/^/b/")[1], "a" + NAMES[0])
        self.assertEqual(self.on_terminal("--no-pager", "ls", "-R", "latest", KIST_PAGER="sed s/^/a/")[1], NAMES[0])
        self.assertEqual(self.on_terminal("cat", f"latest:{self.source}/{NAMES[0]}", KIST_PAGER="sed s/^/paged/"), [NAMES[0]])
        for none in ["", "cat", "no-such-program-anywhere"]:
            self.assertEqual(self.on_terminal("ls", "-R", "latest", KIST_PAGER=none)[1:], NAMES)
        self.assertEqual(self.kist("ls", "-R", "latest").stdout.splitlines()[1:], NAMES)

    def test_less_and_a_pager_that_is_left(self):
        os.environ.pop("PAGER", None)
        argv = ["env", "-u", "KIST_PAGER", "TERM=xterm", KIST, "--volume", self.container, "list"]
        terminal = Terminal(argv, [])  # less -F: it fits
        self.assertEqual(terminal.code, 0)
        self.assertIn("SOURCE", terminal.shown)
        (self.source / "many").mkdir()
        for number in range(3000):
            (self.source / f"many/{number:0200}").touch()
        self.kist("backup", self.source)
        for pager in ["true", "head -n 1"]:
            shown = self.on_terminal("ls", "-lR", "latest", KIST_PAGER=pager)
            self.assertNotIn("kist", " ".join(shown))
            self.assertEqual(len(shown), 0 if pager == "true" else 1)

    def test_colours(self):
        self.assertIn("\x1b[1;34mfolder/\x1b[m", self.on_terminal("ls", "-1", "latest")[0])
        for plain in [self.on_terminal("ls", "-1", "latest", NO_COLOR="1"), self.on_terminal("ls", "-1", "latest", TERM="dumb"),
                      self.on_terminal("--color", "never", "ls", "-1", "latest"), self.kist("ls", "latest").stdout.splitlines()]:
            self.assertEqual(plain, ["folder/", *NAMES])
        self.assertIn("\x1b[1;34mfolder/\x1b[m", self.kist("ls", "latest", "--color=always").stdout)
        self.assertIn("auto, always or never", self.kist("--color", "maybe", "list", expect=2).stderr)
        (self.source / "new").write_text("a\x1b[2Jb\n")
        (self.source / NAMES[0]).unlink()
        shown = self.on_terminal("diff", "latest")
        self.assertIn(f"\x1b[31mD  {self.source}/{NAMES[0]}\x1b[m", shown)
        self.assertIn(f"\x1b[32mA  {self.source}/new\x1b[m", shown)
        self.assertIn("\x1b[32m+a\\x1b[2Jb\x1b[m", self.on_terminal("diff", "-u", "latest"))
        self.assertIn("+a\x1b[2Jb\n", self.kist("diff", "-u", "latest").stdout)

    def test_columns_and_nul(self):
        shown = self.on_terminal("--color=never", "ls", "latest")
        self.assertEqual(len(shown), 7)  # 80 wide: nine columns of seven letters
        self.assertEqual(shown[0].split(), ["folder/", *[NAMES[at] for at in range(6, 60, 7)]])
        self.assertEqual(len({line.index(line.split()[1]) for line in shown}), 1)
        self.assertEqual(self.on_terminal("--color=never", "ls", "-1", "latest"), ["folder/", *NAMES])
        (self.source / "line\nbreak").touch()
        self.kist("backup", self.source)
        self.assertEqual(self.kist("ls", "-0", "latest").stdout, "\0".join(["folder", "line\nbreak", *NAMES, ""]))


if __name__ == "__main__":
    kist_driver.main()
