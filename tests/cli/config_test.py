"""The configuration: where it is read and whom it trusts, sources and volumes by name, retention, check and show."""

import json
import os
import pathlib
import shutil

import kist_driver
from kist_driver import KIST, LOW_COST, check_run, run

USER = 65534


class Configured(kist_driver.Case):
    def setUp(self):
        super().setUp()
        self.pictures = self.home / "pictures"
        for path in [self.source / "letter", self.source / "core.o", self.source / "cache/junk", self.pictures / "cat"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        self.config = self.home / "kist.toml"
        self.prepare()

    def tidy(self):
        super().tidy()
        run([KIST, "close", self.home / "second.kist"])

    def write(self, text=None, more=""):
        """text: instead of a volume and two sources."""
        self.config.write_text((text if text is not None else f"""
[defaults]
exclude = ["*.o"]

[volume.main]
path = "{self.container}"
key-file = "key"

[source.docs]
paths = ["{self.source}"]
exclude = ["/cache/"]
tags = ["work"]

[source.pics]
paths = "{self.pictures}"
""") + more)

    def conf(self, *words, **options):
        return self.bare("--config", self.config, *words, **options)

    def lines(self, *words, **options):
        return [json.loads(line) for line in self.conf("--json", *words, **options).stdout.splitlines()]

    def test_all_that_is_configured_is_backed_up_as_it_says(self):
        self.write()
        self.conf("close")
        self.conf("backup")  # opens the volume with the configured key, and closes it again
        sources = self.lines("source", "list")
        self.assertEqual([(one["name"], one["source"]) for one in sources],
                         [("pics", str(self.pictures)), ("docs", str(self.source))])
        self.assertEqual([one["path"] for one in self.lines("ls", "docs")], [str(self.source / "letter")])
        self.assertEqual([one["tags"] for one in self.lines("list")], [["work"], []])
        self.conf("restore", "pics", "--to", self.home / "back")
        self.assert_same(self.pictures, self.home / "back")

    def test_one_name_one_path_and_their_history(self):
        self.write()
        self.conf("backup", "docs")
        (self.source / "letter").write_text("second")
        self.conf("backup", self.source, "--exclude", "/nothing", "--tag", "extra")  # a configured path, by its path
        self.assertEqual([one["tags"] for one in self.lines("list")], [["work"], ["extra", "work"]])
        self.assertEqual([one["path"] for one in self.lines("ls", "docs")], [str(self.source / "letter")])
        self.assertEqual(self.conf("cat", f"docs:{self.source}/letter").stdout, "second")
        self.assertEqual(self.conf("cat", f"docs~1:{self.source}/letter").stdout, "letter")
        self.assertIn("Did you mean docs?", self.conf("backup", "dosc", expect=7).stderr)
        self.conf("ls", "pics", expect=2)  # no snapshot yet, so no name
        self.conf("--config", "/dev/null", "--volume", self.container, "backup", expect=2)

    def test_a_source_gets_its_new_name_with_the_next_backup(self):
        self.write()
        self.conf("backup", "docs")
        self.config.write_text(self.config.read_text().replace("source.docs", "source.papers"))
        self.conf("backup", "papers")
        self.assertEqual([one["name"] for one in self.lines("source", "list")], ["papers"])
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point)
        (self.mount_point / ".kist/catalog.sqlite").unlink()
        self.kist("rebuild")
        self.assertEqual([one["name"] for one in self.lines("source", "list")], ["papers"])

    def test_a_source_is_renamed_and_back(self):
        self.write()
        self.conf("backup")
        names = lambda: sorted(one["name"] for one in self.lines("source", "list"))
        result = self.conf("source", "rename", "docs", "papers")
        self.assertIn(f"The configuration calls it docs, and the next backup will again: change {self.config}",
                      result.stderr)
        self.assertEqual(names(), ["papers", "pics"])
        self.assertEqual([one["path"] for one in self.lines("ls", "papers")], [str(self.source / "letter")])
        self.conf("ls", "docs", expect=2)
        for wrong in ["pics", "2026-11-20", "today", "17"]:
            self.conf("source", "rename", "papers", wrong, expect=2)
        self.conf("source", "rename", "docs", "letters", expect=7)
        self.kist("close", self.container)
        self.kist("open", self.container, "--at", self.mount_point)
        (self.mount_point / ".kist/catalog.sqlite").unlink()
        self.kist("rebuild")
        self.assertEqual(names(), ["papers", "pics"])
        line = self.lines("source", "rename", self.source, "docs")[0]
        self.assertEqual((line["type"], line["source"], line["old_name"], line["name"]),
                         ("renamed", str(self.source), "papers", "docs"))
        self.assertEqual(names(), ["docs", "pics"])
        self.kist("check")

    def test_each_source_goes_to_its_volume(self):
        second = self.home / "second.kist"
        self.bare("--key-file", self.key, "prepare", second, "--size", "64M", "--label", "second", *LOW_COST)
        self.bare("close", second)
        pass_command = json.dumps(["cat", str(self.key)])
        self.write(more=f'volume = "other"\n[volume.other]\npath = "{second}"\npassphrase-command = {pass_command}\n')
        self.config.write_text(self.config.read_text().replace("[defaults]", '[defaults]\nvolume = "main"'))
        self.conf("backup")
        self.assertEqual([one["source"] for one in self.lines("list")], [str(self.source)])
        self.assertEqual([one["source"] for one in self.lines("--volume", "other", "list")], [str(self.pictures)])
        second.rename(self.home / "unplugged")
        result = self.conf("backup", expect=1)
        self.assertIn("second.kist", result.stderr)
        self.assertEqual(len(self.lines("list")), 2, "the other volume got its backup all the same")
        self.conf("--volume", "main", "backup", "pics")  # the option decides
        self.assertEqual(len(self.lines("list")), 3)

    def test_a_volume_goes_by_its_uuid(self):
        uuid = check_run(["cryptsetup", "luksUUID", self.container]).strip()
        self.write(f'[volume.stick]\nuuid = "{uuid}"\n[source.docs]\npaths = "{self.source}"\n')
        self.conf("backup")
        self.assertEqual(len(self.lines("list")), 1)
        self.conf("close")
        self.assertIn("not plugged in", self.conf("list", expect=7).stderr)

    def test_prune_keeps_what_each_source_is_to_keep(self):
        self.write(more="keep-last = 1\n")
        for day in range(1, 4):
            self.conf("backup", "--time", f"2026-11-0{day}")
        result = self.conf("prune")
        self.assertIn(f"{self.source}: the configuration has no keep-", result.stderr)
        left = [one["source"] for one in self.lines("list")]
        self.assertEqual((left.count(str(self.source)), left.count(str(self.pictures))), (3, 1))
        self.conf("prune", "--keep-last", "2")
        self.assertEqual(len(self.lines("list")), 3, "options count for all")

    def test_prune_goes_to_each_volume_and_judges_by_what_is_configured_for_it(self):
        second = self.home / "second.kist"
        self.bare("--key-file", self.key, "prepare", second, "--size", "64M", "--label", "second", *LOW_COST)
        self.write(f"""
[volume.main]
path = "{self.container}"
key-file = "key"
[volume.other]
path = "{second}"
key-file = "key"
[source.docs]
paths = "{self.source}"
volume = "main"
keep-last = 1
[source.again]
paths = "{self.source}"
volume = "other"
keep-last = 2
""")
        for day in range(1, 4):
            self.conf("backup", "--time", f"2026-11-0{day}")
        count = lambda: [len(self.lines("--volume", volume, "list")) for volume in ("main", "other")]
        self.assertEqual(count(), [3, 3])
        self.conf("prune", "--dry-run")
        self.assertEqual(count(), [3, 3])
        self.conf("close", "main")
        moved = self.container.rename(self.container.with_suffix(".unplugged"))
        self.conf("prune", expect=1)
        moved.rename(self.container)
        self.assertEqual(count(), [3, 2], "the other volume is pruned all the same")
        self.conf("prune")
        self.assertEqual(count(), [1, 2])

    def test_status_tells_what_is_configured_and_was_never_backed_up(self):
        self.write()
        self.conf("backup", "docs", "--no-drill")
        result = self.conf("status", expect=3)
        self.assertIn(f"{self.pictures} of [source.pics] was never backed up to this volume: kist backup pics",
                      result.stdout)
        line = self.lines("status", "main", expect=3)[0]
        self.assertEqual(line["never_backed_up"], [{"name": "pics", "source": str(self.pictures)}])
        self.conf("backup", "--no-drill")
        self.assertEqual(self.lines("status")[0]["never_backed_up"], [])
        self.write(more='volume = "other"\n[volume.other]\npath = "/nowhere"\n')
        self.conf("status", "main")
        self.write(more="volum = 1\n")
        self.assertIn("the configuration cannot be used", self.conf("status", expect=3).stdout)

    def test_explain_knows_the_line(self):
        self.write()
        result = self.lines("explain", self.source / "cache/junk")[0]
        self.assertEqual((result["included"], result["origin"]), (False, f"{self.config}:11"))
        self.assertEqual(self.lines("explain", self.pictures / "x.o")[0]["origin"], f"{self.config}:3")
        self.assertTrue(self.lines("explain", self.pictures / "cat", "--source", "pics")[0]["included"])

    def test_check_says_what_is_wrong_and_where(self):
        self.write(more='exlude = ["x"]\nfilter = ["nonsense"]\nkeep-within = "soon"\ntags = ["a b"]\n')
        at = str(self.config)
        result = self.conf("config", "check", expect=2)
        self.assertIn(f"{at}:16:1: unknown key exlude in [source.pics]\n  Did you mean exclude?", result.stdout)
        for words in [f"{at}:17: nonsense is no rule", f"{at}:18: keep-within soon", "a b cannot be a tag"]:
            self.assertIn(words, result.stdout)
        problems = self.lines("config", "check", expect=2)
        self.assertEqual({one["type"] for one in problems}, {"problem"})
        self.assertEqual((problems[0]["line"], problems[0]["column"]), (16, 1))
        result = self.conf("backup", expect=2)
        self.assertIn("unknown key exlude", result.stderr)
        self.assertEqual(self.snapshots(), [], "nothing was done")
        self.write("a = [")
        self.assertIn(f"{at}:1:", self.conf("config", "check", expect=2).stdout)
        self.config.unlink()
        self.conf("config", "check", expect=7)

    def test_show_is_a_configuration_that_means_the_same(self):
        self.write(more='max-size = "1G"\nkeep-daily = 7\nkeep-tag = "x"\none-file-system = true\n'
                        'filter = ["+ a\\"b\\\\n"]\n')
        self.conf("config", "check")
        shown = self.conf("config", "show").stdout
        before = [{**one, "origin": "", "rules": [rule["rule"] for rule in one.get("rules", [])]}
                  for one in self.lines("config", "show")]
        self.config.write_text(shown)
        after = [{**one, "origin": "", "rules": [rule["rule"] for rule in one.get("rules", [])]}
                 for one in self.lines("config", "show")]
        self.assertEqual(before, after)
        self.assertIn('[source."docs"]', shown)

    def test_root_believes_only_what_is_roots(self):
        self.write()
        self.conf("close")
        for change, back in [(["chown", str(USER)], ["chown", "0"]), (["chmod", "a+w"], ["chmod", "go-w"])]:
            for file in [self.config, self.key, self.home / "part.toml", self.home / "tool", self.home / "rules"]:
                with self.subTest(change=change, file=file.name):
                    (self.home / "part.toml").write_text("")
                    (self.home / "rules").write_text("*.tmp\n")
                    shutil.copy("/bin/cat", self.home / "tool")
                    self.write()
                    text = self.config.read_text().replace("[source.docs]", '[source.docs]\nexclude-from = "rules"')
                    if file.name == "tool":
                        text = text.replace('key-file = "key"',
                                            f'passphrase-command = ["{self.home}/tool", "{self.key}"]')
                    self.config.write_text('include = ["part.*"]\n' + text)
                    self.conf("list")
                    check_run([*change, file])
                    result = self.conf("config", "check", expect=2)
                    self.assertIn(f"root does not trust {file}", result.stdout + result.stderr)
                    self.conf("backup", expect=2)
                    check_run([*back, file])
                    self.conf("list")
        self.home.chmod(0o777)
        self.conf("list", expect=2)

    def test_its_usual_places(self):
        self.write()
        folder = pathlib.Path("/etc/kist")
        folder.mkdir(exist_ok=True)
        check_run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder])
        try:
            self.assertIn("Nothing is configured: there is no /etc/kist/kist.toml", self.bare("config", "check").stdout)
            self.config.write_text(self.config.read_text().replace('"key"', f'"{self.key}"'))
            shutil.copy(self.config, folder / "kist.toml")
            self.bare("backup", "docs")
            self.assertIn("2 sources; nothing is wrong", self.bare("config", "check").stdout)
        finally:
            check_run(["umount", folder])
        self.home.chmod(0o755)
        for parent in [self.home.parent, self.home.parent.parent]:
            parent.chmod(0o755)
        program = self.home / "kist"
        shutil.copy(KIST, program)
        for place in [".config/kist", "xdg/kist"]:
            (self.home / place).mkdir(parents=True)
        shutil.copy(self.config, self.home / ".config/kist/kist.toml")
        (self.home / "xdg/kist/kist.toml").write_text('[source.home]\npaths = "~/x"\n')
        as_user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "env", "-i"]
        result = run([*as_user, f"HOME={self.home}", program, "config", "show"])
        self.assertIn('[source."docs"]', result.stdout.decode())
        result = run([*as_user, f"HOME={self.home}", f"XDG_CONFIG_HOME={self.home}/xdg", program, "config", "show"])
        self.assertIn(f'paths = ["{self.home}/x"]', result.stdout.decode())


if __name__ == "__main__":
    kist_driver.main()
