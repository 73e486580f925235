"""Backups of a scripted IMAP server: what the tests of servers that behave oddly share."""

import json
import pathlib

from kist_driver import Case
from scripted_imap import Folder, ScriptedImap

MESSAGES = {uid: b"Subject: %d\r\n\r\ntext %d\r\n" % (uid, uid) for uid in range(1, 9)}


class ScriptedCase(Case):
    def setUp(self):
        super().setUp()
        self.prepare()
        self.password = self.home / "password"
        self.password.write_text("b4ttery\n")

    def serve(self, kind=ScriptedImap, **folders):
        self.server = kind(folders or {"INBOX": Folder(MESSAGES)})
        self.addCleanup(self.server.close)
        return self.server

    def export(self, **options):
        return self.kist("--json", "backup", self.server.url(), "--insecure", "--password-file", self.password, "--no-drill", **options)

    def result(self, **options):
        return json.loads(self.export(**options).stdout.splitlines()[0])

    def limited(self, limit):
        """A mailbox of the configuration that has a day's limit: its name, where what was fetched is counted, and the words of its backup."""
        name = f"limited-{self.server.port}"
        traffic = pathlib.Path("/var/lib/kist/mail") / name
        self.addCleanup(traffic.unlink, missing_ok=True)
        configuration = self.home / "kist.toml"
        configuration.write_text(f'[source.{name}]\nurl = "{self.server.url()}"\ninsecure = true\n'
                                 f'password-file = "{self.password}"\ndaily-limit = "{limit}"\nconnections = 1\n')
        return name, traffic, ["--config", configuration, "--json", "backup", name, "--no-drill"]

    @property
    def mirror(self):
        return self.mount_point / f"latest/mail/anna@localhost:{self.server.port}"

    def stored(self, directory="."):
        return {int(file.name.split("U=")[1].split(":")[0]): file.read_bytes() for file in (self.mirror / directory / "cur").iterdir()}
