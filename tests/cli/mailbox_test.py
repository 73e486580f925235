"""Mailboxes as sources: what Dovecot has, by doveadm's own account, compared with what lies in latest/mail, and with what
is restored."""

import email.utils
import json
import mailbox
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import dovecot_server
import kist_driver
import sandbox
from kist_driver import Case, check_run

USER = "anna"
PASSWORD = "b4ttery staple"
FOLDERS = ["Archive/2024", "Entwürfe & mehr", "Lists/kist"]
LETTERS = {"\\Draft": "D", "\\Flagged": "F", "$Forwarded": "P", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}


def message(number, body=b"text"):
    return (f"From: bert@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: number {number}\r\n"
            f"Date: {email.utils.formatdate(1700000000 + number)}\r\n\r\n").encode() + body + b"\r\n"


class MailCase(Case):
    more = ""

    def setUp(self):
        super().setUp()
        self.server = dovecot_server.DovecotServer({USER: PASSWORD}, more=self.more)
        self.addCleanup(self.server.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.next = 0
        self.prepare("96M")

    def save(self, folder, count=1, body=b"text"):
        for _ in range(count):
            self.next += 1
            self.server.save(USER, folder, message(self.next, body))

    def access(self):
        return ["--password-file", self.password, "--ca-file", self.server.authority.certificate]

    def export(self, *words, **options):
        lines = self.json("backup", self.server.url("imaps", USER), *self.access(), "--no-drill", *words, **options)
        return lines[0] if lines else None

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.ports['imaps']}"

    @property
    def mirror(self):
        return self.mount_point / "latest/mail" / self.account

    def doveadm_fetch(self, fields):
        """By folder and UID, what doveadm says of every message."""
        found = {}
        for folder in self.server.doveadm("mailbox", "list", "-u", USER).splitlines():
            output = self.server.doveadm("-f", "json", "fetch", "-u", USER, fields, "mailbox", folder, "ALL")
            for entry in json.loads(output) if output.strip() else []:
                found[folder, int(entry["uid"])] = entry
        return found

    def expected(self):
        """(bytes, letters, keywords, date) by folder and UID, from Dovecot."""
        result = {}
        for key, entry in self.doveadm_fetch("uid flags text date.received.unixtime").items():
            flags = set(entry["flags"].split()) - {"\\Recent"}
            letters = "".join(sorted(LETTERS[flag] for flag in flags if flag in LETTERS))
            keywords = " ".join(sorted(flag for flag in flags if flag not in LETTERS))
            result[key] = (entry["text"].replace("\r\n", "\n"), letters, keywords, int(entry["date.received.unixtime"]))
        return result

    def found(self, root):
        result = {}
        names = {None: "INBOX"}
        for directory in [root, *root.glob(".*")]:
            if not (directory / "cur").is_dir():
                continue
            folder = os.fsdecode(os.getxattr(directory, "user.kist.mail.folder"))
            name = folder.replace("Entw&APw-rfe &- mehr", "Entwürfe & mehr")
            self.assertEqual([], list((directory / "new").iterdir()) + list((directory / "tmp").iterdir()))
            for file in (directory / "cur").iterdir():
                uid, letters = re.fullmatch(r"\d+\.\d+\.kist,U=(\d+):2,(\w*)", file.name).groups()
                try:
                    keywords = os.getxattr(file, "user.kist.mail.keywords").decode()
                except OSError:
                    keywords = ""
                text = file.read_bytes().decode()
                self.assertIn("\r\n", text)
                result[name, int(uid)] = (text.replace("\r\n", "\n"), letters, keywords, int(file.stat().st_mtime))
        return result

    def assert_mirrors(self):
        expected = self.expected()
        self.assertEqual(self.found(self.mirror), expected)
        target = self.home / "restored"
        self.kist("restore", f"latest:/{self.account}", "--mail", "--to", target)
        self.assertEqual(self.found(target), expected)
        check_run(["rm", "-r", target])
        return expected


class Mailboxes(MailCase):
    def fill(self):
        for folder in FOLDERS:
            self.server.create(USER, folder)
            self.save(folder, 3)
        self.save("INBOX", 5)

    def test_everything_is_there_and_only_changes_are_fetched(self):
        self.fill()
        self.save("INBOX", 1, b"A " * 700_000)
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen \\Flagged $Important", "mailbox", "INBOX", "uid", "2")
        first = self.export()
        self.assertEqual((first["files_read"], first["skipped"]), (15, 0))
        self.assert_mirrors()
        second = self.export()
        self.assertEqual((second["files_read"], second["new"], second["changed"], second["renamed"]), (0, 0, 0, 0))
        self.server.doveadm("flags", "add", "-u", USER, "\\Answered", "mailbox", "INBOX", "uid", "2")
        self.server.doveadm("flags", "add", "-u", USER, "$Later", "mailbox", "INBOX", "uid", "3")
        self.server.doveadm("flags", "remove", "-u", USER, "$Important", "mailbox", "INBOX", "uid", "2")
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1")
        self.server.doveadm("expunge", "-u", USER, "mailbox", FOLDERS[0], "all")
        self.save(FOLDERS[1])
        third = self.export()
        self.assertEqual((third["files_read"], third["renamed"], third["skipped"]), (1, 1, 0))
        self.assert_mirrors()
        # What is deleted on the server is history.
        self.assertIn("number 10", self.kist("cat", f"1:/{self.account}/INBOX/{self.name_in(1, 'INBOX', 1)}", "--mail").stdout)
        self.kist("check")
        reader = pathlib.Path(__file__).parents[1] / "format/reader.py"
        check_run([sys.executable, reader, self.mount_point, "3", self.home / "by-the-format"])
        self.assertEqual(self.found(self.home / "by-the-format"), self.expected())
        self.kist("rebuild")
        self.assertEqual(self.export()["files_read"], 0)
        self.assert_mirrors()

    def name_in(self, snapshot, folder, uid):
        names = self.kist("ls", f"{snapshot}:/{self.account}/{folder}", "--mail").stdout.split()
        return next(name for name in names if f",U={uid}:" in name)

    def test_a_message_in_several_folders_is_one_file(self):
        self.fill()
        self.server.doveadm("copy", "-u", USER, FOLDERS[0], "mailbox", "INBOX", "all")
        self.export()
        self.assert_mirrors()
        inodes = lambda folder: [file.stat().st_ino for file in sorted((self.mirror / folder / "cur").iterdir())]
        shared = set(inodes(".Archive.2024")) & set(inodes("."))
        self.assertEqual(len(shared), 5)
        self.server.doveadm("flags", "add", "-u", USER, "$Important", "mailbox", "INBOX", "uid", "1")
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen $Other", "mailbox", "INBOX", "uid", "2")
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "uid", "3")
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "4")
        self.export()
        self.assert_mirrors()
        self.assertEqual(len(set(inodes(".Archive.2024")) & set(inodes("."))), 2)
        self.kist("check")
        self.kist("undo", "--yes")
        self.kist("check")
        self.assertEqual(len(list((self.mirror / "cur").iterdir())), 5)

    def test_folders_come_and_go(self):
        self.fill()
        self.export()
        self.server.doveadm("mailbox", "delete", "-u", USER, FOLDERS[2])
        self.server.create(USER, "Other")
        self.save("Other", 2)
        self.server.doveadm("mailbox", "rename", "-u", USER, FOLDERS[0], "Archive/old")
        result = self.export()
        self.assertEqual(result["skipped"], 0)
        self.assert_mirrors()
        self.assertFalse((self.mirror / ".Archive.2024").exists())
        self.assertTrue((self.mirror / ".Archive").is_dir())  # it holds folders, no messages
        self.assertFalse((self.mirror / ".Archive/cur").exists())

    def test_a_new_uidvalidity_stores_nothing_twice(self):
        self.save("INBOX", 4)
        self.export()
        self.server.doveadm("mailbox", "update", "-u", USER, "--uid-validity", "7", "INBOX")
        self.save("INBOX")
        self.assertEqual(self.export()["skipped"], 0)
        self.assert_mirrors()
        contents = [line for line in self.json("stats") if line["type"] == "growth"][-1]
        self.assertEqual(contents["new_contents"], 1)

    def test_commands_know_mailboxes(self):
        self.fill()
        self.export()
        self.assertEqual(len(self.kist("ls", f"latest:/{self.account}/Archive/2024", "--mail").stdout.split()), 3)
        self.save("INBOX")
        self.export()
        difference = self.json("diff", "1", "2")
        self.assertEqual(len([line for line in difference if line.get("path", "").endswith(",U=6:2,")]), 1, difference)
        self.assertEqual(len(self.json("find", "*,U=6:*")), 1)
        name = self.name_in(2, "INBOX", 6)
        self.assertGreater(len(self.json("log", f"/{self.account}/INBOX/{name}", "--mail")), 0)
        (source,) = self.json("source", "list")
        self.assertEqual((source["host"], source["source"]), ("mail:", "/" + self.account))
        refused = self.kist("restore", f"latest:/{self.account}", "--mail", expect=2)
        self.assertIn("--to", refused.stderr)
        self.kist("diff", f"/{self.account}", "--mail", expect=2)
        self.kist("undo", "--yes")
        self.assertEqual(len(list((self.mirror / "cur").iterdir())), 5)

    def test_other_programs_read_it(self):
        self.fill()
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "uid", "2")
        self.export()
        box = mailbox.Maildir(self.mirror, create=False)
        self.assertEqual(len(box), 5)
        self.assertEqual(sorted(m.get_flags() for m in box), ["", "", "", "", "S"])
        self.assertIn("Archive.2024", box.list_folders())
        self.assertEqual(len(box.get_folder("Archive.2024")), 3)

    def test_an_account_of_the_configuration(self):
        self.fill()
        configuration = self.home / "kist.toml"
        configuration.write_text(
            f'[source.office]\nurl = "{self.server.url("imaps", USER)}"\npassword-command = ["cat", "{self.password}"]\n'
            f'ca-file = "{self.server.authority.certificate}"\nexclude-folders = ["/Lists"]\ntags = "mail"\n')
        self.bare("--config", configuration, "config", "check")
        line = json.loads(self.kist("--config", configuration, "--json", "backup", "office", "--no-drill").stdout)
        self.assertEqual((line["source"], line["files"]), ("/office", 11))
        self.assertTrue((self.mount_point / "latest/mail/office/.Archive.2024/cur").is_dir())
        self.assertFalse((self.mount_point / "latest/mail/office/.Lists").exists())
        self.assertEqual(self.kist("ls", "-1", "office").stdout.splitlines(),
                         [".Archive/", ".Archive.2024/", ".Entwürfe & mehr/", "cur/", "new/", "tmp/"])
        shown = self.bare("--config", configuration, "--json", "mail", "folders", "office").stdout.splitlines()
        folders = {json.loads(one)["folder"]: json.loads(one) for one in shown}
        self.assertEqual(set(folders), {"INBOX", "Archive", "Archive/2024", "Lists", "Lists/kist", "Entwürfe & mehr"})
        self.assertFalse(folders["Lists/kist"]["backed_up"])
        self.assertFalse(folders["Archive"]["holds_messages"])
        counted = self.bare("--config", configuration, "mail", "count", "office").stdout
        self.assertIn("14", counted.splitlines()[-1])
        # The same account by its URL is the same source.
        self.assertEqual(json.loads(self.kist("--config", configuration, "--json", "backup", "--no-drill",
                                              self.server.url("imaps", USER)).stdout)["files_read"], 0)
        configuration.write_text(configuration.read_text() + 'exclude = ["*.iso"]\n')
        self.bare("--config", configuration, "config", "check", expect=2)

    def test_refusals(self):
        wrong = self.home / "wrong"
        wrong.write_text("no\n")
        result = self.kist("backup", self.server.url("imaps", USER), "--password-file", wrong, "--ca-file",
                           self.server.authority.certificate, expect=5)
        self.assertIn("refuses the login", result.stderr)
        self.kist("backup", self.server.url("imaps", USER), "--password-file", self.password, expect=1)  # no authority
        self.kist("backup", "smtps://anna@localhost", expect=2)
        self.kist("backup", self.server.url("imaps", USER), "--exclude", "x", *self.access(), expect=2)
        self.assertEqual(self.snapshots(), [])
        self.kist("check")

    def test_a_server_that_is_killed_in_mid_transfer(self):
        self.save("INBOX", 30, b"A long line of a message that is long.\r\n" * 8000)
        process = subprocess.Popen(
            [kist_driver.KIST, "--volume", self.container, "--key-file", self.key, "--json", "backup",
             self.server.url("imaps", USER), *self.access(), "--no-drill"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        staging = self.mount_point / ".kist/staging/in"
        deadline = time.monotonic() + kist_driver.PATIENCE
        while len(list(staging.glob("*/cur/*"))) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        self.server.stop()
        time.sleep(0.2)
        self.server.start()
        output, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(json.loads(output)["files_read"], 30)
        self.assert_mirrors()

    def test_what_an_interrupted_run_has_fetched(self):
        self.save("INBOX", 30, b"A long line of a message that is long.\r\n" * 8000)
        process = subprocess.Popen(
            [kist_driver.KIST, "--volume", self.container, "--key-file", self.key, "backup",
             self.server.url("imaps", USER), *self.access(), "--no-drill"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        staging = self.mount_point / ".kist/staging/in"
        deadline = time.monotonic() + kist_driver.PATIENCE
        while len(list(staging.glob("*/cur/*"))) < 5 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn(b"are kept", errors)
        result = self.export()
        self.assertGreaterEqual(result["files_taken_over"], 5)
        self.assertEqual(result["files_read"] + result["files_taken_over"], 30)
        self.assert_mirrors()


class Limits(MailCase):
    def setUp(self):
        super().setUp()
        self.name = f"limited-{self.server.ports['imaps']}"  # what was fetched today is remembered by this name
        self.traffic = pathlib.Path("/var/lib/kist/mail") / self.name
        self.addCleanup(self.traffic.unlink, missing_ok=True)
        self.configuration = self.home / "kist.toml"

    def back_up(self, settings="", expect=0):
        self.configuration.write_text(
            f'[source.{self.name}]\nurl = "{self.server.url("imaps", USER)}"\npassword-file = "{self.password}"\n'
            f'ca-file = "{self.server.authority.certificate}"\n{settings}\n')
        result = self.kist("--config", self.configuration, "--json", "backup", self.name, "--no-drill", expect=expect)
        return json.loads(result.stdout), result.stderr

    @property
    def mirror(self):
        return self.mount_point / "latest/mail" / self.name

    @property
    def account(self):
        return self.name

    def test_what_a_day_has_no_room_for_is_left_to_the_next(self):
        self.server.create(USER, "other")
        for folder in ("INBOX", "other"):
            self.save(folder, 10, b"0123456789" * 3000)
        first, errors = self.back_up("daily-limit = '200k'", expect=3)
        self.assertEqual((first["files_read"], first["skipped"]), (7, 1))
        self.assertIn("13 messages are left for later runs", errors)
        again, errors = self.back_up("daily-limit = '200k'", expect=3)
        self.assertEqual(again["files_read"], 0)
        self.traffic.write_text("2020" + self.traffic.read_text()[4:])
        next_day, errors = self.back_up("daily-limit = '200k'", expect=3)
        self.assertEqual(next_day["files_read"], 7)
        self.assertIn("6 messages", errors)
        self.assertEqual(self.back_up()[0]["files_read"], 6)
        self.assert_mirrors()
        self.kist("check")

    def put_many(self, count):
        """Straight into the Maildir on the server's side."""
        self.server.doveadm("mailbox", "status", "-u", USER, "messages", "INBOX")
        root = self.server.folder / "mail" / USER / "Maildir"
        for number in range(count):
            (root / f"cur/{1700000000 + number}.{number}.host:2,").write_bytes(message(number))
        check_run(["chown", "-R", "mail:mail", root])

    def logins(self):
        return len(re.findall(r"imap-login: Info: Login: ", self.server.log()))

    def test_many_messages_come_by_several_connections(self):
        self.put_many(4500)
        self.assertEqual(self.back_up("connections = 3")[0]["files_read"], 4500)
        self.assertEqual(self.logins(), 3)
        self.assert_mirrors()

    def test_one_connection_is_enough_where_the_server_gives_no_more(self):
        self.server.stop()
        self.server.configuration.write_text(self.server.configuration.read_text().replace(
            "mail_max_userip_connections = 100", "mail_max_userip_connections = 1"))
        self.server.start()
        self.put_many(4500)
        self.assertEqual(self.back_up("connections = 4")[0]["files_read"], 4500)
        self.assert_mirrors()

    def test_a_mailbox_with_a_wrong_url_keeps_nothing_else_from_its_backup(self):
        (self.source / "file").write_text("text")
        for url in ("imaps://localhost", "imaps://anna@localhost:0"):
            self.configuration.write_text(f'[source.wrong]\nurl = "{url}"\npassword-file = "{self.password}"\n'
                                          f'[source.good]\npaths = ["{self.source}"]\n')
            result = self.kist("--config", self.configuration, "--json", "backup", "--no-drill", expect=1)
            self.assertEqual([line["source"] for line in map(json.loads, result.stdout.splitlines())], [str(self.source)], url)
            self.assertEqual(result.stderr.count("kist: "), 1, result.stderr)
            self.assertIn("wrong", result.stderr)

    def test_several_accounts_in_one_run(self):
        users = ["bert", "carl", "dora", "emil", "frida"]
        with dovecot_server.DovecotServer(dict.fromkeys(users, PASSWORD)) as server:
            wrong = self.home / "wrong"
            wrong.write_text("no\n")
            lines = ""
            for number, user in enumerate(users):
                for at in range(number + 1):
                    server.save(user, "INBOX", message(at))
                lines += (f'[source.{user}]\nurl = "{server.url("imaps", user)}"\nca-file = "{server.authority.certificate}"\n'
                          f'password-file = "{wrong if user == "dora" else self.password}"\n')
            self.configuration.write_text(lines)
            result = self.kist("--config", self.configuration, "--json", "backup", "--no-drill", expect=1)
        self.assertIn("refuses the login of dora", result.stderr)
        self.assertEqual(sorted(json.loads(line)["files_read"] for line in result.stdout.splitlines()), [1, 2, 4, 5])


class WithoutExtensions(MailCase):
    """The same server as a plain IMAP4rev1 one."""

    more = "imap_capability = IMAP4rev1 SASL-IR AUTH=PLAIN\n"

    def test_plain_imap(self):
        self.server.create(USER, FOLDERS[0])
        self.save(FOLDERS[0], 3)
        self.save("INBOX", 3)
        self.export()
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "uid", "2")
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1")
        self.save(FOLDERS[0])
        result = self.export()
        self.assertEqual((result["files_read"], result["renamed"]), (1, 1))
        self.assert_mirrors()


class WithoutQresync(MailCase):
    more = "imap_capability = IMAP4rev1 SASL-IR AUTH=PLAIN CONDSTORE LIST-EXTENDED LIST-STATUS ENABLE\n"

    def test_condstore_alone(self):
        self.save("INBOX", 5)
        self.export()
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen", "mailbox", "INBOX", "uid", "2")
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1,5")
        self.save("INBOX", 2)
        result = self.export()
        self.assertEqual((result["files_read"], result["renamed"]), (2, 1))
        self.assert_mirrors()
        self.assertEqual(self.export()["files_read"], 0)


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, dovecot-imapd and openssl")
    kist_driver.main()
