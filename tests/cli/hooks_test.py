"""Programs around a source's backup: what they are told, how they fail, when they run, and when they may not."""

import json
import os
import signal
import subprocess
import time

import kist_driver
from kist_driver import KIST, check_run, run

TELL = 'env | grep ^KIST_ | sort > {file}; . "$KIST_ENV"; printf %s "$KIST_PATH" > {file}.path'


class Hooks(kist_driver.Case):
    def setUp(self):
        super().setUp()
        (self.source / "file").write_text("content")
        self.config = self.home / "kist.toml"
        self.log = self.home / "log"
        self.prepare()

    def write(self, paths=None, **hooks):
        """hooks: a list of scripts for each key."""
        lines = [f'[volume.main]\npath = "{self.container}"\nkey-file = "key"\n[source.docs]\n']
        lines.append(f"paths = {json.dumps([str(path) for path in paths or [self.source]])}\n")
        for key, scripts in hooks.items():
            value = scripts if isinstance(scripts, str) else [["sh", "-c", script] for script in scripts]
            lines.append(f"{key.replace('_', '-')} = {json.dumps(value)}\n")
        self.config.write_text("".join(lines))

    def note(self, word):
        return f"echo {word} $KIST_RESULT >> {self.log}"

    def noted(self):
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return text.splitlines()

    def conf(self, *words, **options):
        return self.bare("--config", self.config, *words, **options)

    def told(self, file):
        return dict(line.split("=", 1) for line in file.read_text().splitlines() if line.startswith("KIST_"))

    def test_they_run_in_their_order_and_once_for_all_paths(self):
        other = self.home / "other's $place"
        other.mkdir()
        self.write([self.source, other], before=[self.note("one"), self.note("two")], after=[self.note("after")],
                   on_failure=[self.note("never")])
        self.conf("backup")
        self.assertEqual(self.noted(), ["one", "two", "after success"])
        self.assertEqual(len(self.snapshots()), 2)
        self.bare("--config", "/dev/null", "--volume", self.container, "--key-file", self.key, "backup", self.source)
        self.assertEqual(self.noted(), [], "not without the configuration")

    def test_what_they_are_told(self):
        odd = self.home / "it's\n$HOME \"odd\""
        odd.mkdir()
        self.config.write_text("")
        self.write([self.source], before=[TELL.format(file=self.home / "before")],
                   after=[TELL.format(file=self.home / "after")])
        text = self.config.read_text().replace(json.dumps(str(self.source)), json.dumps(str(odd)))
        self.config.write_text(text)
        self.conf("backup")
        before, after = self.told(self.home / "before"), self.told(self.home / "after")
        self.assertEqual((before["KIST_HOOK"], before["KIST_SOURCE"], before["KIST_VOLUME"], before["KIST_MOUNT"]),
                         ("before", "docs", "main", str(self.mount_point)))
        self.assertEqual((after["KIST_RESULT"], after["KIST_SNAPSHOT"], after["KIST_SKIPPED"], after["KIST_ERROR"]),
                         ("success", "1", "0", ""))
        self.assertEqual((self.home / "after.path").read_text(), str(odd), "quoted for a shell")
        self.assertFalse(os.path.exists(after["KIST_ENV"]), "the file is gone")

    def test_a_failing_before_keeps_the_backup_from_running(self):
        self.write(before=[self.note("one"), "echo the reason; echo more >&2; exit 3", self.note("two")],
                   after=[self.note("after")], on_failure=[self.note("failure")])
        result = self.conf("backup", expect=1)
        self.assertEqual(self.noted(), ["one", "after failed", "failure failed"])
        self.assertIn("docs: before sh ended with status 3", result.stderr)
        self.assertIn("It said:\n  the reason\n  more", result.stderr)
        self.assertEqual(self.snapshots(), [])

    def test_other_sources_go_on(self):
        second = self.home / "second"
        second.mkdir()
        self.write(before=["exit 1"])
        self.config.write_text(self.config.read_text() + f'[source.fine]\npaths = "{second}"\n')
        self.conf("backup", expect=1)
        self.assertEqual([line["source"] for line in self.json("list")], [str(second)])

    def test_a_failing_after_fails_the_source_whose_snapshot_stays(self):
        self.write(after=["exit 1", self.note("second")],
                   on_failure=[self.note("failure"), f'echo "$KIST_ERROR" >> {self.log}'])
        self.conf("backup", expect=1)
        self.assertEqual(self.noted(), ["second failed", "failure failed", "docs: after sh ended with status 1"])
        self.assertEqual(self.snapshots(), [1])

    def test_a_failing_backup_runs_after_and_on_failure(self):
        self.write([self.home / "missing"], after=[self.note("after")], on_failure=[self.note("failure")])
        self.conf("backup", expect=7)
        self.assertEqual(self.noted(), ["after failed", "failure failed"])

    def test_skipped_entries_are_incomplete_and_no_failure(self):
        (self.source / ".kistignore").write_text("[open\n")
        self.write(after=[self.note("after")], on_failure=[self.note("failure")])
        self.conf("backup", expect=3)
        self.assertEqual(self.noted(), ["after incomplete"])

    def test_time_is_limited_for_the_whole_group(self):
        pid = self.home / "pid"
        self.write(before=[f"(trap '' TERM; echo $$ > {pid}; exec sleep 1000) & wait"], hook_timeout="1s")
        result = self.conf("backup", expect=1)
        self.assertIn("took longer than 1 s and was ended", result.stderr)
        self.assertNotIn("sleep 1000", check_run(["ps", "-eo", "args"]))

    def test_output_is_bounded_and_shown_when_asked_for(self):
        self.write(before=["echo beginning; seq 200000; echo end"])
        self.assertNotIn("beginning", self.conf("backup").stderr)
        result = self.conf("-v", "backup")
        self.assertIn("  beginning\n", result.stderr)
        self.assertIn("  end\n", result.stderr)
        self.assertLess(len(result.stderr), 64 * 1024)
        lines = [json.loads(line) for line in self.conf("--json", "backup").stdout.splitlines()]
        self.assertEqual([line["type"] for line in lines], ["hook", "backup", "drill"])
        self.assertEqual((lines[0]["hook"], lines[0]["status"]), ("before", 0))

    def test_no_shell_unless_it_is_named(self):
        self.write(before=["true"])
        text = self.config.read_text()
        at = text.index("before")
        self.config.write_text(text[:at] + f'before = ["touch", "{self.home}/a b; touch {self.home}/c"]\n')
        self.conf("backup", expect=1)
        self.config.write_text(text[:at] + f'before = ["touch", "{self.home}/$(id) a; b"]\n')
        self.conf("backup")
        self.assertTrue((self.home / "$(id) a; b").exists())

    def test_an_interruption_ends_before_and_still_runs_after(self):
        self.write(before=[f"touch {self.home}/started; sleep 1000"], after=[self.note("after")])
        process = subprocess.Popen([KIST, "--config", self.config, "backup"], stderr=subprocess.PIPE)
        for _ in range(1000):
            if (self.home / "started").exists():
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.noted(), ["after interrupted"])
        self.assertEqual(self.snapshots(), [])

    def test_after_a_rescue_nothing_runs_before_somebody_agreed(self):
        self.write(before=[self.note("one")])
        key = f'passphrase-command = ["sh", "-c", "echo key >> {self.log}; cat {self.key}"]'
        self.config.write_text(self.config.read_text().replace('key-file = "key"', key))
        mark = self.home / "kist.toml.unconfirmed"
        mark.write_text("")
        result = self.conf("backup")
        self.assertIn("config confirm", result.stderr)
        self.assertEqual(self.snapshots(), [1], "the backup itself is made")
        self.conf("close")
        self.conf("list", expect=2)  # nobody to ask for the passphrase
        self.assertEqual(self.noted(), [])
        shown = self.conf("config", "confirm", expect=2).stdout
        self.assertIn("source docs, before: \"sh\"", shown)
        self.assertIn("volume main, passphrase-command: \"sh\"", shown)
        self.assertTrue(mark.exists())
        self.conf("config", "confirm", "--yes")
        self.conf("backup")
        self.assertEqual(self.noted(), ["key", "one"])

    def test_root_runs_only_what_is_roots(self):
        tool = self.home / "tool"
        tool.write_text(f"#!/bin/sh\ntouch {self.home}/ran\n")
        tool.chmod(0o777)
        self.write()
        self.config.write_text(self.config.read_text() + f'before = ["{tool}"]\n')
        self.assertIn("root does not trust", self.conf("config", "check", expect=2).stdout)
        self.assertIn("root does not trust", self.conf("backup", expect=2).stderr)
        self.assertFalse((self.home / "ran").exists())
        tool.chmod(0o755)
        self.conf("backup")
        self.assertTrue((self.home / "ran").exists())


if __name__ == "__main__":
    kist_driver.main()
