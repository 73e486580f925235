"""Messages of a snapshot go back to a server: what Dovecot has then, by doveadm's own account, compared with what the first
server had; and servers that refuse, forget and hang up."""

import json
import os
import re
import shutil

import dovecot_server
import kist_driver
import sandbox
import scripted_imap
from kist_driver import Case

USER = "anna"
OTHER = "bert"
PASSWORD = "b4ttery staple"
FOLDERS = ["Archive/2024", "Entwürfe & mehr", "Lists/kist"]
NO_EXTENSIONS = "imap_capability = IMAP4rev1 SASL-IR LITERAL- NAMESPACE\n"


def message(number, body=b"text"):
    return (f"From: bert@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: number {number}\r\n\r\n").encode() + body + b"\r\n"


def contents(server, user, prefix=""):
    """(bytes, flags, date) of all messages by folder with "/" between its parts, sorted."""
    found = {}
    for folder in server.doveadm("mailbox", "list", "-u", user).splitlines():
        output = server.doveadm("-f", "json", "fetch", "-u", user, "flags text date.received.unixtime", "mailbox", folder, "ALL")
        entries = json.loads(output) if output.strip() else []
        name = folder.replace(server.separator, "/")
        name = name.removeprefix(prefix) if name != "INBOX" else name
        found[name] = sorted((entry["text"], " ".join(sorted(set(entry["flags"].split()) - {"\\Recent"})),
                              entry["date.received.unixtime"]) for entry in entries)
    return {name: messages for name, messages in found.items() if messages or name == "empty"}


def subscriptions(server, user, prefix=""):
    return {line.replace(server.separator, "/").removeprefix(prefix)
            for line in server.doveadm("mailbox", "list", "-u", user, "-s").splitlines()}


class Server(dovecot_server.DovecotServer):
    def __init__(self, separator="/", **options):
        self.separator = separator
        super().__init__({USER: PASSWORD, OTHER: PASSWORD}, separator=separator, **options)


class RestoreCase(Case):
    """One server that has mail, one volume with a snapshot of it."""

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.prepare("96M")

    def access(self, server=None):
        return ["--password-file", self.password, "--ca-file", (server or self.server).authority.certificate]

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.ports['imaps']}"

    def save(self, folder, numbers, body=b"text"):
        for number in numbers:
            self.server.save(USER, folder, message(number, body))

    def export(self):
        return self.json("backup", self.server.url("imaps", USER), *self.access(), "--no-drill")[0]

    def restore(self, *words, server=None, user=OTHER, expect=0, snapshot="latest"):
        server = server or self.server
        lines = self.json("mail", "restore", snapshot, self.account, "--to", server.url("imaps", user), "--yes",
                          *self.access(server), *words, expect=expect)
        return lines[-1] if lines else None

    def restore_scripted(self, server, *words, expect=0):
        lines = self.json("mail", "restore", "latest", self.account, "--to", server.url(), "--insecure", "--yes",
                          "--password-file", self.password, *words, expect=expect)
        return lines


class RoundTrip(RestoreCase):
    def fill(self):
        for at, folder in enumerate(FOLDERS):
            self.server.create(USER, folder)
            self.save(folder, range(10 * at, 10 * at + 3))
        self.save("INBOX", range(100, 105))
        self.save("INBOX", [7, 7], b"twice")  # equal ones, which are two all the same
        self.save("INBOX", [8], b"A " * 700_000)
        self.save(FOLDERS[2], [9], b"\xc3\xa4 \xff\r\n.\r\nk1 OK forged\r\n* BYE\r\n" + b"x" * 5000)
        self.server.create(USER, "empty")
        for folder in (FOLDERS[0], "INBOX", "empty"):
            self.server.doveadm("mailbox", "subscribe", "-u", USER, folder)
        flag = lambda flags, *query: self.server.doveadm("flags", "add", "-u", USER, flags, "mailbox", *query)
        flag("\\Seen \\Flagged $Important", "INBOX", "uid", "2")
        flag("\\Answered \\Draft \\Deleted $Forwarded Junk", "INBOX", "uid", "3")
        flag("\\Seen", FOLDERS[1], "all")
        # Dates that are not now.
        self.server.doveadm("import", "-u", USER, f"maildir:{self.old_mail()}", "", "all")

    def old_mail(self):
        root = self.home / "old"
        for name in ("cur", "new", "tmp"):
            (root / name).mkdir(parents=True)
        file = root / "cur/1000000000.1.host:2,S"
        file.write_bytes(message(500))
        os.utime(file, (1000000000, 1000000000))
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755)
        for path in [root, *root.parents]:
            path.chmod(path.stat().st_mode | 0o055)
        shutil.chown(root, "mail", "mail")
        for path in root.rglob("*"):
            shutil.chown(path, "mail", "mail")
        return root

    def test_everything_comes_back_to_other_servers(self):
        self.fill()
        self.export()
        expected = contents(self.server, USER)
        self.assertIn("1000000000", [date for _, _, date in expected["INBOX"]])
        count = sum(len(messages) for messages in expected.values())
        rehearsed = self.json("mail", "restore", "latest", self.account, "--to", self.server.url("imaps", OTHER), "--dry-run",
                              *self.access())[-1]
        self.assertEqual((rehearsed["type"], rehearsed["missing"], rehearsed["sent"]), ("dry-run", count, 0))
        self.assertEqual(contents(self.server, OTHER), {})
        result = self.restore()
        self.assertEqual((result["sent"], result["troubles"]), (count, 0))
        self.assertEqual(contents(self.server, OTHER), expected)
        self.assertEqual(subscriptions(self.server, OTHER), {FOLDERS[0], "INBOX", "empty"})
        self.assertIn("empty", self.server.doveadm("mailbox", "list", "-u", OTHER).splitlines())
        self.assertEqual(self.restore()["sent"], 0)
        self.assertEqual(contents(self.server, OTHER), expected)

        # Another separator, another namespace, and none of the extensions.
        with Server(separator=".", prefix="INBOX.", more=NO_EXTENSIONS) as other:
            self.assertEqual(self.restore(server=other, user=USER)["sent"], count)
            self.assertEqual(contents(other, USER, "INBOX/"), expected)
            self.assertEqual(subscriptions(other, USER, "INBOX/"), {FOLDERS[0], "INBOX", "empty"})
            self.assertEqual(self.restore(server=other, user=USER)["sent"], 0)
            # And from there to one without: the prefix is no part of the names.
            self.json("backup", other.url("imaps", USER), *self.access(other), "--no-drill")
            with Server() as third:
                self.kist("mail", "restore", "latest", f"{USER}@localhost:{other.ports['imaps']}", "--to",
                          third.url("imaps", USER), "--yes", *self.access(third))
                self.assertEqual(contents(third, USER), expected)

    def test_only_what_is_missing_is_sent(self):
        self.fill()
        self.export()
        before = contents(self.server, USER)
        self.server.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "uid", "1,2,6")
        self.server.doveadm("mailbox", "delete", "-u", USER, FOLDERS[0])
        self.save("INBOX", [900])
        self.server.doveadm("flags", "add", "-u", USER, "\\Answered", "mailbox", "INBOX", "uid", "4")
        # Back to the same account, one folder of it.
        only = self.restore("--folder", "INBOX", user=USER)
        self.assertEqual((only["sent"], only["messages"]), (3, len(before["INBOX"])))
        self.assertEqual(self.restore(user=USER)["sent"], 3)
        after = contents(self.server, USER)
        texts = lambda messages: sorted(text.replace("\r\n", "\n") for text, _, _ in messages)
        self.assertEqual(texts(after["INBOX"]), texts([*before["INBOX"], (message(900).decode(), "", "")]))
        self.assertEqual(after[FOLDERS[0]], before[FOLDERS[0]])
        # What is there stays as it is.
        self.assertEqual(len([flags for _, flags, _ in after["INBOX"] if flags == "\\Answered"]), 1)
        self.assertEqual(self.restore("--folder", "no-such", user=USER, expect=7), None)

    def test_refusals(self):
        self.save("INBOX", [1])
        self.export()
        words = ["--to", self.server.url("imaps", OTHER), *self.access()]
        asked = self.kist("mail", "restore", "latest", self.account, *words, expect=2)
        self.assertIn("--yes", asked.stderr)
        self.kist("mail", "restore", "9", self.account, *words, "--yes", expect=7)
        self.kist("mail", "restore", "latest", "nobody@example.org", *words, "--yes", expect=7)
        self.backup()
        other = self.kist("mail", "restore", "2", self.account, *words, "--yes", expect=2)
        self.assertIn("not of", other.stderr)
        self.assertEqual(contents(self.server, OTHER), {})

    def test_a_damaged_message_is_never_sent(self):
        self.save("INBOX", [1, 2, 3])
        self.export()
        file = next((self.mount_point / "latest/mail" / self.account / "cur").glob("*,U=2:*"))
        file.write_bytes(file.read_bytes().replace(b"number 2", b"number X"))
        result = self.kist("mail", "restore", "latest", self.account, "--to", self.server.url("imaps", OTHER), "--yes",
                           *self.access(), expect=3)
        self.assertRegex(result.stderr, "damaged, not sent: INBOX, message 2")
        subjects = "".join(text for text, _, _ in contents(self.server, OTHER)["INBOX"])
        self.assertEqual(re.findall(r"number .", subjects), ["number 1", "number 3"])


class Target(scripted_imap.ScriptedImap):
    """A server that takes messages."""

    refused = b"refuse me"

    def __init__(self, folders, **attributes):
        self.losses = 0
        self.appends = []  # how many messages each command had
        for name, value in attributes.items():
            setattr(self, name, value)
        super().__init__(folders)

    def talk(self, connection):
        state = {"folder": None}
        with connection, connection.makefile("rb") as lines:
            send = lambda data: connection.sendall(data if isinstance(data, bytes) else data.encode() + b"\r\n")
            try:
                send(self.greeting)
                while line := lines.readline():
                    tag, _, text = line.decode(errors="surrogateescape").rstrip("\r\n").partition(" ")
                    self.commands.append(text)
                    word, _, rest = text.partition(" ")
                    handler = getattr(self, "do_" + word.lower(), None)
                    if word == "APPEND":
                        send(f"{tag} {self.append(send, lines, rest)}")
                        continue
                    if word == "UID":
                        word, _, rest = rest.partition(" ")
                        handler = getattr(self, "uid_" + word.lower()) if state["folder"] else None
                    send(f"{tag} {handler(send, state, rest) if handler else 'BAD what?'}")
                    if word == "LOGOUT":
                        return
            except (scripted_imap.Cut, OSError):
                return

    def append(self, send, lines, rest):
        folder, _, rest = self.find(rest)
        taken = []
        while match := re.fullmatch(r'(.*) ?\{(\d+)(\+?)\}', rest):
            if not match[3]:
                if self.refuses_size(int(match[2])):
                    return "NO [TOOBIG] too big"
                send("+ go on")
            taken.append((lines.read(int(match[2])), match[1]))
            rest = lines.readline().decode().rstrip("\r\n")
        self.appends.append(len(taken))
        self.before_answer(taken)
        if any(self.refused in data or self.refuses_size(len(data)) for data, _ in taken):
            return "NO [OVERQUOTA] no room"
        for data, head in taken:
            uid = folder.next
            folder.messages[uid] = data
            folder.flags[uid] = re.search(r"\(([^)]*)\) \"", head)[1]
        self.after_append()
        return "OK done"

    largest = 1 << 40

    def refuses_size(self, size):
        return size > self.largest

    def before_answer(self, taken):
        pass

    def after_append(self):
        pass

    def do_create(self, send, state, rest):
        _, name, _ = self.find(rest)
        self.folders[name] = scripted_imap.Folder({})
        return "OK"

    def do_select(self, send, state, rest):
        send("* OK [PERMANENTFLAGS (\\Seen \\Flagged $Known)] kept")
        return self.do_examine(send, state, rest)


FAST = "IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ MULTIAPPEND"


class Scripted(RestoreCase):
    """Servers that do what Dovecot would not."""

    def target(self, **attributes):
        server = Target({"INBOX": scripted_imap.Folder({})}, **attributes)
        self.addCleanup(server.close)
        return server

    def kept(self, server):
        return sorted(int(re.search(rb"number (\d+)", data)[1]) for data in server.folders["INBOX"].messages.values())

    def test_what_is_refused_is_named_message_by_message(self):
        self.save("INBOX", range(1, 31))
        self.save("INBOX", [31], b"refuse me")
        self.save("INBOX", range(32, 36))
        self.save("INBOX", [36], b"refuse me")
        self.server.doveadm("flags", "add", "-u", USER, "\\Seen \\Answered $Known $Other", "mailbox", "INBOX", "uid", "5")
        self.export()
        for capabilities in (FAST, "IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+", "IMAP4rev1 AUTH=PLAIN SASL-IR MULTIAPPEND",
                             "IMAP4rev1 AUTH=PLAIN SASL-IR"):
            server = self.target(capabilities=capabilities)
            *_, first, second, last = self.restore_scripted(server, expect=3)
            self.assertEqual([first["uid"], second["uid"]], [31, 36])
            self.assertIn("no room", first["reason"])
            self.assertEqual((last["sent"], last["missing"], last["left_out_keywords"]), (34, 36, ["$Other", "\\Answered"]))
            self.assertEqual(self.kept(server), [*range(1, 31), *range(32, 36)])
            self.assertEqual(max(server.appends) > 1, "MULTIAPPEND" in capabilities)
            self.assertIn("\\Seen $Known", server.folders["INBOX"].flags.values())
            self.assertEqual(self.restore_scripted(server, expect=3)[-1]["sent"], 0)

    def test_a_literal_is_refused_before_it_is_sent(self):
        self.save("INBOX", [1, 3])
        self.save("INBOX", [2], b"x" * 20_000)
        self.export()
        server = self.target(largest=10_000, capabilities="IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL-")
        *_, trouble, last = self.restore_scripted(server, expect=3)
        self.assertEqual((trouble["uid"], last["sent"]), (3, 2))
        self.assertIn("too big", trouble["reason"])
        self.assertEqual(self.kept(server), [1, 3])

    def test_a_lost_connection_doubles_nothing(self):
        self.save("INBOX", range(1, 251))
        self.export()
        # Taken, but the answer never comes; with the next command still on its way.
        server = self.target(capabilities=FAST)

        def cut():
            server.losses += 1
            if server.losses == 1:
                raise scripted_imap.Cut

        server.after_append = cut
        last = self.restore_scripted(server)[-1]
        self.assertEqual(self.kept(server), list(range(1, 251)))
        self.assertEqual((last["reconnections"], last["troubles"]), (1, 0))
        self.assertEqual(self.restore_scripted(server)[-1]["sent"], 0)

    def test_a_message_that_ends_every_connection_is_named(self):
        self.save("INBOX", [1])
        self.save("INBOX", [2], b"poison")
        self.save("INBOX", [3])
        self.export()
        server = self.target(capabilities=FAST)

        def hang_up(taken):
            if any(b"poison" in data for data, _ in taken):
                raise scripted_imap.Cut

        server.before_answer = hang_up
        *_, trouble, last = self.restore_scripted(server, expect=3)
        self.assertEqual((trouble["uid"], last["sent"]), (2, 2))
        self.assertEqual(self.kept(server), [1, 3])

    def test_an_interrupted_restore_goes_on(self):
        self.save("INBOX", range(1, 251))
        self.export()
        server = self.target(capabilities=FAST)

        def cut():
            server.do_authenticate = lambda send, state, rest: "NO gone away"
            raise scripted_imap.Cut

        server.after_append = cut
        failed = self.kist("mail", "restore", "latest", self.account, "--to", server.url(), "--insecure", "--yes",
                           "--password-file", self.password, expect=5)
        self.assertIn("goes on from there", failed.stderr)
        self.assertEqual(self.kept(server), list(range(1, 101)))
        del server.after_append, server.do_authenticate
        self.assertEqual(self.restore_scripted(server)[-1]["sent"], 150)
        self.assertEqual(self.kept(server), list(range(1, 251)))

    def test_a_server_that_does_not_give_what_it_has_gets_nothing(self):
        self.save("INBOX", [1])
        self.export()
        server = self.target(capabilities=FAST)
        server.folders["INBOX"] = scripted_imap.Folder({1: message(5)})
        server.fetch = lambda send, folder, uids: "OK nothing"
        *_, trouble, last = self.restore_scripted(server, expect=3)
        self.assertEqual((trouble["folder"], last["sent"]), ("INBOX", 0))
        self.assertNotIn("uid", trouble)
        self.assertEqual(self.kept(server), [5])


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, dovecot-imapd and openssl")
    kist_driver.main()
