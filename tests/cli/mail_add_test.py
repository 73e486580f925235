"""Mail accounts that commands put into the configuration: by hand, and out of a muttrc."""

import ctypes
import json
import os
import stat
import subprocess

import dovecot_server
import kist_driver
from kist_driver import Case

USER = "anna"
PASSWORD = 'b4ttery "staple" \\'
LIBC = ctypes.CDLL(None, use_errno=True)
ADD_KEY, KEYCTL, UNLINK, USER_KEYRING = 248, 250, 9, -4  # x86-64


class Accounts(Case):
    def setUp(self):
        super().setUp()
        self.server = dovecot_server.DovecotServer({USER: PASSWORD})
        self.addCleanup(self.server.close)
        for number in range(3):
            self.server.save(USER, "INBOX", b"Subject: %d\r\n\r\ntext\r\n" % number)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.etc = self.home / "etc"
        self.etc.mkdir()
        self.configuration = self.etc / "kist.toml"
        self.url = self.server.url("imaps", USER)

    def add(self, *words, expect=0, **options):
        return self.bare("--config", self.configuration, "mail", "add", self.url, "--ca-file", self.server.authority.certificate,
                         *words, expect=expect, **options)

    def include(self, more=""):
        self.configuration.write_text('include = ["conf.d/*.toml"]\n' + more)

    def written(self):
        folder = self.etc / "conf.d"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def backed_up(self, name):
        self.prepare()
        line = json.loads(self.kist("--config", self.configuration, "--json", "backup", name, "--no-drill").stdout)
        return line["files"]

    def test_an_account_with_a_password_file(self):
        self.include()
        output = self.add("--password-file", self.password, "--exclude-folder", "Trash").stdout
        self.assertIn("kist backup anna", output)
        self.assertEqual(self.written(), ["anna.toml"])
        self.assertEqual(stat.S_IMODE(os.stat(self.etc / "conf.d/anna.toml").st_mode), 0o600)
        self.bare("--config", self.configuration, "config", "check")
        self.assertEqual(self.backed_up("anna"), 3)

    def test_a_password_that_is_kept(self):
        self.include()
        with open(self.password, "rb") as typed:
            self.add("--name", "work", "--password-file", "-", "--save-password", stdin=typed)
        self.assertEqual(self.written(), ["work.password", "work.toml"])
        kept = self.etc / "conf.d/work.password"
        self.assertEqual(kept.read_text().rstrip("\n"), PASSWORD)
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        self.assertNotIn(PASSWORD, (self.etc / "conf.d/work.toml").read_text())
        self.assertEqual(self.backed_up("work"), 3)

    def test_a_configuration_that_does_not_take_it_in_is_not_changed(self):
        self.configuration.write_text("[defaults]\ntags = 'x'\n")
        result = self.add("--password-file", self.password, expect=3)
        self.assertIn('include = ["conf.d/*.toml"]', result.stderr)
        self.assertEqual(self.configuration.read_text(), "[defaults]\ntags = 'x'\n")

    def test_without_a_configuration_there_is_one_afterwards(self):
        home = self.home / "user"
        home.mkdir()
        if os.geteuid() != 0:
            self.skipTest("root only: the user is another one")
        os.chown(home, 65534, 65534)
        for path in (self.home, self.home.parent, self.home.parent.parent):
            os.chmod(path, 0o755)
        argv = [kist_driver.KIST, "mail", "add", self.url, "--no-login", "--password-keyring", "kist:anna"]
        result = subprocess.run([str(word) for word in argv], capture_output=True, text=True, user=65534, group=65534,
                                env={"HOME": str(home), "PATH": os.environ["PATH"]})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((home / ".config/kist/kist.toml").read_text(), 'include = ["conf.d/*.toml"]\n')
        self.assertIn('password-keyring = "kist:anna"', (home / ".config/kist/conf.d/anna.toml").read_text())

    def test_what_does_not_work_writes_nothing(self):
        self.include(f'[source.taken]\nurl = "{self.server.url("imaps", "bert")}"\n')
        wrong = self.home / "wrong"
        wrong.write_text("no\n")
        self.add("--password-file", wrong, expect=5)
        self.add("--password-file", self.password, "--name", "taken", expect=2)
        self.add("--password-file", self.password, "--name", "a/b", expect=2)
        self.add("--password-file", self.password, "--password-command", "x", expect=2)
        self.add("--password-file", self.password, "--folder", "[", expect=2)
        self.bare("--config", self.configuration, "mail", "add", self.url, "--password-file", self.password, expect=1)  # no authority
        self.bare("--config", self.configuration, "mail", "add", "smtps://a@b", expect=2)
        self.assertEqual(self.written(), [])
        self.assertIn("[source", self.add("--password-file", self.password, "--print").stdout)
        self.assertEqual(self.written(), [])
        self.add("--password-file", self.password)
        self.assertIn("configured already", self.add("--password-file", self.password, expect=2).stderr)
        self.assertIn("configured already", self.add("--password-file", self.password, "--name", "other", expect=2).stderr)
        self.assertEqual(self.written(), ["anna.toml"])

    def test_a_credential_of_systemd(self):
        self.include()
        credentials = self.home / "credentials"
        credentials.mkdir()
        (credentials / "mail").write_text(PASSWORD)
        environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)}
        self.add("--password-credential", "mail", env=environment)
        self.assertIn('password-credential = "mail"', (self.etc / "conf.d/anna.toml").read_text())
        for name in ("../password", "", ".", "absent"):
            self.bare("mail", "count", self.url, "--ca-file", self.server.authority.certificate, "--password-credential",
                      name or "/", env=environment, expect=7 if name == "absent" else 2)
        self.assertIn("CREDENTIALS_DIRECTORY", self.bare("mail", "count", self.url, "--password-credential", "mail", expect=2).stderr)

    def test_a_key_of_the_kernels_keyring(self):
        name = f"kist-test:{os.getpid()}"
        result = self.bare("mail", "count", self.url, "--password-keyring", name, expect=None)
        self.assertIn(result.returncode, (1, 7))
        self.assertIn("keyring", result.stderr)
        secret = PASSWORD.encode()
        key = LIBC.syscall(ADD_KEY, b"user", name.encode(), secret, len(secret), USER_KEYRING)
        if key < 0:
            self.skipTest(f"no keyring here: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(LIBC.syscall, KEYCTL, UNLINK, key, USER_KEYRING)
        result = self.bare("mail", "count", self.url, "--ca-file", self.server.authority.certificate, "--password-keyring", name)
        self.assertIn("3", result.stdout)

    def test_a_muttrc(self):
        self.include()
        muttrc = self.home / "muttrc"
        (self.home / "more").write_text(f"set imap_pass='b4ttery \"staple\" \\\\'\n".replace("\\\\", "\\"))
        muttrc.write_text(f"set folder=imaps://localhost:{self.server.ports['imaps']}/\nset imap_user={USER}\n"
                          f"set certificate_file={self.server.authority.certificate}\nsource {self.home}/more\n"
                          f"set record=imap://bert@localhost:1/Sent\nsource 'rm -rf / |'\n")
        shown = self.bare("--config", self.configuration, "mail", "import-muttrc", muttrc, "--print")
        self.assertIn("nothing is run", shown.stderr)
        self.assertEqual(shown.stdout.count("[source."), 2)
        self.assertNotIn("staple", shown.stdout + shown.stderr)
        self.assertEqual(self.written(), [])
        self.bare("--config", self.configuration, "mail", "import-muttrc", muttrc, expect=2)  # nobody to ask
        self.bare("--config", self.configuration, "mail", "import-muttrc", muttrc, "--yes")
        self.assertEqual(self.written(), ["anna.password", "anna.toml", "bert.password", "bert.toml"])
        self.assertEqual(self.backed_up("anna"), 3)
        again = self.bare("--config", self.configuration, "mail", "import-muttrc", muttrc, "--yes")
        self.assertIn("configured already", again.stderr)
        muttrc.write_text("set from=x\n")
        self.bare("--config", self.configuration, "mail", "import-muttrc", muttrc, expect=7)


if __name__ == "__main__":
    kist_driver.main()
