"""kist probe: real servers of all three protocols, servers with wrong certificates, and servers that lie."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import dovecot_server
import hostile_server
import sandbox
import smtp_server
import terminal

KIST = os.environ.get("KIST", "kist")
PASSWORD = "correct \"horse\" b4ttery"
USER = "anna@example.org"
PATIENCE = 120
MAIL = b"From: bert@example.org\r\nSubject: hello\r\n\r\nfirst line\r\n.dot\r\n"


class Servers:
    """One of each for all tests."""

    def __init__(self):
        self.dovecot = dovecot_server.DovecotServer({USER: PASSWORD})
        self.authority = self.dovecot.authority
        for _ in range(3):
            self.dovecot.save(USER, "INBOX", MAIL)
        self.dovecot.create(USER, "Entwürfe & mehr")
        self.smtp = smtp_server.SmtpServer(self.dovecot.certificate, USER, PASSWORD)

    def close(self):
        self.smtp.close()
        self.dovecot.close()


class Case(unittest.TestCase):
    def probe(self, protocol, *words, expect=0, trust=True, password=PASSWORD, stdin=None, **options):
        """The result; the password was neither shown nor sent where it should not."""
        argv = [KIST, "--config", "/dev/null", *options.pop("before", []), "probe", protocol, *words]
        if trust:
            argv += ["--ca-file", SERVERS.authority.certificate]
        if password is not None:
            argv += ["--password-file", "-"]
            stdin = password + "\n"
        result = subprocess.run([str(word) for word in argv], input=stdin or "", capture_output=True, text=True,
                                timeout=PATIENCE, **options)
        self.assertEqual(result.returncode, expect, f"{argv}\n{result.stdout}\n{result.stderr}")
        self.assertNotIn("b4ttery", result.stdout + result.stderr)
        if expect not in (0, 3):
            self.assertRegex(result.stderr, "(?m)^kist: ")
        return result

    def steps(self, *words, **options):
        """The names of the steps that worked, the verdict and all lines."""
        result = self.probe(*words, before=["--json"], **options)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(lines[-1]["type"], "verdict")
        return [line["step"] for line in lines[:-1] if line["ok"]], lines[-1], lines

    def hostile(self, script, *words, scheme="imap", expect=1, user=USER, **options):
        """What a probe of such a server says, and what the server has heard."""
        with hostile_server.HostileServer(script) as server:
            result = self.probe(scheme.rstrip("s"), server.url(scheme, user), *words, expect=expect, **options)
        self.assertNotIn(b"b4ttery", server.heard)
        return result, server.heard.decode(errors="replace")


class Imap(Case):
    def url(self, scheme="imaps", user=USER, folder=None):
        return SERVERS.dovecot.url(scheme, user, folder)

    def test_the_whole_dialogue_with_encryption_at_once(self):
        steps, verdict, lines = self.steps("imap", self.url())
        self.assertEqual(steps, ["connect", "greeting", "capabilities", "login", "abilities", "folders", "status", "open",
                                 "header", "text", "goodbye"])
        self.assertTrue(verdict["ok"])
        tls = lines[0]["tls"]
        self.assertRegex(tls["version"], r"^TLSv1\.[23]$")
        self.assertEqual(tls["certificates"][0]["fingerprint"], SERVERS.dovecot.certificate.fingerprint())
        self.assertIn("localhost", tls["certificates"][0]["names"])
        self.assertGreater(tls["certificates"][0]["not_after"], "2026")
        said = [line["line"] for line in lines[3]["dialogue"] if line["from"] == "client"]
        self.assertEqual(said[0], "a2 AUTHENTICATE SCRAM-SHA-256 ***")
        self.assertIn("3 messages", lines[7]["notes"])
        self.assertNotIn("\\Seen", SERVERS.dovecot.doveadm("fetch", "-u", USER, "flags", "mailbox", "INBOX"))

    def test_it_reads_as_over_telnet(self):
        text = self.probe("imap", self.url("imap")).stdout
        for pattern in [r"S: \* OK .*Dovecot", r"C: a\d STARTTLS", r"S: a\d OK", r"certificate CN=localhost",
                        r"issued by CN=Kist test authority", r"\(1\d days left\)", r"C: a\d AUTHENTICATE \S+ \*\*\*",
                        r'S: \* LIST \(\\HasNoChildren\) "/" INBOX', r"C: a\d+ EXAMINE \"INBOX\"", r"\| Subject: hello", r"\| \.dot",
                        r"yes QRESYNC", r"done in \d+ ms", r"Verdict: all of it works"]:
            self.assertRegex(text, pattern)
        self.assertNotIn("\x1b", text)
        coloured = self.probe("imap", self.url(), before=["--color", "always"]).stdout
        self.assertIn("\x1b[", coloured)

    def test_every_way_to_log_in(self):
        for mechanism in ["plain", "login", "scram-sha-1", "scram-sha-256", "login-command"]:
            text = self.probe("imap", self.url(), "--mechanism", mechanism).stdout
            self.assertIn(f"logged in by {mechanism.upper()}", text)
        self.probe("imap", self.url(), "--mechanism", "gssapi", expect=2)

    def test_a_refused_login(self):
        for mechanism in ["plain", "scram-sha-256", "login-command"]:
            result = self.probe("imap", self.url(), "--mechanism", mechanism, password="b4ttery", expect=5)
            self.assertIn("refuses the login of anna@example.org", result.stderr)
        steps, verdict, _ = self.steps("imap", self.url(), password="wrong", expect=5)
        self.assertEqual((steps[-1], verdict["failed_step"]), ("capabilities", "login"))

    def test_nobody_logs_in_without_a_user(self):
        steps, verdict, _ = self.steps("imap", self.url("imap", None), password=None)
        self.assertNotIn("login", steps)
        self.assertEqual(verdict["skipped"], ["login: the URL names no user"])

    def test_folders(self):
        _, verdict, lines = self.steps("imap", self.url(folder="Entw%C3%BCrfe%20%26%20mehr"))
        self.assertEqual(verdict["skipped"], ["header and text: the folder holds no message"])
        self.assertIn("Entw&APw-rfe &- mehr", json.dumps(lines))
        self.probe("imap", self.url(folder="missing"), expect=7)
        self.probe("imap", self.url(), "--message", "99", expect=7)

    def test_plain_text_only_where_it_is_asked_for(self):
        text = self.probe("imap", self.url("imap"), "--insecure").stdout
        self.assertIn("in plain text, as --insecure asks for", text)
        self.assertNotIn("STARTTLS\n", text)
        self.probe("imap", self.url("imaps"), "--insecure", expect=2)

    def test_where_the_password_comes_from(self):
        with tempfile.NamedTemporaryFile("w", suffix=".pw") as file:
            file.write(PASSWORD + "\r\n")
            file.flush()
            self.probe("imap", self.url(), "--password-file", file.name, password=None)
            self.probe("imap", self.url(), "--password-command", f"head -n 1 {file.name}", password=None)
            self.probe("imap", self.url(), "--password-file", file.name, "--password-command", "x", password=None, expect=2)
        result = self.probe("imap", self.url(), password=None, expect=2)
        self.assertIn("no terminal to ask", result.stderr)
        shown = terminal.Terminal([KIST, "probe", "imap", self.url(), "--ca-file", SERVERS.authority.certificate],
                                  [("Password of anna@example.org at localhost:", PASSWORD)])
        self.assertEqual(shown.code, 0, shown.shown)
        self.assertNotIn("b4ttery", shown.shown)
        self.assertIn("\x1b[", shown.shown, "colours on a terminal")

    def test_step_by_step(self):
        argv = [KIST, "probe", "imap", self.url("imaps", None), "--ca-file", SERVERS.authority.certificate, "--step"]
        shown = terminal.Terminal(argv, [("Enter goes on", "")] * 4)
        self.assertEqual(shown.code, 0, shown.shown)
        shown = terminal.Terminal(argv, [("Enter goes on", ""), ("Enter goes on", "q")])
        self.assertEqual(shown.code, 130, shown.shown)
        self.assertIn("stopped", shown.shown)
        self.probe("imap", self.url(), "--step", expect=2)

    def test_what_makes_no_sense(self):
        result = self.probe("imap", "imaps://anna:b4ttery@localhost", expect=2)
        self.assertIn("password does not belong there", result.stderr)
        self.assertIn("kist probe pop3", self.probe("imap", "pop3s://localhost", expect=2).stderr)
        self.probe("imap", "http://localhost", expect=2)
        self.probe("imap", self.url(), "--fingerprint", "12:34", expect=2)
        self.probe("imap", self.url(), "--ca-file", "/dev/null", trust=False, expect=1)


class Certificates(Case):
    """No secret goes to a server that does not prove who it is."""

    def imap(self, certificate):
        def script(peer):
            peer.encrypt(certificate)
            peer.say("* OK hello")
            peer.hear_all()
        return script

    def refused(self, certificate, reason, *words, **options):
        result, heard = self.hostile(self.imap(certificate), *words, scheme="imaps", **options)
        self.assertRegex(result.stderr, reason)
        self.assertEqual(heard, "")
        return result

    def test_wrong_ones(self):
        authority = SERVERS.authority
        self.refused(authority.issue("localhost", expired=True), "has expired")
        result = self.refused(authority.issue("other.example", "DNS:other.example"), "it is for other.example")
        self.assertIn("certificate CN=other.example", result.stdout, "it is shown all the same")
        own = authority.self_signed("localhost")
        result = self.refused(own, "self-signed", trust=False)
        self.assertIn("--fingerprint " + own.fingerprint(), result.stderr)
        self.refused(SERVERS.dovecot.certificate, "self-signed certificate in certificate chain", trust=False)

    def test_after_starttls(self):
        def script(peer):
            peer.say("* OK hello")
            peer.hear()
            peer.say("* CAPABILITY IMAP4rev1 STARTTLS", "a1 OK")
            peer.hear()
            peer.say("a2 OK")
            peer.encrypt(own)
            peer.hear_all()
        own = SERVERS.authority.issue("wrong.example", "DNS:wrong.example")
        result, heard = self.hostile(script)
        self.assertIn("it is for wrong.example", result.stderr)
        self.assertEqual(heard, "a1 CAPABILITY\r\na2 STARTTLS\r\n")

    def test_a_pinned_one_needs_no_authority(self):
        own = SERVERS.dovecot.certificate.fingerprint()
        url = SERVERS.dovecot.url("imaps", USER)
        text = self.probe("imap", url, "--fingerprint", own, trust=False).stdout
        self.assertIn("it is the certificate that --fingerprint names", text)
        wrong = own[:-1] + ("0" if own[-1] != "0" else "1")
        self.assertIn("not the expected one", self.probe("imap", url, "--fingerprint", wrong, expect=1).stderr)

    def test_one_that_expires_soon_needs_attention(self):
        def script(peer):
            peer.encrypt(soon)
            peer.say("* OK hello")
            for tag in ["a1", "a2"]:
                peer.hear()
                peer.say("* CAPABILITY IMAP4rev1", tag + " OK")
        soon = SERVERS.authority.issue("localhost", days=5)
        result, _ = self.hostile(script, scheme="imaps", user=None, password=None, expect=3)
        self.assertRegex(result.stdout, r"Verdict: it works, but .*\n.*expires in [45] days")


class Hostile(Case):
    def test_something_between_starttls_and_encryption(self):
        def script(peer):
            peer.say("* OK hello")
            peer.hear()
            peer.say("* CAPABILITY IMAP4rev1 STARTTLS", "a1 OK")
            peer.hear()
            peer.say(b"a2 OK begin\r\na3 OK you are in\r\n")
            peer.hear_all()
        result, _ = self.hostile(script)
        self.assertIn("between its agreement to encryption", result.stderr)

    def test_no_starttls_no_password(self):
        def script(peer):
            peer.say("* OK hello")
            for tag in ["a1", "a2"]:
                peer.hear()
                peer.say(tag + " BAD no encryption here")
            peer.hear_all()
        self.assertIn("refuses encryption", self.hostile(script)[0].stderr)

    def test_logged_in_before_encryption(self):
        def script(peer):
            peer.say("* PREAUTH welcome")
            peer.hear()
            peer.say("* CAPABILITY IMAP4rev1", "a1 OK")
            peer.hear_all()
        _, heard = self.hostile(script)
        self.assertEqual(heard, "a1 CAPABILITY\r\n")

    def test_greetings(self):
        for greeting, reason in [(b"* BYE full\r\n", "turns us away: BYE full"), (b"+OK pop\r\n", "does not speak IMAP"),
                                 (b"x" * 1_000_000, "a line of more than"), (b"", "connection was closed")]:
            self.assertIn(reason, self.hostile(lambda peer, line=greeting: peer.say(line))[0].stderr)

    def test_endings_and_sizes(self):
        for answer, reason in [(b"* BYE going down\r\n", "says goodbye in the middle: going down"),
                               (b"* 1 FETCH (X {99999999999999999999}\r\n", "impossible size"),
                               (b"* 1 FETCH (X {18446744073709551615}\r\nabc", "connection was closed"),
                               (b"* 1 EXISTS\r\n" * 20000, "does not come to an end")]:
            def script(peer, answer=answer):
                peer.say("* OK hello")
                peer.hear()
                peer.say(answer)
            self.assertIn(reason, self.hostile(script)[0].stderr)

    def test_silence(self):
        result, _ = self.hostile(lambda peer: peer.hear_all(), "--timeout", "1")
        self.assertIn("waited 1 s for an answer", result.stderr)
        for scheme in ["pop3", "smtp", "imaps"]:
            self.hostile(lambda peer: peer.hear_all(), "--timeout", "1", scheme=scheme)

    def test_control_bytes_do_not_reach_the_terminal(self):
        result, _ = self.hostile(lambda peer: peer.say(b"* OK \x1b]0;owned\x07\x9b31m\r\n"), user=None, password=None)
        self.assertNotRegex(result.stdout + result.stderr, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")
        self.assertIn("\\x1b]0;owned", result.stdout)

    def test_an_echoed_password_is_masked(self):
        def script(peer):
            peer.say("+OK hello")
            while line := peer.hear():
                peer.say("-ERR unknown command: " + line if line.startswith("PASS") else "+OK\r\n." if line == "CAPA" else "+OK")
        with hostile_server.HostileServer(script) as server:
            result = self.probe("pop3", server.url("pop3", USER), "--insecure", expect=5)
        self.assertIn("unknown command: ***", result.stdout)
        self.assertIn(b"b4ttery", server.heard, "it was sent, as --insecure says")

    def test_interruption(self):
        with hostile_server.HostileServer(lambda peer: peer.hear_all()) as server:
            process = subprocess.Popen([KIST, "probe", "imap", server.url("imap")], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            while "waits for the server" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130, errors)

    def test_nobody_there(self):
        with hostile_server.HostileServer(lambda peer: None) as server:
            pass
        self.assertIn("Connection refused", self.probe("imap", server.url("imap"), expect=1).stderr)
        argv = [KIST, "probe", "imap", "no-such-host.invalid"]
        result = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn(result.returncode, (1, 7), "1 without any name server")
        self.assertIn("cannot find the address of no-such-host.invalid", result.stderr)


class Pop3(Case):
    def test_the_whole_dialogue_loses_nothing(self):
        for scheme in ["pop3s", "pop3"]:
            steps, verdict, lines = self.steps("pop3", SERVERS.dovecot.url(scheme, USER))
            self.assertEqual(steps[-8:], ["login", "size", "list", "ids", "top", "message", "deletion", "goodbye"])
            self.assertTrue(verdict["ok"])
            sent = [line["line"] for step in lines[:-1] for line in step["dialogue"] if line["from"] == "client"]
            self.assertEqual(sent[-4:], ["DELE 3", "RSET", "STAT", "QUIT"])
            self.assertEqual("STLS" in sent, scheme == "pop3")
        self.assertEqual(SERVERS.dovecot.count(USER, "INBOX"), 3)

    def test_it_reads_as_over_telnet(self):
        text = self.probe("pop3", SERVERS.dovecot.url("pop3", USER), "--mechanism", "user", "--no-delete").stdout
        for part in ["C: USER anna@example.org", "C: PASS ***", "C: TOP 3 10", "C: RETR 3", "| .dot", "Not tried: DELE"]:
            self.assertIn(part, text)

    def test_a_refused_login(self):
        for mechanism in ["user", "plain", "scram-sha-1"]:
            self.probe("pop3", SERVERS.dovecot.url("pop3s", USER), "--mechanism", mechanism, password="b4ttery", expect=5)

    def test_a_deletion_that_stays_is_not_carried_out(self):
        def script(peer):
            peer.say("+OK hello")
            while line := peer.hear():
                peer.say({"STAT": "+OK 1 10", "LIST": "+OK\r\n1 10\r\n.", "UIDL": "+OK\r\n1 a\r\n.", "CAPA": "-ERR",
                          "TOP 1 10": "-ERR", "RETR 1": "+OK\r\nx\r\n.", "RSET": "-ERR"}.get(line, "+OK"))
        with hostile_server.HostileServer(script) as server:
            result = self.probe("pop3", server.url("pop3", USER), "--insecure", expect=1)
        self.assertIn("without QUIT", result.stderr)
        self.assertNotIn(b"QUIT", server.heard)


class Smtp(Case):
    def test_the_whole_dialogue_sends_nothing(self):
        for scheme in ["smtps", "smtp"]:
            steps, verdict, lines = self.steps("smtp", SERVERS.smtp.url(scheme, USER))
            self.assertEqual(steps[-5:], ["login", "sender", "recipient", "forget", "goodbye"])
            self.assertTrue(verdict["ok"])
            sent = [line["line"] for step in lines[:-1] for line in step["dialogue"] if line["from"] == "client"]
            self.assertEqual(sent[-4:], [f"MAIL FROM:<{USER}>", f"RCPT TO:<{USER}>", "RSET", "QUIT"])
        self.send("smtps")  # and the next mail that comes is this one

    def send(self, scheme):
        text = self.probe("smtp", SERVERS.smtp.url(scheme, USER), "--to", "bert@example.org", "--send").stdout
        self.assertIn("S: 250 taken", text)
        mail = SERVERS.smtp.next_mail()
        self.assertEqual((mail["from"], mail["to"]), (USER, ["bert@example.org"]))
        self.assertRegex(mail["content"], r"(?m)^Date: \w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r$")
        self.assertIn("\r\n\r\nThis mail was sent by", mail["content"])

    def test_a_real_mail(self):
        self.send("smtp")

    def test_refusals(self):
        self.probe("smtp", SERVERS.smtp.url("smtps", USER), password="b4ttery", expect=5)
        result = self.probe("smtp", SERVERS.smtp.url("smtp", USER), "--to", "x@refused.example", expect=1)
        self.assertIn("550 5.7.1 no relaying", result.stderr)
        self.probe("smtp", SERVERS.smtp.url("smtp", USER), "--to", "x> y", expect=2)
        self.probe("smtp", SERVERS.smtp.url("smtp"), "--send", password=None, expect=2)

    def test_without_a_user_and_address(self):
        _, verdict, _ = self.steps("smtp", SERVERS.smtp.url("smtp"), password=None)
        self.assertEqual(len(verdict["skipped"]), 2)


def tests():
    global SERVERS
    SERVERS = Servers()
    try:
        program = unittest.main(module="__main__", exit=False, verbosity=2)
    finally:
        SERVERS.close()
    sys.stdout.flush()
    os._exit(0 if program.result.wasSuccessful() else 1)


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, and the packages dovecot-imapd, dovecot-pop3d and openssl")
    if not smtp_server.is_available():
        sandbox.skip("needs the package python3-aiosmtpd")
    sandbox.enter()
    sandbox.reap_orphans(tests)
