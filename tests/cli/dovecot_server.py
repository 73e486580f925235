"""A Dovecot of its own on free ports of this machine, for one test program: real IMAP and POP3, with and without TLS.

    with DovecotServer({"anna": "secret"}) as server:
        server.save("anna", "INBOX", b"Subject: hello\\r\\n\\r\\ntext\\r\\n")
        kist(... server.url("imaps", "anna"), "--ca-file", server.authority.certificate ...)

Needs root, and the packages dovecot-imapd and dovecot-pop3d. Everything is in one temporary folder, and gone afterwards.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import certificates

PATIENCE = 30

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
instance_name = kist-test
protocols = imap pop3
listen = 127.0.0.1
first_valid_uid = 1
mail_max_userip_connections = 100

ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwords
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u
}}
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}

service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{more}
"""


def is_available():
    return os.geteuid() == 0 and shutil.which("dovecot") is not None and shutil.which("openssl") is not None


def free_ports(count):
    """All bound at once, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class DovecotServer:
    def __init__(self, users, mechanisms="plain login scram-sha-1 scram-sha-256", separator="/", prefix="", more=""):
        """users: passwords by name. more: further lines of configuration."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kist-dovecot."))
        self.folder.chmod(0o755)
        self.users = dict(users)
        self.ports = dict(zip(["imap", "imaps", "pop3", "pop3s"], free_ports(4)))
        self.authority = certificates.Authority(self.folder / "tls")
        self.certificate = self.authority.issue("localhost")
        self.configuration = self.folder / "dovecot.conf"
        (self.folder / "passwords").write_text("".join(f"{user}:{word}\n" for user, word in self.users.items()))
        mail = self.folder / "mail"
        mail.mkdir()
        shutil.chown(mail, "mail", "mail")
        self.configuration.write_text(CONFIGURATION.format(
            folder=self.folder, certificate=self.certificate.chain, key=self.certificate.key, mechanisms=mechanisms,
            separator=separator, prefix=prefix, more=more, **self.ports))
        self.process = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.configuration])
        deadline = time.monotonic() + PATIENCE
        for port in self.ports.values():
            while not answers(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError("Dovecot does not start:\n" + self.log())
                time.sleep(0.02)

    def stop(self):
        """Every connection breaks."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def url(self, scheme, user=None, folder=None):
        return f"{scheme}://{user + '@' if user else ''}localhost:{self.ports[scheme]}{'/' + folder if folder else ''}"

    def doveadm(self, *words, data=None):
        """Standard output, as text."""
        result = subprocess.run(["doveadm", "-c", self.configuration, *map(str, words)], input=data, capture_output=True)
        if result.returncode != 0:
            raise AssertionError(f"doveadm {words}: {result.stderr.decode(errors='replace')}")
        return result.stdout.decode(errors="replace")

    def create(self, user, folder):
        self.doveadm("mailbox", "create", "-u", user, folder)

    def save(self, user, folder, message):
        """message: its bytes."""
        self.doveadm("save", "-u", user, "-m", folder, data=message)

    def count(self, user, folder):
        return int(self.doveadm("mailbox", "status", "-u", user, "messages", folder).rpartition("=")[2])


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
