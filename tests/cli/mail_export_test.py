"""Mail comes out of a snapshot: what Python's mailbox module, formail, mutt, neomutt and Dovecot read then, compared with what the
server had."""

import json
import mailbox
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import dovecot_server
import kist_driver
import sandbox
from kist_driver import Case
from terminal import Terminal

USER = "anna"
PASSWORD = "b4ttery staple"
FOLDERS = ["Archive/2024", "Entwürfe & mehr", "Lists/it's $(id) `id`"]
PROGRAMS = ["mutt", "neomutt"]


def message(number, body=b"text\r\n", subject=None, sender="bert@example.org"):
    return (f"From: Bert <{sender}>\r\nTo: anna@example.org\r\nMessage-ID: <{number}@example.org>\r\n"
            f"Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nSubject: {subject or f'number {number}'}\r\n\r\n").encode() + body


TRAPS = [message(7, b"From here on\r\n>From there\r\n>>From both\r\n From blank\r\nFromage\r\n"),
         message(8, b"no newline at the end"), message(9, b"\r\nFrom "), message(10, b"only\nLF\n\n\nFrom x\n\n"),
         message(11, b""), message(12, b"\r\n\r\n\r\n"), message(13, b"bytes \xff\xfe\r\n" + b"x" * 100_000 + b"\r\n")]


def unquoted(mbox):
    """The messages of an mboxrd file, by nothing but doc/format.md's words."""
    messages = []
    for part in re.split(rb"(?m)^(?=From )", mbox)[1:]:
        first, _, rest = part.partition(b"\n")
        ending = b"\n\n" if first.endswith(b" unterminated") else b"\n"
        assert rest.endswith(ending), part
        messages.append(re.sub(rb"(?m)^>(?=>*From )", b"", rest[:-len(ending)]))
    return messages


class Server(dovecot_server.DovecotServer):
    def __init__(self, **options):
        super().__init__({USER: PASSWORD}, **options)


class ExportCase(Case):
    """One server that has mail, one volume with a snapshot of it."""

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.prepare("96M")
        self.sent = {}

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.ports['imaps']}"

    def save(self, folder, *messages):
        if folder != "INBOX" and folder not in self.sent:
            self.server.create(USER, folder)
        for one in messages:
            self.server.save(USER, folder, one)
            self.sent.setdefault(folder, []).append(one)

    def back_up(self):
        return self.json("backup", self.server.url("imaps", USER), "--password-file", self.password, "--ca-file",
                         self.server.authority.certificate, "--no-drill")[0]

    def fill(self):
        for at, folder in enumerate(FOLDERS):
            self.save(folder, *[message(100 * at + number) for number in range(20, 23)])
        self.save("INBOX", message(1), message(2, subject="../../a/b\x01: =?utf-8?Q?K=C3=A4se?= " + "long " * 80), message(3))
        flag = lambda flags, *query: self.server.doveadm("flags", "add", "-u", USER, flags, "mailbox", *query)
        flag("\\Seen \\Flagged $Important", "INBOX", "uid", "2")
        flag("\\Answered \\Draft \\Deleted $Forwarded Junk", "INBOX", "uid", "3")
        flag("\\Seen", FOLDERS[1], "all")
        self.back_up()

    def export(self, *words, to=None, expect=0, snapshot="latest", **options):
        self.target = to or self.home / "out"
        lines = self.json("mail", "export", snapshot, self.account, "--to", self.target, *words, expect=expect, **options)
        return lines[-1] if lines else None

    def stored(self, folder="INBOX"):
        """What the snapshot holds of a folder, by UID."""
        names = [line["path"].rsplit("/", 1)[1] for line in self.json("ls", f"latest:/{self.account}/{folder}", "--mail")]
        found = {int(re.search(r"U=(\d+)", name)[1]): name for name in names}
        return [found[uid] for uid in sorted(found)]


class Forms(ExportCase):
    def test_maildir_as_python_reads_it(self):
        self.fill()
        result = self.export()
        count = sum(map(len, self.sent.values()))
        self.assertEqual((result["type"], result["messages"], result["written"], result["troubles"]), ("mail-export", count, count, 0))
        tree = mailbox.Maildir(self.target, create=False)
        self.assertEqual(sorted(one.as_bytes() for one in map(tree.get_message, tree.keys())),
                         sorted(mailbox.MaildirMessage(one).as_bytes() for one in self.sent["INBOX"]))
        self.assertEqual(sorted(tree.list_folders()), sorted(folder.replace("/", ".") for folder in self.sent if folder != "INBOX"))
        for folder, expected in self.sent.items():
            files = (self.target / ("." + folder.replace("/", ".") if folder != "INBOX" else "") / "cur").iterdir()
            self.assertEqual(sorted(file.read_bytes() for file in files), sorted(expected))
        flags = {re.search(r"U=(\d+)", name)[1]: name.rpartition(",")[2] for name in os.listdir(self.target / "cur")}
        keywords = dict(line.split()[::-1] for line in (self.target / "dovecot-keywords").read_text().splitlines())
        letter = lambda name: "abc"[int(keywords[name])]
        self.assertEqual(flags["1"], "")
        self.assertEqual(flags["2"], "FS" + letter("$Important"))
        self.assertEqual(flags["3"], "DPRT" + "".join(sorted(letter(name) for name in ["$Forwarded", "Junk"])))
        self.assertEqual([file.stat().st_mode & 0o777 for file in [self.target, *(self.target / "cur").iterdir()]][:2], [0o700, 0o600])

    def test_maildir_as_dovecot_reads_it(self):
        self.fill()
        self.export()
        shutil.chown(self.target, "mail", "mail")
        for path in self.target.rglob("*"):
            shutil.chown(path, "mail", "mail")
        for path in self.target.parents:
            path.chmod(path.stat().st_mode | 0o055)
        for folder in self.sent:
            fetch = lambda *options, field: [
                {"text": one["text"].replace("\r", ""), "flags": set(one["flags"].split()) - {"\\Recent"}, "date": one["date.received.unixtime"]}
                for one in json.loads(self.server.doveadm(*options, "-f", "json", "fetch", "-u", USER, f"{field} text date.received.unixtime",
                                                          "mailbox", folder, "ALL"))]
            there = fetch("-o", f"mail_location=maildir:{self.target}:UTF-8", field="flags")
            here = fetch(field="flags")
            order = lambda one: (one["text"], sorted(one["flags"]))
            self.assertEqual(sorted(there, key=order), sorted(here, key=order), folder)
        listed = self.server.doveadm("-o", f"mail_location=maildir:{self.target}:UTF-8", "mailbox", "list", "-u", USER)
        self.assertLessEqual(set(self.sent), set(listed.splitlines()))

    def test_mboxrd_gives_every_byte_back(self):
        self.save("INBOX", *TRAPS)
        self.back_up()
        result = self.export("--format", "mboxrd")
        file = self.target / f"{self.account.replace(':', '%3A')}.mbox"
        self.assertEqual([path.name for path in self.target.iterdir()], [file.name])
        self.assertEqual(result["written"], len(TRAPS))
        # Dovecot gives LF alone as CR LF.
        self.assertEqual(unquoted(file.read_bytes()), [re.sub(rb"\r?\n", b"\r\n", one) for one in TRAPS])
        read = mailbox.mbox(file, create=False)
        self.assertEqual([one["Message-ID"] for one in read], [f"<{number}@example.org>" for number in range(7, 14)])
        self.assertRegex(read[0].get_from(), r"^bert@example\.org [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$")
        self.assertTrue(all(one["Subject"] for one in read))

    def test_mbox_in_folders_as_thunderbird_has_it(self):
        self.fill()
        self.export("--format", "mbox+folders")
        for folder, expected in self.sent.items():
            file = self.target / folder.replace("/", ".sbd/")
            self.assertEqual(unquoted(file.read_bytes()), expected)

    def test_eml_files_have_safe_names(self):
        self.fill()
        self.export("--format", "eml")
        for folder, expected in self.sent.items():
            files = list((self.target / folder).iterdir())
            self.assertEqual(sorted(file.read_bytes() for file in files), sorted(expected))
            self.assertTrue(all(file.name.endswith(".eml") and len(file.name.encode()) <= 255 for file in files))
        (second,) = (self.target / "INBOX").glob("*-2.eml")
        self.assertRegex(second.name, r"^20\d\d-\d\d-\d\dT\d\d\.\d\d\.\d\dZ-\.\._\.\._a_b _ Käse long .*-2\.eml$")
        name = self.stored()[1]
        mirror = self.mount_point / "latest/mail" / self.account / "cur" / name
        self.assertEqual(int(second.stat().st_mtime), int(mirror.stat().st_mtime))


    def test_formail_counts_the_same_messages(self):
        if not shutil.which("formail"):
            self.skipTest("needs formail, of procmail")
        self.save("INBOX", *TRAPS)
        self.back_up()
        self.export("--format", "mboxrd")
        (file,) = self.target.iterdir()
        # It takes only LF for a line's end.
        split = subprocess.run(["formail", "-s", "grep", "-a", "^Message-ID:"], input=file.read_bytes().replace(b"\r", b""),
                               capture_output=True, check=True).stdout
        self.assertEqual(split.decode().split()[1::2], [f"<{number}@example.org>" for number in range(7, 14)])


class Care(ExportCase):
    def test_nothing_is_overwritten_and_what_is_there_is_left(self):
        self.fill()
        for form in ["maildir", "mboxrd", "eml", "mbox+folders"]:
            with self.subTest(form):
                target = self.home / f"to-{form}"
                first = self.export("--format", form, to=target)
                again = self.export("--format", form, to=target)
                self.assertEqual((again["written"], again["unchanged"]), (0, first["written"]))
                files = sorted(file for file in target.rglob("*") if file.is_file() and b"Message-ID: <3@" in file.read_bytes())
                files[0].write_bytes(b"mine")
                expect = 3 if form in ("maildir", "eml") else 1
                result = self.kist("--json", "mail", "export", "latest", self.account, "--to", target, "--format", form, expect=expect)
                self.assertEqual(files[0].read_bytes(), b"mine")
                self.assertRegex(result.stderr, "stands there|is there already")
                if expect == 3:
                    last = json.loads(result.stdout.splitlines()[-1])
                    self.assertEqual((last["troubles"], last["unchanged"]), (1, first["written"] - 1))
                self.assertEqual([path for path in target.rglob("*unfinished*")], [])

    def test_a_message_that_mutt_has_flagged_is_the_same(self):
        self.fill()
        self.export()
        (file,) = (self.target / "cur").glob("*U=1:*")
        file.rename(self.target / "new" / file.name.split(":")[0])
        again = self.export()
        self.assertEqual((again["written"], again["troubles"]), (0, 0))
        self.assertEqual(list((self.target / "cur").glob("*U=1:*")), [])

    def test_goes_on_where_it_was_killed(self):
        """Each form is killed as soon as something of it is there, and then run to its end."""
        self.save("INBOX", message(1))
        cur = self.server.folder / "mail" / USER / "Maildir/cur"
        for number in range(2, 2000):
            (cur / f"1700000000.{number}.host:2,S").write_bytes(message(number))
            shutil.chown(cur / f"1700000000.{number}.host:2,S", "mail", "mail")
        self.assertEqual(self.back_up()["files_read"], 1999)
        for form in ["maildir", "mboxrd", "eml"]:
            with self.subTest(form):
                target = self.home / f"killed-{form}"
                argv = [kist_driver.KIST, "--volume", self.container, "--key-file", self.key, "mail", "export", "latest", self.account,
                        "--to", target, "--format", form]
                process = subprocess.Popen([str(word) for word in argv], stdout=subprocess.DEVNULL)
                while process.poll() is None and not any(path.is_file() for path in target.rglob("*")):
                    pass
                process.kill()
                process.wait()
                there = sum(1 for path in target.rglob("*") if b"Message-ID" in (path.read_bytes() if path.is_file() else b""))
                result = self.export("--format", form, to=target)
                self.assertEqual(result["written"] + result["unchanged"], 1999)
                if form != "mboxrd":
                    self.assertIn(there - result["unchanged"], [0, 1])  # one of them was unfinished
                read = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
                self.assertEqual(len(set(re.findall(rb"(?m)^Message-ID: <(\d+)@", read))), 1999)
                self.assertEqual(list(target.rglob("*unfinished*")), [])

    def test_symlinks_in_the_target_lead_nowhere(self):
        self.fill()
        outside = self.home / "outside"
        for form, link in [("maildir", ".Archive.2024"), ("eml", "Archive"), ("mbox+folders", "Archive.sbd")]:
            with self.subTest(form):
                target = self.home / f"linked-{form}"
                target.mkdir()
                outside.mkdir()
                (target / link).symlink_to(outside)
                result = self.export("--format", form, to=target, expect=3)
                self.assertEqual((result["troubles"], list(outside.iterdir())), (1, []))
                self.assertEqual(result["written"], sum(map(len, self.sent.values())) - 3)
                outside.rmdir()
        target = self.home / "linked-file"
        target.mkdir()
        (target / f"{self.account.replace(':', '%3A')}.mbox").symlink_to(self.home / "planted")
        self.export("--format", "mboxrd", to=target, expect=1)
        self.assertFalse((self.home / "planted").exists())

    def test_damaged_messages_are_said_and_left_out(self):
        self.fill()
        name = self.stored()[1]
        file = self.mount_point / "latest/mail" / self.account / "cur" / name
        data = bytearray(file.read_bytes())
        data[-20] ^= 1
        file.write_bytes(data)
        lines = self.json("mail", "export", "latest", self.account, "--to", self.home / "out", "--folder", "INBOX", expect=3)
        (trouble,) = [line for line in lines if line["type"] == "trouble"]
        self.assertEqual((trouble["kind"], trouble["folder"], trouble["uid"]), ("damaged", "INBOX", 2))
        self.assertEqual(lines[-1]["written"], 2)
        self.assertEqual(len(os.listdir(self.home / "out/cur")), 2)

    def test_choices_and_wrong_ones(self):
        self.fill()
        self.export("--folder", "Nowhere", expect=7)
        self.assertFalse(self.target.exists())
        self.export("--format", "pst", expect=2)
        self.kist("mail", "export", "latest", self.account, expect=2)
        self.kist("mail", "export", "latest", "nobody", "--to", self.home / "out", expect=7)
        self.export(to=self.home / "no/such/folder", expect=1)
        planned = self.export("--dry-run", "--folder", "Lists")
        self.assertEqual((planned["type"], planned["messages"]), ("dry-run", 3))
        self.assertFalse(self.target.exists())
        self.export("--folder", "Lists")
        self.assertEqual(sorted(path.name for path in self.target.iterdir() if path.name.startswith(".")), ["." + FOLDERS[2].replace("/", ".")])
        text = self.kist("mail", "export", "latest", self.account, "--to", self.home / "text").stdout
        self.assertRegex(text, r"^Wrote 12 of 12 messages of snapshot 1 to .*\nTo read it: mutt -R -F .*/muttrc\n$")

    def test_older_snapshots_and_folders_that_are_empty(self):
        self.save("INBOX", message(1))
        self.server.create(USER, "Empty")
        self.back_up()
        self.save("INBOX", message(2))
        self.back_up()
        self.export(snapshot="1")
        self.assertEqual(len(os.listdir(self.target / "cur")), 1)
        self.assertTrue((self.target / ".Empty/cur").is_dir())
        self.export()
        self.assertEqual(len(os.listdir(self.target / "cur")), 2)


class Search(ExportCase):
    def fill(self):
        self.save("INBOX", message(1, subject="=?utf-8?q?=C3=84pfel?= und Birnen", sender="carl@example.org"), message(2), message(3))
        self.save("Lists/kist", message(4, subject="birnen"), b"To: List <list@example.org>\r\nCc: x@y\r\nSubject: bare\r\n\r\nFrom: carl\r\n")
        self.back_up()

    def find(self, *words, expect=0, account=None):
        return self.json("mail", "find", *(account or [self.account]), *words, expect=expect)

    def found(self, *words, **options):
        return [(line["folder"], line["uid"]) for line in self.find(*words, **options)]

    def indexed(self, statement="SELECT subject FROM mail_header ORDER BY subject"):
        return kist_driver.check_run(["sqlite3", self.mount_point / ".kist/catalog.sqlite", statement]).splitlines()

    def judge(self):
        self.assertEqual(self.found("--subject", "BIRNEN"), [("INBOX", 1), ("Lists/kist", 1)])
        self.assertEqual(self.found("--subject", "äPFEL"), [("INBOX", 1)])
        self.assertEqual(self.found("--from", "carl"), [("INBOX", 1)])
        self.assertEqual(self.found("--recipient", "LIST@"), [("Lists/kist", 2)])
        self.assertEqual(self.found("--recipient", "x@y", "--subject", "bare"), [("Lists/kist", 2)])
        self.assertEqual(self.found("--message-id", "2@example.org"), [("INBOX", 2)])
        self.assertEqual(self.found("--message-id", "<2@example.org>", "--folder", "Lists"), [])
        self.assertEqual(self.found("--message-id", "@example.org"), [])
        self.assertEqual(len(self.found()), 5)
        self.assertEqual(self.found("--since", "1d", "--folder", "Lists"), [("Lists/kist", 1), ("Lists/kist", 2)])
        self.assertEqual(self.found("--before", "1d"), [])

    def test_finds_with_the_index_and_without(self):
        self.fill()
        self.assertEqual(self.indexed(), ["bare", "birnen", "number 2", "number 3", "Äpfel und Birnen"])
        self.judge()
        line = self.find("--from", "carl")[0]
        self.assertEqual((line["type"], line["snapshot"], line["from"], line["subject"], line["message_id"], line["recipients"]),
                         ("message", 1, "Bert <carl@example.org>", "Äpfel und Birnen", "<1@example.org>", "anna@example.org"))
        # A volume that an older version made, and one whose catalog was lost.
        self.indexed("DELETE FROM mail_header WHERE content % 2")
        self.judge()
        self.indexed("DROP TRIGGER mail_header_goes; DROP TABLE mail_header")
        self.judge()
        self.kist("rebuild")
        self.judge()
        self.assertEqual(self.indexed("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'mail%'"), ["0"])
        self.save("INBOX", message(5))
        self.back_up()
        self.assertEqual(len(self.indexed()), 6)
        self.assert_sound()

    def test_a_volume_that_is_open_for_reading_only(self):
        self.fill()
        self.indexed("DELETE FROM mail_header WHERE content % 2")
        self.kist("close", self.container)
        self.kist("open", self.container, "--read-only", "--at", self.mount_point)
        self.judge()
        self.assertEqual(self.export()["written"], 5)
        self.assertIn(str(self.mount_point), self.kist("mail", "muttrc", self.account).stdout)
        self.kist("close", self.container)
        self.assertEqual(self.export(to=self.home / "closed")["written"], 5)  # opened for the command

    def test_paths_are_what_cat_takes(self):
        self.fill()
        paths = self.kist("mail", "find", "-0", self.account, "--folder", "Lists").stdout.split("\0")
        self.assertEqual(paths.pop(), "")
        self.assertEqual([self.kist("cat", "--mail", path).stdout.replace("\r\n", "\n").encode() for path in paths],
                         [one.replace(b"\r\n", b"\n") for one in self.sent["Lists/kist"]])
        text = self.kist("mail", "find", self.account, "--subject", "birnen").stdout.splitlines()
        self.assertRegex(text[0], "^FOLDER +UID +RECEIVED +FROM +SUBJECT$")
        self.assertRegex(text[1], r"^INBOX +1  20\d\d-\d\d-\d\d \d\d:\d\d  Bert <carl@example.org> +Äpfel und Birnen$")
        self.assertIn("No message fits", self.kist("mail", "find", self.account, "--subject", "nothing").stderr)
        self.kist("mail", "find", "1", self.account, "more", expect=2)
        self.kist("mail", "find", "--since", "whenever", self.account, expect=2)
        self.kist("mail", "find", "7", self.account, expect=7)

    def test_all_snapshots_each_message_once(self):
        self.fill()
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1")
        self.save("INBOX", message(6))
        self.back_up()
        self.assertEqual(self.found("--subject", "birnen"), [("Lists/kist", 1)])
        self.assertEqual(self.found("--subject", "birnen", account=["1", self.account]), [("INBOX", 1), ("Lists/kist", 1)])
        found = self.find("--all")
        self.assertEqual(sorted((line["folder"], line["uid"], line["snapshot"]) for line in found),
                         [("INBOX", 1, 1), ("INBOX", 2, 2), ("INBOX", 3, 2), ("INBOX", 4, 2), ("Lists/kist", 1, 2), ("Lists/kist", 2, 2)])
        # What is forgotten is in the index no more.
        self.assertIn("Äpfel und Birnen", self.indexed())
        self.kist("forget", "1", "--yes")
        self.assertNotIn("Äpfel und Birnen", self.indexed())
        self.assertEqual(len(self.indexed()), 5)

    def test_what_is_purged_is_gone_from_the_index(self):
        self.fill()
        catalog = self.mount_point / ".kist/catalog.sqlite"
        self.assertIn("Äpfel".encode(), catalog.read_bytes())
        name = self.stored()[0]
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1")
        self.back_up()
        self.kist("forget", "--path", f"/{self.account}/cur/{name}", "--yes")
        self.assertEqual(self.indexed(), ["bare", "birnen", "number 2", "number 3"])
        self.assertNotIn("Äpfel".encode(), catalog.read_bytes())
        self.assertEqual(self.found("--subject", "birnen"), [("Lists/kist", 1)])

    def test_options_choose_for_export_and_restore(self):
        self.fill()
        result = self.export("--subject", "birnen", "--format", "eml")
        self.assertEqual((result["messages"], result["written"]), (2, 2))
        self.assertEqual(sorted(path.name for path in self.target.iterdir()), ["INBOX", "Lists"])
        self.export("--subject", "nothing like that", to=self.home / "none", expect=7)
        self.assertFalse((self.home / "none").exists())
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "ALL")
        sent = self.json("mail", "restore", "latest", self.account, "--to", self.server.url("imaps", USER), "--yes", "--password-file",
                         self.password, "--ca-file", self.server.authority.certificate, "--subject", "ÄPFEL")[-1]
        self.assertEqual((sent["sent"], self.server.count(USER, "INBOX")), (1, 1))

    def test_damaged_messages_without_an_index_are_said(self):
        self.fill()
        name = self.stored()[0]
        file = self.mount_point / "latest/mail" / self.account / "cur" / name
        file.write_bytes(file.read_bytes().replace(b"Birnen", b"Pirnen"))
        self.assertEqual(self.found("--subject", "birnen"), [("INBOX", 1), ("Lists/kist", 1)])
        self.indexed("DELETE FROM mail_header")
        self.assertEqual(self.found("--subject", "irnen", expect=3), [("Lists/kist", 1)])
        result = self.export("--subject", "irnen", expect=3)
        self.assertEqual((result["written"], result["troubles"]), (1, 1))


def listing(folder):
    return sorted((str(path), path.lstat().st_mtime_ns) for path in pathlib.Path(folder).rglob("*"))


class Mutt(ExportCase):
    def mutt(self, program, muttrc, *words, answers=()):
        return Terminal(["env", "TERM=xterm", "LINES=40", "COLUMNS=150", program, "-n", "-F", muttrc, *words], answers)

    def read(self, program, muttrc, pattern="~A", folder=None):
        """The messages that the program shows of a folder, the inbox by itself; without their line ends' CR and those at the
        end, of which the two write different numbers into pipes."""
        piped = self.home / "piped"
        piped.unlink(missing_ok=True)
        keys = f"<tag-pattern>{pattern}<enter><tag-prefix><pipe-message>cat >> {piped}; echo END >> {piped}<enter><quit>"
        terminal = self.mutt(program, muttrc, *(["-f", folder] if folder else []), "-e", "set wait_key=no", "-e", "set pipe_split=yes",
                             "-e", f'push "{keys}"')
        self.assertEqual(terminal.code, 0, terminal.shown)
        return sorted(one.rstrip(b"\n") for one in piped.read_bytes().replace(b"\r", b"").split(b"END\n")[:-1])

    def judge(self, program, muttrc, root):
        before = listing(root)
        plain = lambda messages: sorted(one.replace(b"\r", b"").rstrip(b"\n") for one in messages)
        self.assertEqual(self.read(program, muttrc), plain(self.sent["INBOX"]))
        self.assertEqual(self.read(program, muttrc, "~F"), plain(self.sent["INBOX"][1:2]))
        for folder in FOLDERS:
            self.assertEqual(self.read(program, muttrc, folder=root / ("." + folder.replace("/", "."))), plain(self.sent[folder]))
        shown = self.mutt(program, muttrc, "-y", "-e", 'push "<exit>"').shown
        for name in ["=.Archive.2024/", "=.Lists.it's $(id)"]:  # as far as its columns reach
            self.assertIn(name, shown)
        # Also without -R it is only for looking.
        terminal = self.mutt(program, muttrc, "-e", 'push "<delete-message>"', answers=[("read-only", "q")])
        self.assertEqual(terminal.code, 0, terminal.shown)
        self.assertEqual(listing(root), before)

    def programs(self):
        found = [program for program in PROGRAMS if shutil.which(program)]
        if not found:
            self.skipTest("needs mutt or neomutt")
        return found

    def test_reads_an_exported_maildir(self):
        self.fill()
        self.export()
        for program in self.programs():
            with self.subTest(program):
                self.judge(program, self.target / "muttrc", self.target)
        written = (self.target / "muttrc").read_text()
        shutil.rmtree(self.target / ".Archive.2024")
        self.export("--folder", "INBOX")
        self.assertNotIn("Archive", (self.target / "muttrc").read_text())  # made anew
        (self.target / "muttrc").write_text("# mine\n" + written)
        self.export()
        self.assertEqual((self.target / "muttrc").read_text(), "# mine\n" + written)

    def test_reads_the_backup_where_it_stands(self):
        self.fill()
        muttrc = self.home / "muttrc"
        root = self.mount_point / "latest/mail" / self.account
        muttrc.write_text(self.kist("mail", "muttrc", self.account).stdout)
        for program in self.programs():
            with self.subTest(program):
                self.judge(program, muttrc, root)
        self.assert_sound()
        self.kist("mail", "muttrc", "nobody", expect=7)
        self.kist("close", self.container)
        self.assertIn("closed", self.kist("mail", "muttrc", self.account, expect=2).stderr)

    def test_dovecot_reads_the_backup_as_it_stands(self):
        """It refuses to read as root, to whom the volume belongs here: so from a copy, in which its user can write nothing."""
        self.fill()
        copy = self.server.folder / "copy"
        shutil.copytree(self.mount_point / "latest/mail" / self.account, copy)
        control = self.server.folder / "control"
        control.mkdir()
        for path in [copy, control, *copy.rglob("*")]:
            shutil.chown(path, "mail", "mail")
            path.chmod(0o700 if path == control else 0o500 if path.is_dir() else 0o400)
        before = listing(copy)
        doveadm = lambda *words: self.server.doveadm(
            "-o", f"mail_location=maildir:{copy}:UTF-8:INDEX=MEMORY:CONTROL={control}", "-f", "json", *words)
        doveadm("fetch", "-u", USER, "uid", "mailbox", "INBOX", "ALL")  # the first look at a new CONTROL finds nothing
        for folder, expected in self.sent.items():
            texts = json.loads(doveadm("fetch", "-u", USER, "text", "mailbox", folder, "ALL"))
            self.assertEqual(sorted(one["text"].encode().replace(b"\r", b"") for one in texts),
                             sorted(one.replace(b"\r", b"") for one in expected))
        self.assertEqual(listing(copy), before)


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, dovecot-imapd and openssl")
    kist_driver.main()
