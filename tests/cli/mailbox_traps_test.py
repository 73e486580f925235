"""What servers do wrong, out of age or malice, and what a backup makes of it."""

import json
import subprocess
import threading

import kist_driver
import scripted_imap
from scripted_case import MESSAGES, ScriptedCase
from scripted_imap import Cut, Folder, ScriptedImap, literal


class Traps(ScriptedCase):
    def test_a_plain_server(self):
        self.serve()
        self.assertEqual(self.result()["files_read"], 8)
        self.assertEqual(self.stored(), MESSAGES)
        self.server.folders["INBOX"].flags[3] = "\\Seen odd]keyword"
        result = self.result()
        self.assertEqual((result["files_read"], result["renamed"]), (0, 1))
        self.assertFalse([one for one in self.server.commands if one.startswith(("SELECT", "STORE"))])

    def test_messages_that_look_like_answers_and_answers_in_any_order(self):
        forged = b"Subject: x\r\n\r\nk7 OK done\r\n* 9 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n* BYE\r\n)\r\n"
        odd = {1: forged, 2: b"a\0b\r\n", 3: b"quoted \"text\" \\", 4: b"", 5: forged * 500, 6: b"x" * 3_000_000}

        class Odd(ScriptedImap):
            def answer(self, folder, uid):
                body = folder.messages[uid]
                if uid == 2:
                    return b"* 2 FETCH (BODY[] ~" + literal(body) + b" X-GM-LABELS NIL MODSEQ (5) UID 2)\r\n"
                if uid == 3:
                    return b'* 3 FETCH (BODY[] "quoted \\"text\\" \\\\" ENVELOPE (("a" NIL)) FLAGS (\\Recent) UID 3)\r\n'
                if uid == 4:
                    return b'* 4 FETCH (FLAGS () UID 4 BODY[] "")\r\n* 77 EXISTS\r\n* 3 FETCH (UID 99 BODY[] {1}\r\nz)\r\n'
                return super().answer(folder, uid)

        self.serve(Odd, INBOX=Folder(odd))
        self.assertEqual(self.result()["skipped"], 0)
        self.assertEqual(self.stored(), odd)

    def test_one_bad_message_is_named_and_the_others_come(self):
        class Yahoo(ScriptedImap):
            bad = {5}

            def fetch(self, send, folder, uids):
                for uid in uids:
                    if uid in self.bad:
                        return "NO [SERVERBUG] internal error"
                    send(self.answer(folder, uid))
                return "OK"

        server = self.serve(Yahoo)
        result = self.export(expect=3)
        self.assertIn("internal error", result.stderr)
        self.assertNotIn("left for later", result.stderr)
        self.assertEqual(self.stored(), {uid: text for uid, text in MESSAGES.items() if uid != 5})
        server.bad = set()
        self.assertEqual(self.result()["files_read"], 1)
        self.assertEqual(self.stored(), MESSAGES)

    def test_answers_with_nothing_in_them(self):
        class Exchange(ScriptedImap):
            lazy = True

            def fetch(self, send, folder, uids):
                for uid in uids:
                    if uid == 2:  # a body that there is none of
                        send("* 2 FETCH (UID 2 BODY[] NIL)")
                    elif uid != 4 or len(uids) == 1:
                        send(self.answer(folder, uid))
                return "OK"

            def uid_fetch(self, send, state, rest):
                if "BODY" not in rest and self.lazy:
                    self.lazy = False
                    return "OK"
                return super().uid_fetch(send, state, rest)

        self.serve(Exchange)
        result = self.export(expect=3)
        self.assertIn("message 2", result.stderr)
        self.assertEqual(self.stored(), {uid: text for uid, text in MESSAGES.items() if uid != 2})

    def test_a_connection_that_is_cut_in_a_message(self):
        class Fragile(ScriptedImap):
            cuts = 2

            def fetch(self, send, folder, uids):
                for uid in uids:
                    answer = self.answer(folder, uid)
                    if uid in (3, 6) and self.cuts > 0:
                        self.cuts -= 1
                        send(answer[:-10])
                        raise Cut
                    send(answer)
                return "OK"

        self.serve(Fragile)
        self.assertEqual(self.result()["files_read"], 8)
        self.assertEqual(self.stored(), MESSAGES)

    def test_numbers_that_change_between_two_answers(self):
        class Moving(ScriptedImap):
            def do_status(self, send, state, rest):
                send("* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5)")
                return "OK"

        self.serve(Moving)
        self.assertEqual(self.result()["files_read"], 8)
        self.server.folders["INBOX"].validity = 1800000000
        self.assertEqual(self.result()["files_read"], 8)
        self.assertEqual(self.stored(), MESSAGES)
        self.server.folders["INBOX"].validity = 0
        for _ in range(2):
            result = self.result()
            self.assertEqual((result["files_read"], result["skipped"]), (8, 0))
        self.assertEqual(result["changed"], 0)
        self.assertEqual(self.stored(), MESSAGES)

    def test_folders_with_odd_names(self):
        one = {1: MESSAGES[1]}
        names = ["..", ".", "/", "a/b", 'q"\\', "&", "&AGE-", "\udcff", "line\r\nend", "x" * 300, "nothing", "../../../etc"]
        server = self.serve(**{"inbox": Folder(one)})
        server.folders |= {name: Folder(one) for name in names}
        server.folders["nothing"].attributes = "\\Noselect"
        result = self.export(expect=3)
        self.assertIn("cannot be sent", result.stderr)
        self.assertEqual(self.stored(), one)
        self.assertEqual(self.stored(".a.b"), one)
        found = [path for path in self.mirror.glob(".*/cur/*")]
        self.assertEqual(len(found), len(names) - 2, found)
        self.assertEqual([path.name for path in self.mirror.parent.iterdir()], [self.mirror.name])
        self.kist("check")

    def test_a_folder_that_is_closed_keeps_what_is_known(self):
        class Closed(ScriptedImap):
            closed = False

            def do_examine(self, send, state, rest):
                if self.closed and "Lists" in rest:
                    state["folder"] = None
                    return "NO [NOPERM] not now"
                return super().do_examine(send, state, rest)

        server = self.serve(Closed, INBOX=Folder(MESSAGES), Lists=Folder({1: b"x\r\n"}))
        self.result()
        server.closed = True
        server.folders["Lists"].messages[2] = b"y\r\n"
        server.folders["Lists"].flags[2] = ""
        self.assertIn("not now", self.export(expect=3).stderr)
        self.assertEqual(self.stored(".Lists"), {1: b"x\r\n"})
        server.closed = False
        self.assertEqual(self.result()["files_read"], 1)

    def test_a_server_without_folders_ends_nothing(self):
        server = self.serve()
        self.result()
        server.folders = {}
        self.assertIn("no folders", self.export(expect=1).stderr)
        self.assertEqual(self.snapshots(), [1])
        self.assertEqual(self.stored(), MESSAGES)

    def test_who_skips_the_login_before_encryption_is_refused(self):
        server = self.serve()
        server.greeting = "* PREAUTH welcome"
        self.kist("backup", server.url(), "--password-file", self.password, expect=1)
        self.assertEqual(server.commands, [])

    def test_endless_answers_are_refused(self):
        class Endless(ScriptedImap):
            def do_list(self, send, state, rest):
                send(b"* LIST () \"/\" {99999999999999999999}\r\n")
                return "OK"

        self.serve(Endless)
        self.assertIn("too large", self.export(expect=1).stderr)


class Killed(ScriptedCase):
    def test_what_a_killed_run_has_fetched_counts_for_the_day(self):
        class Stalling(ScriptedImap):
            stalls = True

            def fetch(self, send, folder, uids):
                for uid in uids:
                    if uid == 4 and self.stalls:
                        raise self.done.wait() and Cut
                    send(self.answer(folder, uid))
                return "OK"

        self.done = Stalling.done = threading.Event()
        self.addCleanup(self.done.set)
        messages = {uid: b"Subject: %d\r\n\r\n" % uid + bytes([uid]) * (6 << 20) for uid in range(1, 6)}
        server = self.serve(Stalling, INBOX=Folder(messages))
        name, traffic, words = self.limited("20M")
        run = subprocess.Popen([kist_driver.KIST, "--volume", self.container, "--key-file", self.key, *words],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(run.kill)
        kist_driver.wait_until(traffic.exists)
        run.kill()
        run.wait()
        self.assertGreaterEqual(int(traffic.read_text().split()[1]), 16 << 20)
        server.stalls = False
        self.done.set()
        self.assertEqual(json.loads(self.kist(*words, expect=3).stdout)["files_read"], 1)  # one that began with the last 4 MiB
        traffic.write_text("2020" + traffic.read_text()[4:])
        self.assertEqual(json.loads(self.kist(*words).stdout)["files_read"], 4)
        stored = sorted(file.read_bytes() for file in (self.mount_point / "latest/mail" / name / "cur").iterdir())
        self.assertEqual(stored, sorted(messages.values()))


if __name__ == "__main__":
    kist_driver.main()
