"""POP3 maildrops as sources: what Dovecot has, by doveadm's own account, compared with what lies in latest/mail; and servers
that break the rules."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import dovecot_server
import kist_driver
from hostile_server import HostileServer
from kist_driver import Case, check_run

USER = "anna"
OTHER = "bert"
PASSWORD = "b4ttery staple"
LINE = b"A long line of a message that is long.\r\n"


def message(number, body=b"text\r\n"):
    return f"From: bert@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: number {number}\r\n\r\n".encode() + body


class Pop3Case(Case):
    scheme = "pop3s"

    def setUp(self):
        super().setUp()
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.prepare("96M")

    def files(self, root=None):
        """The bytes of all messages by unique id."""
        found = {}
        for file in ((root or self.mirror) / "cur").iterdir():
            found[os.getxattr(file, "user.kist.mail.uidl").decode()] = file.read_bytes()
        return found

    @property
    def mirror(self):
        return self.mount_point / "latest/mail" / self.account


class Maildrop(Pop3Case):
    def setUp(self):
        super().setUp()
        self.server = dovecot_server.DovecotServer({USER: PASSWORD, OTHER: PASSWORD})
        self.addCleanup(self.server.close)

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.ports[self.scheme]}"

    def access(self):
        return ["--password-file", self.password, "--ca-file", self.server.authority.certificate]

    def words(self):
        return ["backup", self.server.url(self.scheme, USER), *self.access(), "--no-drill"]

    def export(self, expect=0):
        return self.json(*self.words(), expect=expect)[0]

    def save(self, *numbers, body=b"text\r\n"):
        for number in numbers:
            self.server.save(USER, "INBOX", message(number, body))

    def held(self):
        output = self.server.doveadm("-f", "json", "fetch", "-u", USER, "text", "mailbox", "INBOX", "all")
        return sorted(entry["text"].encode() for entry in json.loads(output)) if output.strip() else []

    def assert_mirrors(self):
        held = [text.replace(b"\r\n", b"\n") for text in self.held()]
        self.assertEqual(held, sorted(text.replace(b"\r\n", b"\n") for text in self.files().values()))

    def test_only_what_is_new_is_fetched_and_what_is_deleted_is_history(self):
        self.save(1, 2, 3)
        self.save(4, body=b".\r\n..\r\n.hidden\r\n\xc3\xa4\r\n+OK\r\n")
        self.save(5, body=LINE * 30_000)
        self.server.save(USER, "INBOX", b"Received: by localhost; Fri, 21 Nov 1997 09:55:06 -0600\r\n" + message(50))
        first = self.export()
        self.assertEqual((first["files_read"], first["skipped"]), (6, 0))
        self.assertIn(880127706, [int(file.stat().st_mtime) for file in (self.mirror / "cur").iterdir()])
        self.assert_mirrors()
        second = self.export()
        self.assertEqual((second["files_read"], second["new"], second["changed"]), (0, 0, 0))
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "header", "Message-ID", "2@example.org")
        self.save(6)
        third = self.export()
        self.assertEqual((third["files_read"], third["deleted"]), (1, 1))
        self.assert_mirrors()
        names = self.kist("ls", f"1:/{self.account}/INBOX", "--mail").stdout.split()
        self.assertEqual(6, len(names))
        self.assertIn("number 2", "".join(self.kist("cat", f"1:/{self.account}/INBOX/{name}", "--mail").stdout for name in names[:4]))
        self.kist("check")
        reader = pathlib.Path(__file__).parents[1] / "format/reader.py"
        check_run([sys.executable, reader, self.mount_point, "3", self.home / "by-the-format"])
        self.assertEqual(self.files(self.home / "by-the-format"), self.files())
        self.kist("rebuild")
        self.assertEqual(self.export()["files_read"], 0)

    def test_nothing_is_deleted_on_the_server_and_commands_that_need_imap_say_so(self):
        self.save(1, 2)
        self.export()
        self.assertEqual(2, len(self.held()))
        counted = self.bare("--json", "mail", "count", self.server.url("pop3s", USER), *self.access()).stdout
        self.assertEqual(2, json.loads(counted.splitlines()[0])["messages"])
        self.assertIn("INBOX", self.bare("mail", "folders", self.server.url("pop3s", USER), *self.access()).stdout)
        result = self.bare("mail", "create", self.server.url("pop3s", USER), "x", *self.access(), expect=2)
        self.assertIn("needs IMAP", result.stderr)

    def archive(self, *words, expect=0, **options):
        return self.kist("mail", "archive", self.server.url(self.scheme, USER), "--older-than", "2020-01-01", *words, *self.access(),
                         expect=expect, **options)

    def test_old_messages_go_from_the_server_when_a_snapshot_holds_them(self):
        self.save(1)
        old = [f"Date: Fri, 21 Nov 1997 09:55:0{number} -0600\r\n".encode() + message(number) for number in (2, 3)]
        for text in old:
            self.server.save(USER, "INBOX", text)
        shown = self.archive("--dry-run")
        self.assertIn("number 2", shown.stderr)
        self.assertIn("2 messages of INBOX would go", shown.stdout)
        self.assertEqual(len(self.held()), 3)
        self.assertIn("no terminal", self.archive(expect=2, start_new_session=True).stderr)
        self.assertEqual(len(self.held()), 3)
        self.assertIn("INBOX: 2 messages removed", self.archive("INBOX", "--yes").stdout)
        self.assertEqual(len(self.held()), 1)
        self.assertEqual({text.replace(b"\r\n", b"\n") for text in old},
                         {text.replace(b"\r\n", b"\n") for text in self.files().values() if b"Date:" in text})
        self.assertIn("0 messages removed", self.archive("--yes").stdout)
        self.assertEqual(self.json("list")[0]["tags"], ["archive"])
        self.export()
        self.assert_mirrors()
        self.assertIn("no folders", self.archive("Sent", "--yes", expect=2).stderr)

    def test_it_goes_to_an_imap_server(self):
        self.save(1, 2, 3)
        self.export()
        self.json("mail", "restore", "latest", self.account, "--to", self.server.url("imaps", OTHER), "--yes", *self.access())
        self.assertEqual(3, self.server.count(OTHER, "INBOX"))

    def test_in_plain_text_only_where_it_is_said(self):
        self.save(1)
        self.scheme = "pop3"
        self.export()  # by STLS
        self.assert_mirrors()
        with HostileServer(ScriptedPop3({}, answers={"STLS": ["-ERR never heard of it"]})) as server:
            self.kist("backup", f"pop3://{USER}@localhost:{server.port}", "--password-file", self.password, expect=1)
        self.assertNotIn(PASSWORD.encode(), server.heard)

    def test_a_wrong_password(self):
        self.password.write_text("no\n")
        self.assertIn("refuses the login", self.kist(*self.words(), expect=5).stderr)
        self.assertEqual(self.snapshots(), [])

    def until_staged(self, process, count):
        staging = self.mount_point / ".kist/staging/in"
        deadline = time.monotonic() + kist_driver.PATIENCE
        while len(list(staging.glob("*/cur/*"))) < count and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)

    def begin(self):
        return subprocess.Popen([kist_driver.KIST, "--volume", self.container, "--key-file", self.key, "--json", *self.words()],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_a_server_that_is_killed_in_mid_transfer(self):
        self.save(*range(30), body=LINE * 8000)
        process = self.begin()
        self.until_staged(process, 3)
        self.server.stop()
        time.sleep(0.2)
        self.server.start()
        output, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(json.loads(output)["files_read"], 30)
        self.assert_mirrors()

    def test_what_an_interrupted_run_has_fetched_even_if_other_messages_are_gone_since(self):
        self.save(*range(30), body=LINE * 8000)
        process = self.begin()
        self.until_staged(process, 5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 130, errors)
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "header", "Message-ID", "<0@example.org>")
        result = self.export()
        self.assertGreaterEqual(result["files_taken_over"], 4)
        self.assertEqual(result["files_read"] + result["files_taken_over"], 29)
        self.assert_mirrors()


class ScriptedPop3:
    """A small server without encryption. messages: bytes by unique id; `answers` may hold another answer to a command."""

    def __init__(self, messages, capabilities=("USER", "UIDL", "PIPELINING"), answers=None):
        self.messages = messages
        self.capabilities = capabilities
        self.answers = answers or {}
        self.commands = collections.Counter()
        self.most_waiting = 0

    def __call__(self, peer):
        peer.say("+OK ready")
        ids = list(self.messages)
        while line := peer.hear():
            self.commands[line.split()[0]] += 1
            if line in self.answers:
                if self.answers[line] is None:
                    return
                peer.say(*self.answers[line])
            elif line == "CAPA":
                peer.say("+OK", *self.capabilities, ".")
            elif line == "UIDL":
                peer.say("+OK", *(f"{n} {name}" for n, name in enumerate(ids, 1)), ".")
            elif line.startswith("RETR "):
                text = self.messages[ids[int(line[5:]) - 1]]
                peer.say("+OK", text.replace(b"\n.", b"\n..") + b".\r\n")
            elif line == "QUIT":
                peer.say("+OK bye")
                return
            else:
                peer.say("+OK")


class Hostile(Pop3Case):
    def back_up(self, script, expect=0, errors=()):
        with HostileServer(script) as server:
            self.account_ = f"{USER}@localhost:{server.port}"
            result = self.kist("--json", "backup", f"pop3://{self.account_}", "--insecure", "--password-file", self.password,
                               "--no-drill", expect=expect)
        for text in errors:
            self.assertIn(text, result.stderr)
        return json.loads(result.stdout.splitlines()[0]) if result.stdout else None

    @property
    def account(self):
        return self.account_

    def messages(self, count):
        return {f"id-{n}": message(n) for n in range(count)}

    def test_without_pipelining_one_after_the_other(self):
        script = ScriptedPop3(self.messages(5), capabilities=("USER", "UIDL"))
        self.assertEqual(self.back_up(script)["files_read"], 5)
        self.assertEqual(self.files(), script.messages)

    def test_without_unique_ids_nothing_can_be_known(self):
        self.back_up(ScriptedPop3({}, answers={"UIDL": ["-ERR what?"]}), expect=2, errors=["unique ids"])

    def test_a_message_that_is_refused_is_skipped_and_tried_again(self):
        script = ScriptedPop3(self.messages(5), answers={"RETR 2": ["-ERR it is rotten\x1b[31m"]})
        result = self.back_up(script, expect=3, errors=["id-1", "it is rotten"])
        self.assertEqual((result["files_read"], result["skipped"]), (4, 1))
        self.assertEqual(set(self.files()), {"id-0", "id-2", "id-3", "id-4"})

    def test_copies_with_one_id_are_one_message(self):
        script = ScriptedPop3(self.messages(2), answers={"UIDL": ["+OK", "1 id-0", "2 id-0", "."]})
        self.assertEqual(self.back_up(script)["files_read"], 1)

    def test_an_empty_maildrop_and_an_empty_message(self):
        self.assertEqual(self.back_up(ScriptedPop3({}))["files_read"], 0)
        self.assertEqual(self.back_up(ScriptedPop3({"only": b""}))["files_read"], 1)
        self.assertEqual(self.files(), {"only": b""})

    def test_a_server_that_hangs_up_in_a_message_again_and_again(self):
        script = ScriptedPop3(self.messages(3), answers={"RETR 3": None})
        self.back_up(script, expect=1, errors=["are kept"])
        self.assertEqual(self.snapshots(), [])
        self.kist("check")

    def old_messages(self, count):
        return {name: b"Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n" + text for name, text in self.messages(count).items()}

    def archive(self, script, expect, *errors):
        with HostileServer(script) as server:
            self.account_ = f"{USER}@localhost:{server.port}"
            result = self.kist("mail", "archive", f"pop3://{self.account_}", "--insecure", "--password-file", self.password,
                               "--older-than", "2020-01-01", "--yes", expect=expect)
        for text in errors:
            self.assertIn(text, result.stderr)
        return script.commands["DELE"]

    def test_nothing_goes_that_is_not_what_was_backed_up(self):
        class Changing(ScriptedPop3):
            """In the second session one message has other bytes."""

            def __call__(self, peer):
                super().__call__(peer)
                self.messages = {**self.messages, "id-1": message(77)}

        self.assertEqual(self.archive(Changing(self.old_messages(3)), 1, "1 of 3 messages", "id-1", "not what was backed up"), 0)

    def test_nothing_goes_whose_id_is_not_its_own(self):
        script = ScriptedPop3(self.old_messages(3), answers={"UIDL": ["+OK", "1 id-0", "2 id-0", "3 id-2", "."]})
        self.assertEqual(self.archive(script, 1, "id-0", "several messages have its unique id"), 0)

    def test_what_the_server_does_not_remove_is_said(self):
        script = ScriptedPop3(self.old_messages(3), answers={"DELE 2": ["-ERR keep it"]})
        self.assertEqual(self.archive(script, 3, "1 messages are still there"), 3)

    def test_a_connection_that_breaks_before_the_end_removes_nothing(self):
        script = ScriptedPop3(self.old_messages(3), answers={"DELE 2": None})
        self.assertEqual(self.archive(script, 1, "removes nothing then"), 2)

    def test_a_server_that_does_not_confirm_the_end(self):
        class Silent(ScriptedPop3):
            def __call__(self, peer):
                if self.commands["QUIT"] > 0:
                    self.answers = {"QUIT": ["-ERR some are locked"]}
                super().__call__(peer)

        self.archive(Silent(self.old_messages(2)), 1, "does not confirm", "some are locked")

    def test_lists_that_make_no_sense(self):
        for lines in (["1"], ["x y"], ["0 id"], ["1 " + "x" * 71], ["1 " + "x" * 20_000]):
            with self.subTest(lines=lines[0][:20]):
                self.back_up(ScriptedPop3({}, answers={"UIDL": ["+OK", *lines, "."]}), expect=1)
        self.assertEqual(self.snapshots(), [])


if __name__ == "__main__":
    kist_driver.main()
