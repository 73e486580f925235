"""Keys and headers, judged by cryptsetup."""

import stat
import subprocess

import kist_driver
import luks_header
from kist_driver import KIST, LOW_COST, Case, check_run
from terminal import Terminal, recovery_key_in

CHEAP_KDF = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]


class KeyCase(Case):
    """A closed volume with one cheap key."""

    def setUp(self):
        super().setUp()
        self.format()
        self.second = self.file("second", b"second")

    def format(self, *options):
        with self.container.open("wb") as file:
            file.truncate(24 << 20)
        check_run(["cryptsetup", "luksFormat", "-q", *CHEAP_KDF, *options, self.container, self.key])

    def file(self, name, content):
        path = self.home / name
        path.write_bytes(content)
        return path

    def opens(self, key):
        key = key if isinstance(key, bytes) else key.encode()
        return subprocess.run(["cryptsetup", "open", "--test-passphrase", "--key-file", "-", self.container], input=key,
                              capture_output=True).returncode == 0

    def slots(self):
        return [line["slot"] for line in self.json("key", "list")]

    def on_terminal(self, *words, answers, code, stdout=None, options=()):
        terminal = Terminal([KIST, "--volume", self.container, *options, *words], answers, stdout)
        self.assertEqual(terminal.code, code, terminal.shown)
        return terminal.shown


class Add(KeyCase):
    def test_list_says_what_cryptsetup_says(self):
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        slots = self.json("key", "list")
        self.assertEqual([slot["kdf"] for slot in slots], ["pbkdf2", "argon2id"])
        self.assertEqual(slots[1]["memory"], 4 << 20)
        dump = check_run(["cryptsetup", "luksDump", self.container])
        self.assertRegex(dump, f"Time cost: +{slots[1]['passes']}")
        self.assertIn("argon2id", self.kist("key", "list", key=False).stdout)

    def test_from_file_command_and_standard_input(self):
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        self.kist("key", "add", "--new-passphrase-command", "echo third", *LOW_COST)
        with self.file("fourth", b"fourth\nline").open("rb") as fourth:
            self.kist("key", "add", "--new-key-file", "-", *LOW_COST, stdin=fourth)
        for key in ["correct horse", "second", "third", "fourth\nline"]:
            self.assertTrue(self.opens(key), key)
        self.assertEqual(self.slots(), [0, 1, 2, 3])

    def test_both_keys_from_standard_input(self):
        result = self.kist("--key-file", "-", "key", "add", "--new-key-file", "-", key=False, expect=2)
        self.assertIn("standard input", result.stderr)
        self.kist("--key-file", "-", "key", "remove", "--old-key-file", "-", key=False, expect=2)

    def test_wrong_and_empty_keys_change_nothing(self):
        before = self.container.read_bytes()
        wrong = self.file("wrong", b"wrong")
        self.kist("--key-file", wrong, "key", "add", "--new-key-file", self.second, key=False, expect=5)
        self.kist("key", "add", "--new-key-file", "/dev/null", expect=2)
        self.kist("key", "add", "--new-key-file", self.home / "missing", expect=1)
        self.kist("key", "add", "--new-key-file", self.second, "--pbkdf-memory", "much", expect=2)
        for passes in (["3"], ["4", "--iter-time", "10"], ["4294967296"]):
            self.kist("key", "add", "--new-key-file", self.second, "--pbkdf-force-iterations", *passes, expect=2)
        self.kist("key", "add", expect=2, start_new_session=True)
        self.assertEqual(self.container.read_bytes(), before)

    def test_on_a_terminal_the_new_one_is_typed_twice_and_a_weak_one_remarked_on(self):
        shown = self.on_terminal("key", "add", *LOW_COST, code=0, answers=[
            ("Passphrase for", "correct horse"), ("New passphrase", "aaaa1234"), ("again", "aaaa1234")])
        self.assertIn("weak", shown)
        self.assertNotIn("aaaa", shown)
        self.assertTrue(self.opens("aaaa1234"))
        shown = self.on_terminal("key", "add", *LOW_COST, code=2, answers=[
            ("Passphrase for", "correct horse"), ("New passphrase", "lamp Tower 7 river moss"), ("again", "other")])
        self.assertNotIn("is weak", shown)
        self.assertEqual(self.slots(), [0, 1])

    def test_while_the_volume_is_open(self):
        self.container.unlink()
        self.prepare()
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        self.kist("key", "remove", "0", "--key-file", self.second, key=False)
        (self.source / "file").write_text("x")
        self.backup()
        self.kist("close")
        self.assertTrue(self.opens("second"))
        self.assertFalse(self.opens("correct horse"))
        self.bare("--key-file", self.second, "open", self.container, "--at", self.mount_point)
        self.assert_restores("latest", self.source)

    def test_luks1_has_eight(self):
        self.format("--type", "luks1", "--cipher", "aes-xts-plain64", "--key-size", "512")
        for slot in range(1, 8):
            key = self.file(f"key{slot}", f"key{slot}".encode())
            self.kist("key", "add", "--new-key-file", key, *LOW_COST)
        self.assertIn("8", self.kist("key", "add", "--new-key-file", self.second, expect=1).stderr)
        self.assertTrue(self.opens("key7"))
        self.assertEqual(self.json("key", "list")[3]["kdf"], "pbkdf2")


class Remove(KeyCase):
    def test_last_key_stays(self):
        for words in [["key", "remove", "0"], ["key", "remove", "--old-key-file", self.key]]:
            self.assertIn("last key", self.kist(*words, expect=2).stderr)
        self.assertTrue(self.opens("correct horse"))

    def test_by_number_needs_a_key_that_stays(self):
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        self.assertIn("stays", self.kist("key", "remove", "0", expect=5).stderr)
        self.assertEqual(self.slots(), [0, 1])
        self.kist("--key-file", self.second, "key", "remove", "0", key=False)
        self.assertFalse(self.opens("correct horse"))
        self.assertTrue(self.opens("second"))

    def test_by_the_key_itself(self):
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        self.kist("key", "remove", "--old-key-file", self.file("wrong", b"wrong"), expect=5)
        self.kist("key", "remove", "--old-key-file", self.second, "--key-file", self.second, key=False, expect=5)
        self.assertEqual(self.json("key", "remove", "--old-key-file", self.second), [{"type": "key-removed", "slot": 1}])
        self.assertFalse(self.opens("second"))
        self.assertTrue(self.opens("correct horse"))

    def test_one_passphrase_in_two_slots(self):
        self.kist("key", "add", "--new-key-file", self.key, *LOW_COST)
        self.kist("key", "remove", "0")
        self.assertEqual(self.slots(), [1])
        self.assertTrue(self.opens("correct horse"))

    def test_slots_that_are_not_there(self):
        self.kist("key", "remove", "7", expect=7)
        self.kist("key", "remove", "99", expect=7)
        self.kist("key", "remove", "first", expect=2)
        self.kist("key", "remove", "0", "--old-key-file", self.key, expect=2)


class Change(KeyCase):
    def test_the_old_key_goes_and_the_new_one_fits(self):
        self.kist("key", "change", "--new-key-file", self.second, *LOW_COST)
        self.assertTrue(self.opens("second"))
        self.assertFalse(self.opens("correct horse"))
        self.assertEqual(len(self.slots()), 1)

    def test_killed_at_any_moment_one_of_the_two_fits(self):
        for delay in [0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3]:
            self.format()
            process = subprocess.Popen([KIST, "--volume", self.container, "--key-file", self.key, "key", "change",
                                        "--new-key-file", self.second, *LOW_COST], stdout=subprocess.DEVNULL)
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.assertTrue(self.opens("correct horse") or self.opens("second"), delay)


class Typing(KeyCase):
    def test_three_wrong_passphrases_and_no_more(self):
        shown = self.on_terminal("key", "add", code=5, answers=[("Passphrase for", "wrong")] * 3)
        self.assertEqual(shown.count("Passphrase for"), 3)
        shown = Terminal([KIST, "open", self.container], [("Passphrase for", "wrong")] * 3)
        self.assertEqual(shown.code, 5)

    def test_the_third_may_be_right(self):
        self.on_terminal("key", "add", "--new-key-file", self.second, *LOW_COST, code=0, answers=[
            ("Passphrase for", "wrong"), ("Passphrase for", "wrong again"), ("Passphrase for", "correct horse")])
        self.assertTrue(self.opens("second"))

    def test_a_changed_header_can_be_accepted_by_a_person(self):
        self.container.unlink()
        self.prepare()
        self.kist("close")
        self.bare("--key-file", self.key, "open", self.container, "--at", self.mount_point)
        self.kist("close")
        luks_header.other_volume_key(self.container)
        opening = [KIST, "open", self.container, "--at", self.mount_point, "--accept-header"]
        self.assertEqual(Terminal(opening, [("changed", "n")]).code, 4)
        # the passphrase is asked for, and does not fit a digest that is not its key's
        self.assertEqual(Terminal(opening, [("changed", "y")] + [("Passphrase for", "correct horse")] * 3).code, 5)


class Recovery(KeyCase):
    def test_counts_when_it_was_typed_back(self):
        shown = self.on_terminal("key", "recovery", "--qr", code=0, answers=[
            ("Passphrase for", "correct horse"), ("Press Enter", ""),
            ("Type it back", lambda shown: recovery_key_in(shown).upper().replace("-", " "))])
        key = recovery_key_in(shown)
        self.assertTrue(self.opens(key), "its text is what cryptsetup takes")
        self.assertIn("\u2588", shown)
        self.assertTrue(self.json("key", "list")[1]["recovery"])
        self.assertIn("systemd-recovery", check_run(["cryptsetup", "luksDump", self.container]))

    def test_slips_are_named_and_three_of_them_end_it(self):
        def with_slip(shown):
            key = recovery_key_in(shown)
            return key[:10] + ("c" if key[10] != "c" else "b") + key[11:]
        shown = self.on_terminal("key", "recovery", code=1, answers=[
            ("Passphrase for", "correct horse"), ("Press Enter", ""), ("Type it back", with_slip),
            ("Group 2", "nonsense"), ("8 groups", "cccccccc" * 8)])
        self.assertEqual(self.slots(), [0])
        self.assertFalse(self.opens(recovery_key_in(shown)))

    def test_never_reaches_a_file(self):
        output = self.home / "output"
        with output.open("wb") as file:
            shown = self.on_terminal("key", "recovery", code=0, stdout=file, options=["--json"], answers=[
                ("Passphrase for", "correct horse"), ("Press Enter", ""), ("Type it back", recovery_key_in)])
        self.assertNotIn(recovery_key_in(shown), output.read_text())
        self.kist("key", "recovery", expect=2, start_new_session=True)

    def test_for_scripts(self):
        key = recovery_key_in(self.kist("key", "recovery", "--no-confirm").stdout)
        self.assertTrue(self.opens(key))
        line = self.json("key", "recovery", "--no-confirm")[0]
        self.assertTrue(self.opens(line["key"]))
        with open("/dev/full", "wb") as full:
            argv = [KIST, "--volume", self.container, "--key-file", self.key, "key", "recovery", "--no-confirm"]
            self.assertEqual(subprocess.run(argv, stdout=full, stderr=subprocess.PIPE).returncode, 8)
        self.assertEqual(self.slots(), [0, 1, 2], "one that nobody saw does not stay")

    def test_opens_however_it_is_typed(self):
        key = recovery_key_in(self.kist("key", "recovery", "--no-confirm").stdout)
        typed = key.upper().replace("-", "")
        self.kist("--passphrase-command", f"echo {typed}", "key", "add", "--new-key-file", self.second, *LOW_COST,
                  key=False)
        self.assertTrue(self.opens("second"))


class Tokens(KeyCase):
    def test_one_that_fails_leads_to_the_passphrase(self):
        token = self.file("token", b'{"type":"luks2-keyring","keyslots":["0"],"key_description":"kist:nobody"}')
        check_run(["cryptsetup", "token", "import", "--json-file", token, self.container])
        shown = self.on_terminal("key", "add", "--new-key-file", self.second, *LOW_COST, code=0, answers=[
            ("Passphrase for", "correct horse")])
        self.assertIn("token does not open it", shown)
        self.assertNotIn("token", self.kist("key", "change", "--new-key-file", self.second, *LOW_COST).stderr)


class Headers(KeyCase):
    def setUp(self):
        super().setUp()
        self.saved = self.home / "saved.header"

    def erase_header(self):
        with self.container.open("r+b") as file:
            file.write(bytes(8 << 20))

    def test_saved_copy_brings_an_erased_header_back(self):
        self.kist("header", "save", self.saved)
        self.assertEqual(stat.S_IMODE(self.saved.stat().st_mode), 0o400)
        check_run(["cryptsetup", "open", "--test-passphrase", "--key-file", self.key, "--header", self.saved,
                   self.container])
        self.erase_header()
        self.kist("key", "list", expect=1)
        refused = self.kist("header", "restore", self.saved, expect=None, start_new_session=True)
        self.assertEqual(refused.returncode, 2)
        result = self.kist("header", "restore", self.saved, "--yes")
        self.assertIn("UUID", result.stderr)
        self.assertTrue(self.opens("correct horse"))

    def test_save_proves_the_key_and_overwrites_nothing(self):
        wrong = self.file("wrong", b"wrong")
        self.kist("--key-file", wrong, "header", "save", self.saved, key=False, expect=5)
        self.assertFalse(self.saved.exists())
        self.saved.write_bytes(b"precious")
        self.kist("header", "save", self.saved, expect=2)
        self.assertEqual(self.saved.read_bytes(), b"precious")

    def test_not_onto_the_volume_itself_and_not_into_an_open_one(self):
        self.container.unlink()
        self.prepare()
        self.assertIn("volume itself", self.kist("header", "save", self.mount_point / "x", expect=2).stderr)
        self.kist("header", "save", self.saved)
        self.kist("header", "restore", self.saved, "--yes", expect=6)
        self.kist("close")
        self.kist("header", "restore", self.saved, "--yes")

    def test_restore_can_be_undone(self):
        self.kist("header", "save", self.saved)
        self.kist("key", "add", "--new-key-file", self.second, *LOW_COST)
        undo = self.json("header", "restore", self.saved, "--yes")[0]["undo"]
        self.assertFalse(self.opens("second"))
        self.kist("header", "restore", undo, "--yes")
        self.assertTrue(self.opens("second"))

    def test_another_volumes_header_needs_its_uuid(self):
        self.kist("header", "save", self.saved)
        self.format()
        uuid = self.json("header", "dump")[0]["uuid"]
        refused = self.kist("header", "restore", self.saved, "--yes", expect=None)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--yes-replace " + uuid, refused.stderr)
        self.on_terminal("header", "restore", self.saved, code=130, answers=[("Type its UUID", "y")])
        self.on_terminal("header", "restore", self.saved, code=0, answers=[("Type its UUID", uuid)])
        self.assertNotEqual(self.json("header", "dump")[0]["uuid"], uuid)
        self.kist("header", "restore", self.saved, "--yes-replace", uuid, "--yes")

    def test_what_is_no_header(self):
        for content in [b"", b"text" * 100_000]:
            self.kist("header", "restore", self.file("other", content), "--yes", expect=2)
        self.kist("header", "restore", self.home / "missing", "--yes", expect=1)
        self.assertTrue(self.opens("correct horse"))


class Lockout(Case):
    """Every run says so as long as nothing stands between a lost passphrase or a damaged header and the end."""

    def test_status_and_backup_say_what_is_missing(self):
        self.prepare()
        (self.source / "file").write_text("x")
        said = self.backup().stderr
        self.assertIn("recovery key", said)
        self.assertIn("header save", said)
        status = self.json("status")[0]
        self.assertEqual(len(status["notes"]), 2)
        self.assertTrue(status["ok"], "a healthy volume stays one")
        self.kist("key", "recovery", "--no-confirm")
        self.kist("header", "save", self.home / "saved")
        self.assertEqual(self.json("status")[0]["notes"], [])
        self.assertNotIn("recovery", self.backup().stderr)
        second = self.home / "second"
        second.write_bytes(b"second")
        self.kist("key", "add", "--new-key-file", second, *LOW_COST)
        self.assertIn("changed", self.json("status")[0]["notes"][0])
        self.kist("close")
        self.assertIn("changed", self.json("status", self.container)[0]["notes"][0])


if __name__ == "__main__":
    kist_driver.main()
