"""Mail about backups, checks and what is forgotten: what aiosmtpd gets, as Python's email module reads it."""

import email
import email.policy
import json
import pathlib
import re

import certificates
import kist_driver
import smtp_server
from hostile_server import HostileServer
from kist_driver import Case, rot
from terminal import Terminal

USER = "anna@example.org"
PASSWORD = "b4ttery staple"


class Notifications(Case):
    def setUp(self):
        super().setUp()
        if not smtp_server.is_available():
            self.skipTest("needs python3-aiosmtpd")
        self.authority = certificates.Authority(self.home / "tls")
        self.server = smtp_server.SmtpServer(self.authority.issue("localhost"), USER, PASSWORD)
        self.addCleanup(self.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.name = f"source-{self.server.ports['smtps']}"  # what is remembered of it is remembered by this name
        self.memory = pathlib.Path("/var/lib/kist/sources") / self.name
        self.addCleanup(self.memory.unlink, missing_ok=True)
        self.configuration = self.home / "kist.toml"
        self.documents = self.home / "documents"
        self.documents.mkdir()
        (self.documents / "letter").write_text("dear bert\n")

    def close(self):
        if self.server is not None:
            rest = self.server.close()
            self.server = None
            return rest

    def configure(self, settings="", server=None, hook=""):
        server = server or f'server = "{self.server.url("smtps", USER)}"\npassword-file = "{self.password}"'
        self.configuration.write_text(
            f'[notify]\n{server}\nca-file = "{self.authority.certificate}"\nto = ["{USER}", "bert@example.org"]\n{settings}\n'
            f'[source.{self.name}]\npaths = ["{self.documents}"]\n{hook}\n')

    def rot_the_letter(self):
        rot(next((self.mount_point / "latest/files").iterdir()) / str(self.documents)[1:] / "letter", offset=3)

    def with_configuration(self, *words, **options):
        return self.kist("--config", self.configuration, *words, **options)

    def without_volume(self, *words, **options):
        return self.bare("--config", self.configuration, "--volume", "/nowhere.kist", *words, **options)

    def mail(self):
        taken = self.server.next_mail()
        message = email.message_from_string(taken["content"], policy=email.policy.default)
        self.assertEqual(taken["to"], [USER, "bert@example.org"])
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        return message["Subject"], message.get_content().replace("\r\n", "\n")

    def test_a_test_mail_by_tls_and_by_starttls(self):
        for scheme in ("smtps", "smtp"):
            self.configure(server=f'server = "{self.server.url(scheme, USER)}"\npassword-command = ["cat", "{self.password}"]')
            self.bare("--config", self.configuration, "config", "check")
            self.bare("--config", self.configuration, "notify", "test")
            subject, _ = self.mail()
            self.assertRegex(subject, "^Kist on .*: notifications work$")

    def test_a_failure_is_told_and_a_success_only_on_request(self):
        self.prepare()
        self.configure()
        self.with_configuration("backup", "--no-drill")
        self.configure(hook='before = ["false"]')
        self.with_configuration("backup", "--no-drill", expect=1)
        subject, text = self.mail()
        self.assertTrue(subject.endswith(f"the backup of {self.name} FAILED"), subject)
        self.assertIn("before false ended with status 1", text)
        self.configure('on = ["success"]')
        self.with_configuration("backup", "--no-drill")
        self.assertTrue(self.mail()[0].endswith("the backup is done"))
        self.assertEqual(self.close(), [])  # nothing of the first one

    def test_what_was_skipped(self):
        self.prepare()
        self.configure('on = ["failure", "skipped"]')
        self.documents.joinpath("ü\n\x1b[31m").mkdir()
        (self.documents / "ü\n\x1b[31m/.kistignore").write_text("[open\n")
        self.with_configuration("backup", "--no-drill", expect=3)
        subject, text = self.mail()
        self.assertTrue(subject.endswith("not complete"), subject)
        self.assertIn("not complete; skipped: 1", text)
        self.assertIn(r"ü\x0a\x1b[31m/.kistignore", text)

    def test_a_disk_that_is_not_there(self):
        self.configure()
        self.bare("--config", self.configuration, "--volume", "/nowhere.kist", "backup", expect=7)
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the backup FAILED"), subject)
        self.assertIn("nowhere", text)

    def test_mail_that_cannot_be_sent_changes_nothing_else(self):
        self.prepare()
        wrong = self.home / "wrong"
        wrong.write_text("no\n")
        self.configure('on = ["success"]', server=f'server = "{self.server.url("smtps", USER)}"\npassword-file = "{wrong}"')
        result = self.with_configuration("backup", "--no-drill")
        self.assertIn("no mail about it could be sent", result.stderr)
        self.assertNotIn("no\n", result.stderr.replace("could be sent", ""))
        self.bare("--config", self.configuration, "notify", "test", expect=5)
        with HostileServer(lambda peer: peer.say("220 hello", "250-x", "250 y", "550 go away", "550 go away")) as server:
            self.configure(server=f'server = "smtp://localhost:{server.port}"')
            self.bare("--config", self.configuration, "notify", "test", expect=1)  # no STARTTLS

    def test_a_refused_recipient(self):
        self.configure('from = "kist@example.org"')
        self.configuration.write_text(self.configuration.read_text().replace("bert@example.org", "bert@refused.example"))
        result = self.bare("--config", self.configuration, "notify", "test", expect=1)
        self.assertIn("bert@refused.example", result.stderr)

    def test_what_is_wrong_in_the_configuration_is_said(self):
        for settings, complaint in (('from = "x y@z"', "no mail address"), ('on = ["sucess"]', "on cannot be"),
                                    ("overdue-days = 100000", "overdue-days"), ("nonsense = 1", "unknown key")):
            self.configure(settings)
            self.assertIn(complaint, self.bare("--config", self.configuration, "config", "check", expect=2).stdout)
        self.configure(server=f'server = "{self.server.url("smtps", USER)}"')
        self.assertIn("no password", self.bare("--config", self.configuration, "config", "check", expect=2).stdout)
        self.configuration.write_text("")
        self.bare("--config", self.configuration, "notify", "test", expect=7)

    def test_damage_that_a_check_finds(self):
        self.prepare()
        self.configure()
        self.with_configuration("backup", "--no-drill")
        for words in (["check"], ["check", "--drill"]):
            self.with_configuration(*words)
        self.rot_the_letter()
        for words in (["check"], ["--json", "check"], ["check", "--drill"]):
            self.with_configuration(*words, expect=4)
            subject, text = self.mail()
            self.assertTrue(subject.endswith(f"the check found DAMAGE in {self.container}"), subject)
            self.assertIn(f"{self.container}: damage was found: 1\n", text)
            self.assertIn(f"1:{self.documents}/letter", text)
            self.assertIn("`kist repair`", text)
        self.configure('on = ["success"]')
        self.with_configuration("check", expect=4)
        self.with_configuration("repair")
        self.with_configuration("check")
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the check is done"), subject)
        self.assertIn("all is well.", text)
        self.assertEqual(self.close(), [])

    def test_damage_that_a_backup_finds(self):
        self.prepare()
        self.configure()
        self.with_configuration("backup", "--no-drill")
        self.rot_the_letter()
        self.with_configuration("backup", expect=3)
        subject, text = self.mail()
        self.assertTrue(subject.endswith(f"the backup found DAMAGE in {self.container}"), subject)
        self.assertRegex(text, f"cannot be restored: [12]:{re.escape(str(self.documents))}/letter")  # it is in both
        (self.documents / "letter").write_text("dear carl\n")
        self.with_configuration("backup", expect=3)
        subject, text = self.mail()
        self.assertTrue(subject.endswith(f"the backup found DAMAGE in {self.name}"), subject)
        self.assertIn("an older version was damaged and is lost: latest/", text)
        self.assertEqual(self.close(), [])

    def test_a_check_that_does_not_take_place(self):
        self.configure()
        self.without_volume("check", "--sample", "0%", expect=2)
        self.without_volume("check", expect=7)
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the check of /nowhere.kist FAILED"), subject)
        self.assertIn("no volume /nowhere.kist", text)
        self.assertIn("kist check", text)
        self.assertEqual(self.close(), [])

    def test_prune(self):
        self.prepare()
        self.configure('on = ["failure", "success"]')
        self.with_configuration("backup", "--no-drill")
        self.with_configuration("backup", "--no-drill")
        for _ in range(2):
            self.assertTrue(self.mail()[0].endswith("the backup is done"))
        for run in (self.with_configuration, self.without_volume):
            run("prune", "--keep-last", "1", "--dry-run", expect=None)
            run("prune", "--keep-last", "x", expect=2)
        self.with_configuration("prune", "--keep-last", "1")
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the pruning is done"), subject)
        self.assertRegex(text, f"{self.container}: done\n  Forgot 1 snapshot ")
        self.without_volume("prune", "--keep-last", "1", expect=7)
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the pruning of /nowhere.kist FAILED"), subject)
        self.assertIn("kist prune", text)
        self.assertEqual(self.close(), [])

    def test_prune_of_several_volumes_tells_which_one_failed(self):
        self.prepare()
        self.configure(hook=f"""volume = "stick"
            keep-last = 1
            [source.other]
            paths = ["{self.source}"]
            volume = "shelf"
            keep-last = 1
            [volume.stick]
            path = "{self.container}"
            key-file = "{self.key}"
            [volume.shelf]
            path = "/nowhere.kist"
            """)
        self.bare("--config", self.configuration, "backup", self.name, "--no-drill")
        self.bare("--config", self.configuration, "prune", expect=1)
        subject, text = self.mail()
        self.assertTrue(subject.endswith("the pruning of shelf FAILED"), subject)
        self.assertRegex(text, "shelf: FAILED\n.*nowhere")
        self.assertIn("stick: done\n", text)
        self.assertEqual(self.close(), [])

    def test_forget(self):
        self.prepare()
        self.configure()
        for _ in range(3):
            self.with_configuration("backup", "--no-drill")
        self.with_configuration("forget", "99", "--yes", expect=7)
        subject, text = self.mail()
        self.assertTrue(subject.endswith(f"forgetting snapshots of {self.container} FAILED"), subject)
        self.assertIn("99", text)
        self.with_configuration("forget", "--path", "*.iso", "--yes", expect=7)
        self.assertIn("*.iso", self.mail()[1])
        self.configure('on = ["failure", "success"]')
        self.with_configuration("forget", "99", "--dry-run", expect=7)
        self.with_configuration("forget", "2", "--dry-run")
        self.with_configuration("forget", "2", expect=2)  # there is nobody to ask
        self.with_configuration("forget", "1", "2", "3", "--yes", expect=2)
        declined = Terminal([kist_driver.KIST, "--config", self.configuration, "--volume", self.container, "forget", "2"],
                            [("for good?", "n")])
        self.assertEqual(declined.code, 130, declined.shown)
        self.with_configuration("forget", "2", "--yes")
        self.assertRegex(self.mail()[1], r"Forgot 1 snapshot \(2 of ")
        self.assertEqual(self.close(), [])

    def test_what_forget_finds_lost(self):
        self.prepare()
        self.configure()
        for text in ("dear bert\n", "", "dear bert\n"):  # what snapshot 1 holds stands in latest/ with snapshot 3
            (self.documents / "letter").write_text(text)
            self.with_configuration("backup", "--no-drill")
        self.rot_the_letter()
        self.with_configuration("forget", "3", "--yes", expect=3)
        subject, text = self.mail()
        self.assertTrue(subject.endswith(f"forgetting snapshots found DAMAGE in {self.container}"), subject)
        self.assertRegex(text, "an older version was lost: .*letter is damaged")
        self.assertEqual(self.close(), [])

    def test_mail_that_cannot_be_sent_changes_no_check(self):
        self.prepare()
        self.configure('on = ["failure", "success"]', server='server = "smtp://localhost:1"')
        self.backup(self.documents)
        self.assertIn("no mail about it could be sent", self.with_configuration("check").stderr)
        self.rot_the_letter()
        self.assertIn("no mail about it could be sent", self.with_configuration("check", expect=4).stderr)
        self.configuration.write_text("nonsense = 1\n")
        self.assertIn("no mail about it could be sent", self.with_configuration("check", expect=4).stderr)

    def test_overdue_once_a_day(self):
        self.prepare()
        self.configure("overdue-days = 3")
        overdue = lambda expect: self.bare("--config", self.configuration, "--json", "notify", "overdue", expect=expect).stdout
        self.assertEqual(overdue(0), "")
        self.memory.write_text("first-seen 2026-01-01T00:00:00Z\n")
        self.assertTrue(json.loads(overdue(3))["mail_sent"])
        subject, text = self.mail()
        self.assertIn("is overdue", subject)
        self.assertIn("never", text)
        self.assertFalse(json.loads(overdue(3))["mail_sent"])
        self.memory.write_text("first-seen 2026-01-01T00:00:00Z\nbacked-up 2026-02-01T00:00:00Z\ntold 2026-03-01T00:00:00Z\n")
        self.assertEqual(json.loads(overdue(3))["last"], "2026-02-01T00:00:00Z")
        self.assertIn("last on 2026-02-01", self.mail()[1])
        self.with_configuration("backup", "--no-drill")
        self.assertEqual(overdue(0), "")
        self.assertEqual(self.close(), [])


if __name__ == "__main__":
    kist_driver.main()
