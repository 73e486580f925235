"""Cyrus as the server of a backup and of a restore, with Python's imaplib as the witness of what it holds."""

import email.utils
import imaplib
import re

import cyrus_server
import kist_driver
from kist_driver import Case

USER = "anna"
OTHER = "bert"
PASSWORD = "b4ttery staple"
FOLDERS = ["Archive", "Archive/2024", "Entw&APw-rfe &- mehr"]  # as the protocol writes them
READABLE = {"Entw&APw-rfe &- mehr": "Entwürfe & mehr"}
DATE = 1_000_000_000


def message(number, body=b"text"):
    return f"From: bert@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: {number}\r\n\r\n".encode() + body + b"\r\n"


def contents(server, user):
    """(bytes, flags, date) of all messages by folder, sorted; and the folders subscribed to."""
    found = {}
    with server.session(user) as imap:
        for line in imap.list()[1]:
            folder = re.search(rb'"/" (.*)$', line)[1].decode().strip('"')
            imap.select(f'"{folder}"', readonly=True)
            messages = []
            for answer in imap.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]:
                if not isinstance(answer, tuple):
                    continue
                flags = {flag.decode() for flag in imaplib.ParseFlags(answer[0])} - {"\\Recent"}
                date = re.search(rb'INTERNALDATE "([^"]+)"', answer[0])[1].decode()
                messages.append((answer[1], " ".join(sorted(flags)), email.utils.parsedate_to_datetime(date).timestamp()))
            found[READABLE.get(folder, folder)] = sorted(messages)
        subscribed = {re.search(rb'"/" (.*)$', line)[1] for line in imap.lsub()[1] if line}
    return found, subscribed


class Cyrus(Case):
    def setUp(self):
        super().setUp()
        if not cyrus_server.is_available():
            self.skipTest("needs root, saslpasswd2, and Debian's cyrus-imapd")
        self.server = cyrus_server.CyrusServer({USER: PASSWORD, OTHER: PASSWORD})
        self.addCleanup(self.server.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.prepare("64M")

    def access(self):
        return ["--password-file", self.password, "--ca-file", self.server.authority.certificate]

    def back_up(self):
        return self.json("backup", self.server.url(USER), *self.access(), "--no-drill")[0]

    def fill(self):
        with self.server.session(USER) as imap:
            for folder in FOLDERS:
                imap.create(f'"{folder}"')
            imap.subscribe("Archive/2024")
            date = imaplib.Time2Internaldate(DATE)
            for number in range(20):
                imap.append("INBOX", None, date, message(number))
            imap.append("INBOX", r"(\Seen \Flagged $Work)", date, message(20, b"\xc3\xa4 \xff\r\n.\r\n* BYE\r\n" + b"x" * 5000))
            imap.append(f'"{FOLDERS[2]}"', r"(\Draft)", date, message(21, b"A " * 400_000))
            imap.append("Archive/2024", r"(\Answered \Seen)", date, message(22))

    def exported(self, folder="INBOX"):
        directory = self.mirror / ("" if folder == "INBOX" else f".{folder}") / "cur"
        return sorted(path.read_bytes() for path in directory.iterdir())

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.port}"

    @property
    def mirror(self):
        return self.mount_point / "latest/mail" / self.account

    def test_what_it_holds_is_kept_and_comes_back_on_another_account_as_it_was(self):
        self.fill()
        before, subscribed = contents(self.server, USER)
        self.assertEqual(23, sum(map(len, before.values())))
        self.back_up()
        self.assertEqual(sorted(one[0] for one in before["INBOX"]), self.exported())
        self.json("mail", "restore", "latest", self.account, "--to", self.server.url(OTHER), "--yes", *self.access())
        after, subscribed_after = contents(self.server, OTHER)
        self.assertEqual(before, after)
        self.assertLessEqual(subscribed, subscribed_after)

    def test_a_second_run_takes_what_came_went_and_was_flagged(self):
        self.fill()
        self.assertEqual(23, self.back_up()["files_read"])
        second = self.back_up()
        self.assertEqual((0, 0, 0), (second["files_read"], second["new"], second["renamed"]))
        with self.server.session(USER) as imap:
            imap.append("INBOX", None, None, message(100))
            imap.select("INBOX")
            imap.store("1", "+FLAGS", r"(\Deleted)")
            imap.store("2", "+FLAGS", r"(\Answered)")
            imap.expunge()
        third = self.back_up()
        self.assertEqual((1, 1), (third["files_read"], third["renamed"]))
        held, _ = contents(self.server, USER)
        self.assertEqual(sorted(one[0] for one in held["INBOX"]), self.exported())
        self.assertEqual(1, len(list((self.mirror / "cur").glob("*:2,R"))))

    def test_what_is_moved_is_not_fetched_again(self):
        self.fill()
        self.back_up()
        with self.server.session(USER) as imap:
            self.assertIn("OBJECTID", imap.capabilities)
            imap.select("INBOX")
            imap._simple_command("MOVE", "5:9", "Archive")
            imap.append("Archive", None, None, message(100))
        second = self.back_up()
        self.assertEqual((1, 6), (second["files_read"], second["new"]))
        held, _ = contents(self.server, USER)
        for folder in ("INBOX", "Archive"):
            self.assertEqual(sorted(one[0] for one in held[folder]), self.exported(folder))
        with self.server.session(USER) as imap:
            imap.rename("Archive", "Box")
        third = self.back_up()
        self.assertEqual(0, third["files_read"])
        self.assertEqual(sorted(one[0] for one in held["Archive"]), self.exported("Box"))


if __name__ == "__main__":
    kist_driver.main()
