"""Servers that know a message wherever it stands: Gmail, which shows it in the folder of every label (X-GM-EXT-1), and those
that have OBJECTID (RFC 8474). Each is fetched once."""

import collections
import json
import os

import kist_driver
from scripted_case import ScriptedCase
from scripted_imap import Folder, ScriptedImap, literal

ALL = '[Gmail]/All Mail'


def message(number):
    return b"Subject: %d\r\n\r\n" % number + b"text %d\r\n" % number * 500


class Naming(ScriptedImap):
    """Says of each message by what it is known wherever it stands, and counts what it sends."""

    def __init__(self, folders):
        self.sent = collections.Counter()
        self.numbers = {}  # that are said instead of that in the subject
        super().__init__(folders)

    def number(self, content):
        subject = int(content.split(b"\r\n")[0].split()[1])
        return self.numbers.get(subject, subject)

    def uid_fetch(self, send, state, rest):
        folder = state["folder"]
        if "BODY" in rest:
            return super().uid_fetch(send, state, rest)
        assert rest.endswith(f"(UID FLAGS RFC822.SIZE {self.item})"), rest
        for uid, content in sorted(folder.messages.items()):
            send(f"* {uid} FETCH ({self.item} {self.id_of(content)} RFC822.SIZE {len(content)} UID {uid} FLAGS ({folder.flags[uid]}))")
        return "OK"

    def answer(self, folder, uid):
        self.sent[folder.messages[uid]] += 1
        return super().answer(folder, uid)


class Gmail(Naming):
    capabilities = ScriptedImap.capabilities + " X-GM-EXT-1"
    item = "X-GM-MSGID"

    def id_of(self, content):
        return 1278455344230334800 + self.number(content)


class ObjectIds(Naming):
    capabilities = ScriptedImap.capabilities + " OBJECTID"
    item = "EMAILID"

    def id_of(self, content):
        return f"(M{self.number(content)})"


class Labels(ScriptedCase):
    def setUp(self):
        super().setUp()
        self.folders = {
            "INBOX": Folder({1: message(1), 2: message(2)}),
            ALL: Folder({uid: message(uid - 10) for uid in range(11, 31)}),
            "Work": Folder({5: message(2), 6: message(7), 7: message(8)}),
        }

    def assert_stored(self):
        for directory, folder in [(".", "INBOX"), (".[Gmail].All Mail", ALL), (".Work", "Work")]:
            self.assertEqual(self.stored(directory), self.folders[folder].messages)

    def file(self, directory, uid):
        return next((self.mirror / directory / "cur").glob(f"*U={uid}:*"))

    def test_each_message_is_fetched_once_and_is_one_file(self):
        server = self.serve(Gmail, **self.folders)
        result = self.result()
        self.assertEqual((result["files_read"], result["new"], result["skipped"]), (20, 25 + 12, 0))  # each folder is four directories
        self.assertEqual(set(server.sent.values()), {1})
        self.assert_stored()
        files = [self.file(".", 2), self.file(".[Gmail].All Mail", 12), self.file(".Work", 5)]
        self.assertEqual(len({file.stat().st_ino for file in files}), 1)
        self.kist("check")

    def test_what_comes_later_is_fetched_once_too(self):
        server = self.serve(Gmail, **self.folders)
        self.result()
        server.sent.clear()
        for folder, uid in [("INBOX", 3), (ALL, 31), ("Work", 8)]:
            self.folders[folder].messages[uid] = message(40)
            self.folders[folder].flags[uid] = ""
        self.assertEqual(self.result()["files_read"], 1)
        self.assertEqual(server.sent, {message(40): 1})
        self.assert_stored()

    def test_keywords_are_of_one_folder(self):
        server = self.serve(Gmail, **self.folders)
        self.folders["Work"].flags[5] = "Later"
        self.assertEqual(self.result()["files_read"], 21)
        self.assertEqual(server.sent[message(2)], 2)
        self.assert_stored()
        inodes = [self.file(directory, uid).stat().st_ino for directory, uid in [(".", 2), (".[Gmail].All Mail", 12), (".Work", 5)]]
        self.assertEqual(inodes[0], inodes[1])
        self.assertNotEqual(inodes[0], inodes[2])

    def test_a_label_that_an_old_message_gets_fetches_nothing(self):
        server = self.serve(Gmail, **self.folders)
        self.folders[ALL].flags[14] = "Later \\Seen"
        self.result()
        server.sent.clear()
        for folder, uid, number, flags in [("Work", 8, 3, ""), ("Work", 9, 4, "Later"), ("INBOX", 3, 3, "\\Seen"), ("INBOX", 4, 40, "")]:
            self.folders[folder].messages[uid] = message(number)
            self.folders[folder].flags[uid] = flags
        del self.folders["Work"].messages[7]
        self.assertEqual(self.result()["files_read"], 1)
        self.assertEqual(server.sent, {message(40): 1})
        self.assert_stored()
        self.assertEqual(self.file(".", 3).stat().st_ino, self.file(".Work", 8).stat().st_ino)
        keywords = [os.getxattr(file, "user.kist.mail.keywords") for file in (self.file(".Work", 9), self.file(".[Gmail].All Mail", 14))]
        self.assertEqual(keywords, [b"Later", b"Later"])
        self.assertNotIn("user.kist.mail.keywords", os.listxattr(self.file(".Work", 8)))
        self.kist("check")

    def test_a_number_of_several_messages_is_believed_of_one_size_only(self):
        server = self.serve(Gmail, **self.folders)
        server.numbers = dict.fromkeys((7, 18), 500)  # a digit more makes the second larger
        self.assertEqual(self.result()["files_read"], 20)
        self.assert_stored()

    def test_one_that_is_refused_in_a_folder_comes_with_another(self):
        class Refusing(Gmail):
            def fetch(self, send, folder, uids):
                if folder is self.folders["INBOX"]:
                    return "NO [SERVERBUG] not now"
                return super().fetch(send, folder, uids)

        self.serve(Refusing, **self.folders)
        result = self.result(expect=3)
        self.assertEqual((result["files_read"], result["skipped"]), (21, 2))  # one was waited for in vain in two folders
        self.assertEqual(self.stored(".[Gmail].All Mail"), self.folders[ALL].messages)
        self.assertEqual(self.stored(".Work"), self.folders["Work"].messages)

    def test_within_a_limit_of_bytes_a_day(self):
        self.serve(Gmail, **self.folders)
        name, traffic, words = self.limited("30k")
        read = 0
        for _ in range(10):
            result = self.kist(*words, expect=None)
            self.assertIn(result.returncode, (0, 3), result.stderr)
            read += json.loads(result.stdout)["files_read"]
            if result.returncode == 0:
                break
            traffic.write_text("2020" + traffic.read_text()[4:])
        self.assertEqual(result.returncode, 0)
        self.assertGreaterEqual(read, 20)
        mirror = self.mount_point / "latest/mail" / name
        for directory, folder in [(".", "INBOX"), (".[Gmail].All Mail", ALL), (".Work", "Work")]:
            stored = sorted(file.read_bytes() for file in (mirror / directory / "cur").iterdir())
            self.assertEqual(stored, sorted(self.folders[folder].messages.values()))
        self.kist("check")


class Moved(ScriptedCase):
    """What a server knows by an id that lasts is not fetched again, wherever it went."""

    def setUp(self):
        super().setUp()
        self.folders = {"INBOX": Folder({uid: message(uid) for uid in range(1, 9)}), "Work": Folder({})}

    def assert_nothing_comes_again(self, held):
        self.server.sent.clear()
        result = self.kist("-v", "backup", self.server.url(), "--insecure", "--password-file", self.password, "--no-drill")
        self.assertEqual(self.server.sent, {})
        self.assertIn(f"{held} messages were moved or have other numbers, and were not fetched again.", result.stderr)
        self.assertEqual(self.stored(), self.folders["INBOX"].messages)

    def test_messages_go_to_another_folder(self):
        self.serve(ObjectIds, **self.folders)
        self.result()
        for uid in range(3, 7):
            self.folders["Work"].messages[uid + 10] = self.folders["INBOX"].messages.pop(uid)
            self.folders["Work"].flags[uid + 10] = "\\Seen NonJunk"
        self.assert_nothing_comes_again(4)
        self.assertEqual(self.stored(".Work"), self.folders["Work"].messages)
        self.kist("check")

    def test_among_new_ones_from_a_server_that_sends_what_nobody_asked_for(self):
        class Talkative(ObjectIds):
            def fetch(self, send, folder, uids):
                answer = super().fetch(send, folder, uids)
                send(b"* 99 FETCH (UID 9999 BODY[] " + literal(b"for nobody") + b")\r\n")
                return answer

        for name in "ABCD":
            self.folders[name] = Folder({})
        self.serve(Talkative, **self.folders)
        self.result()
        for at, name in enumerate("ABCD"):
            new = {50: message(100 + at)} if name < "C" else {}
            self.folders[name].messages = new | {uid: self.folders["INBOX"].messages[uid] for uid in (2 * at + 1, 2 * at + 2)}
            self.folders[name].flags = dict.fromkeys(self.folders[name].messages, "")
        self.assertEqual(self.result()["files_read"], 2)
        for name in "ABCD":
            self.assertEqual(self.stored("." + name), self.folders[name].messages)
        self.kist("check")

    def test_a_folder_has_other_numbers(self):
        self.serve(ObjectIds, **self.folders)
        self.result()
        self.folders["INBOX"].validity += 1
        self.assert_nothing_comes_again(8)
        self.folders["INBOX"].messages = {uid + 5: content for uid, content in self.folders["INBOX"].messages.items()}
        self.folders["INBOX"].flags = {uid + 5: flags for uid, flags in self.folders["INBOX"].flags.items()}
        self.folders["INBOX"].validity += 1
        self.assert_nothing_comes_again(8)

    def test_a_folder_has_another_name(self):
        self.serve(ObjectIds, **self.folders)
        self.folders["Work"].messages[1] = message(50)
        self.folders["Work"].flags[1] = ""
        self.result()
        self.server.folders["Desk"] = self.server.folders.pop("Work")
        self.assert_nothing_comes_again(1)
        self.assertEqual(self.stored(".Desk"), {1: message(50)})

    def test_what_is_damaged_in_the_volume_comes_from_the_server(self):
        self.serve(ObjectIds, **self.folders)
        self.result()
        kist_driver.rot(next((self.mirror / "cur").glob("*U=3:*")))
        self.server.sent.clear()
        for uid in (3, 4):
            self.folders["Work"].messages[uid] = self.folders["INBOX"].messages[uid]
            self.folders["Work"].flags[uid] = ""
        self.result()
        self.assertEqual(self.server.sent, {message(3): 1})
        self.assertEqual(self.stored(".Work"), self.folders["Work"].messages)

    def test_a_server_that_has_none_after_all_is_asked_for_less(self):
        class Boasting(ObjectIds):
            def uid_fetch(self, send, state, rest):
                return "BAD EMAILID?" if "EMAILID" in rest else ScriptedImap.uid_fetch(self, send, state, rest)

        self.folders["INBOX"].flags[2] = "\\Flagged"
        self.serve(Boasting, **self.folders)
        result = self.result()
        self.assertEqual((result["files_read"], result["skipped"]), (8, 0))
        self.assertEqual(self.stored(), self.folders["INBOX"].messages)
        self.assertEqual(len(list((self.mirror / "cur").glob("*U=2:2,F"))), 1)

    def test_an_id_is_believed_of_one_size_only(self):
        server = self.serve(ObjectIds, **self.folders)
        self.result()
        server.sent.clear()
        self.folders["Work"].messages[1] = message(3) + b"more"
        self.folders["Work"].flags[1] = ""
        self.assertEqual(self.result()["files_read"], 1)
        self.assertEqual(self.stored(".Work"), self.folders["Work"].messages)


if __name__ == "__main__":
    kist_driver.main()
