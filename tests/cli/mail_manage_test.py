"""What changes a mail server: folders made, renamed and deleted, messages moved and removed, always with doveadm as the witness.
Nothing goes that the newest snapshot does not hold, unless that is asked for."""

import dovecot_server
import kist_driver
import sandbox
import scripted_imap
from kist_driver import Case

USER = "anna"
PASSWORD = "b4ttery staple"


def message(number, body=b"text"):
    return f"From: bert@example.org\r\nSubject: number {number}\r\n\r\n".encode() + body + b"\r\n"


class ManageCase(Case):
    def setUp(self):
        super().setUp()
        self.server = dovecot_server.DovecotServer({USER: PASSWORD})
        self.addCleanup(self.server.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.access = ["--password-file", self.password, "--ca-file", self.server.authority.certificate]

    @property
    def account(self):
        return f"{USER}@localhost:{self.server.ports['imaps']}"

    def save(self, folder, *numbers):
        for number in numbers:
            self.server.save(USER, folder, message(number))

    def mail(self, verb, *words, expect=0):
        """`mail VERB` of the account: the last line of JSON, None where it says nothing."""
        lines = self.json("mail", verb, self.server.url("imaps", USER), *words, *self.access, expect=expect)
        return lines[-1] if lines else None

    def refused(self, verb, *words, expect):
        return self.kist("mail", verb, self.server.url("imaps", USER), *words, *self.access, expect=expect).stderr

    def export(self):
        self.prepare("96M")
        self.back_up()

    def back_up(self, expect=0):
        self.kist("backup", self.server.url("imaps", USER), *self.access, "--no-drill", expect=expect)

    def uids(self, folder="INBOX"):
        found = self.server.doveadm("-f", "flow", "fetch", "-u", USER, "uid", "mailbox", folder, "ALL")
        return [int(word.removeprefix("uid=")) for word in found.split()]

    def folders(self):
        return set(self.server.doveadm("mailbox", "list", "-u", USER).splitlines())

    def subscribed(self):
        return set(self.server.doveadm("mailbox", "list", "-s", "-u", USER).splitlines())


class Folders(ManageCase):
    def test_are_made_and_renamed_with_what_is_in_them(self):
        self.assertEqual(self.mail("create", "Lists/Entwürfe & mehr")["type"], "created")
        self.assertIn("Lists/Entwürfe & mehr", self.folders())
        self.assertIn("Lists/Entwürfe & mehr", self.subscribed())
        self.assertIn("already", self.refused("create", "Lists/Entwürfe & mehr", expect=2))
        self.save("Lists/Entwürfe & mehr", 1)
        self.assertEqual(self.mail("rename", "Lists", "Old")["folders"], 2)
        self.assertIn("Old/Entwürfe & mehr", self.folders())
        self.assertEqual(self.subscribed(), {"Old/Entwürfe & mehr"})
        self.assertEqual(self.uids("Old/Entwürfe & mehr"), [1])
        self.assertIn("Did you mean", self.refused("rename", "Olt", "New", expect=7))
        self.assertIn("inbox", self.refused("rename", "INBOX", "New", expect=2))

    def test_are_deleted_only_when_a_snapshot_holds_all_of_them(self):
        self.mail("create", "Lists")
        self.save("Lists", 1, 2)
        self.export()
        self.save("Lists", 3)
        error = self.refused("delete", "Lists", "--yes", expect=1)
        self.assertIn("1 of 3 messages", error)
        self.assertIn("message 3", error)
        self.assertEqual(self.uids("Lists"), [1, 2, 3])
        self.back_up()
        self.assertIn("--yes", self.refused("delete", "Lists", expect=2))
        rehearsed = self.mail("delete", "Lists", "--dry-run")
        self.assertEqual((rehearsed["type"], rehearsed["messages"]), ("dry-run", 3))
        self.assertIn("Lists", self.folders())
        gone = self.mail("delete", "Lists", "--yes")
        self.assertEqual((gone["type"], gone["messages"], gone["left"]), ("deleted", 3, 0))
        self.assertNotIn("Lists", self.folders())
        self.assertNotIn("Lists", self.subscribed())
        self.assertIn("inbox", self.refused("delete", "INBOX", "--yes", expect=2))
        # It is in the snapshot, and comes back.
        self.kist("mail", "restore", "latest", self.account, "--to", self.server.url("imaps", USER), "--yes", *self.access)
        self.assertEqual(len(self.uids("Lists")), 3)


class Messages(ManageCase):
    def test_go_only_when_the_newest_snapshot_holds_them_whole(self):
        self.save("INBOX", 1, 2, 3, 4)
        self.export()
        self.save("INBOX", 5)
        self.assertIn("message 5", self.refused("delete", "--folder", "INBOX", "--message", "4:5", "--yes", expect=1))
        self.assertEqual(self.uids(), [1, 2, 3, 4, 5])
        # Somebody edits the backup of one: it does not count.
        file = next((self.mount_point / "latest/mail" / self.account / "cur").glob("*,U=2:*"))
        file.write_bytes(file.read_bytes().replace(b"number 2", b"number X"))
        error = self.refused("delete", "--folder", "INBOX", "--message", "1:3", "--yes", expect=1)
        self.assertIn("damaged", error)
        self.assertEqual(self.uids(), [1, 2, 3, 4, 5])
        # Others stay, also those that somebody has flagged as deleted.
        self.server.doveadm("flags", "add", "-u", USER, "\\Deleted", "mailbox", "INBOX", "uid", "4")
        gone = self.mail("delete", "--folder", "INBOX", "--message", "1", "--message", "3", "--yes")
        self.assertEqual((gone["type"], gone["messages"], gone["left"]), ("removed", 2, 0))
        self.assertEqual(self.uids(), [2, 4, 5])
        self.mail("delete", "--folder", "INBOX", "--message", "2", "--yes", "--without-backup")
        self.assertEqual(self.uids(), [4, 5])
        self.assertIn("none of these", self.refused("delete", "--folder", "INBOX", "--message", "77", "--yes", expect=7))
        self.refused("delete", "--folder", "INBOX", "--message", "0", "--yes", expect=2)
        self.refused("delete", "--folder", "INBOX", "--yes", expect=2)
        # Expunging takes what is flagged so, under the same condition.
        self.server.doveadm("flags", "add", "-u", USER, "\\Deleted", "mailbox", "INBOX", "uid", "5")
        self.assertIn("message 5", self.refused("expunge", "INBOX", "--yes", expect=1))
        self.back_up(expect=3)  # it says that the damaged one is lost
        self.assertEqual(self.mail("expunge", "INBOX", "--yes")["messages"], 2)
        self.assertEqual(self.uids(), [])
        self.assertEqual(self.mail("expunge", "INBOX", "--yes")["messages"], 0)

    def test_of_another_uidvalidity_are_not_those_of_the_snapshot(self):
        self.mail("create", "Lists")
        self.save("Lists", 1)
        self.export()
        self.server.doveadm("mailbox", "delete", "-u", USER, "Lists")
        self.server.create(USER, "Lists")
        self.save("Lists", 2)
        self.assertEqual(self.uids("Lists"), [1])
        self.refused("delete", "--folder", "Lists", "--message", "1", "--yes", expect=1)
        self.assertEqual(self.uids("Lists"), [1])

    def test_move_to_other_folders(self):
        self.save("INBOX", 1, 2, 3)
        self.mail("create", "Archive")
        self.assertEqual(self.mail("move", "INBOX", "Archive", "--message", "1:2")["messages"], 2)
        self.assertEqual((self.uids(), len(self.uids("Archive"))), ([3], 2))
        self.mail("move", "Archive", "INBOX", "--all")
        self.assertEqual((len(self.uids()), self.uids("Archive")), (3, []))
        self.refused("move", "INBOX", "INBOX", "--all", expect=2)
        self.refused("move", "INBOX", "Nowhere", "--all", expect=7)
        self.refused("move", "INBOX", "Archive", expect=2)

    def test_that_are_old_are_archived(self):
        self.save("INBOX", 1, 2)
        self.prepare("96M")
        self.assertEqual(self.mail("archive", "INBOX", "--older-than", "2000-01-01", "--yes")["messages"], 0)
        self.assertEqual(self.uids(), [1, 2])
        done = self.mail("archive", "INBOX", "--older-than", "2100-01-01", "--yes")
        self.assertEqual((done["type"], done["messages"], done["left"]), ("removed", 2, 0))
        self.assertEqual(self.uids(), [])
        self.assertEqual(self.json("list")[-1]["tags"], ["archive"])
        listed = self.kist("ls", f"latest:/{self.account}/INBOX", "--mail").stdout
        self.assertEqual(listed.count(",U="), 2)
        self.refused("archive", "INBOX", "--older-than", "soon", "--yes", expect=2)
        self.refused("archive", "INBOX", "--yes", expect=2)


class Plain(scripted_imap.ScriptedImap):
    """A server without UIDPLUS and MOVE."""

    def do_select(self, send, state, rest):
        return self.do_examine(send, state, rest)

    def uid_store(self, send, state, rest):
        folder = state["folder"]
        for uid in [uid for uid in folder.messages if uid in scripted_imap.numbers(rest.split()[0], max(folder.messages))]:
            folder.flags[uid] = "\\Deleted"
        return "OK"

    def uid_copy(self, send, state, rest):
        numbers, _, name = rest.partition(" ")
        target, _, _ = self.find(name)
        folder = state["folder"]
        for uid, data in list(folder.messages.items()):
            if uid in scripted_imap.numbers(numbers, max(folder.messages)):
                target.flags[target.next] = ""
                target.messages[target.next] = data
        return "OK"

    def uid_search(self, send, state, rest):
        if rest == "DELETED":
            found = [uid for uid in state["folder"].messages if "\\Deleted" in state["folder"].flags.get(uid, "")]
            send("* SEARCH " + " ".join(map(str, found)))
            return "OK"
        return super().uid_search(send, state, rest)

    def do_expunge(self, send, state, rest):
        folder = state["folder"]
        for uid in [uid for uid in folder.messages if "\\Deleted" in folder.flags.get(uid, "")]:
            del folder.messages[uid]
        return "OK"


class WithoutUidplus(Case):
    def setUp(self):
        super().setUp()
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        folders = {"INBOX": scripted_imap.Folder({n: message(n) for n in (1, 2, 3, 4)}), "Old": scripted_imap.Folder({})}
        self.target = Plain(folders)
        self.addCleanup(self.target.close)
        self.inbox = folders["INBOX"]
        self.inbox.flags[3] = "\\Deleted"
        self.access = ["--insecure", "--password-file", self.password]

    def mail(self, verb, *words, expect=0):
        return self.kist("mail", verb, self.target.url(), *words, *self.access, expect=expect)

    def back_up(self):
        self.kist("backup", self.target.url(), *self.access, "--no-drill")

    def test_everything_flagged_goes_or_nothing(self):
        self.prepare("96M")
        self.back_up()
        refusal = self.mail("delete", "--folder", "INBOX", "--message", "1", "--yes", expect=2).stderr
        self.assertIn("--accept-race", refusal)
        # What is flagged goes along, so it has to be proven as well.
        self.inbox.messages[9] = message(9)
        self.inbox.flags[9] = "\\Deleted"
        error = self.mail("delete", "--folder", "INBOX", "--message", "1", "--yes", "--accept-race", expect=1).stderr
        self.assertIn("message 9", error)
        self.assertEqual(sorted(self.inbox.messages), [1, 2, 3, 4, 9])
        self.back_up()
        self.mail("delete", "--folder", "INBOX", "--message", "1", "--yes", "--accept-race")
        self.assertEqual(sorted(self.inbox.messages), [2, 4])

    def test_moving_is_copying_and_removing(self):
        self.inbox.flags[3] = ""
        self.prepare("96M")
        self.mail("move", "INBOX", "Old", "--message", "2", "--yes", "--accept-race", expect=7)  # no snapshot
        self.assertEqual(sorted(self.inbox.messages), [1, 2, 3, 4])
        self.back_up()
        self.mail("move", "INBOX", "Old", "--message", "2", "--yes", "--accept-race")
        self.assertEqual(sorted(self.inbox.messages), [1, 3, 4])
        self.assertEqual(list(self.target.folders["Old"].messages.values()), [message(2)])

    def test_a_server_that_gives_something_else_now_keeps_it(self):
        self.inbox.flags[3] = ""
        self.prepare("96M")
        self.back_up()
        self.inbox.messages[2] = message(2, b"another text")
        error = self.mail("delete", "--folder", "INBOX", "--message", "2", "--yes", "--accept-race", expect=1).stderr
        self.assertIn("not what was backed up", error)
        self.assertEqual(sorted(self.inbox.messages), [1, 2, 3, 4])


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, dovecot-imapd and openssl")
    kist_driver.main()
