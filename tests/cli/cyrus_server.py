"""A Cyrus IMAP server of its own on a free port of this machine, for one test program: a second opinion beside Dovecot's.

    with CyrusServer({"anna": "secret"}) as server:
        with server.session("anna") as imap:      # imaplib
            imap.append("INBOX", None, None, b"Subject: hello\\r\\n\\r\\ntext\\r\\n")
        kist(... server.url("anna"), "--ca-file", server.authority.certificate ...)

Needs root, and what packages.txt lists for it. Debian's cyrus-imapd itself cannot be installed beside dovecot-imapd: it is
fetched and unpacked beside the build, once. Everything else is in one temporary folder, and gone afterwards.
"""

import imaplib
import os
import pathlib
import pwd
import shutil
import ssl
import subprocess
import tempfile
import time

import certificates
from dovecot_server import answers, free_ports

PATIENCE = 60
PACKAGES = ["cyrus-common", "cyrus-imapd"]
UNPACKED = pathlib.Path(os.environ["KIST"]).resolve().parent / "cyrus"
PROGRAMS = UNPACKED / "usr/lib/cyrus/bin"
USER = "mail"

IMAPD = """
configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
cyrus_user: {user}
admins: cyrus
servername: localhost
allowplaintext: no
autocreate_quota: 0
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/passwords
sasl_mech_list: PLAIN SCRAM-SHA-1 SCRAM-SHA-256
tls_server_cert: {certificate}
tls_server_key: {key}
{more}
"""

PROCESSES = """
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imaps cmd="{programs}/imapd -C {folder}/imapd.conf -s" listen="127.0.0.1:{port}" prefork=0
}}
EVENTS {{
}}
"""


def is_available():
    if os.geteuid() != 0 or shutil.which("saslpasswd2") is None or shutil.which("apt-get") is None:
        return False
    return PROGRAMS.is_dir() or unpack()


def unpack():
    """False: the packages cannot be had."""
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
        if subprocess.run(["apt-get", "-qq", "download", *PACKAGES], cwd=folder, capture_output=True).returncode != 0:
            return False
        files = list(pathlib.Path(folder).glob("*.deb"))
        for file in files:
            subprocess.run(["dpkg-deb", "-x", file, f"{folder}/root"], check=True)
        os.rename(f"{folder}/root", UNPACKED)
    return True


class CyrusServer:
    def __init__(self, users, more=""):
        """users: passwords by name. more: further lines of imapd.conf."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kist-cyrus."))
        self.folder.chmod(0o755)
        self.users = dict(users)
        self.port, = free_ports(1)
        self.authority = certificates.Authority(self.folder / "tls")
        certificate = self.authority.issue("localhost")
        places = {"folder": self.folder, "programs": PROGRAMS, "user": USER, "port": self.port, "certificate": certificate.chain,
                  "key": certificate.key, "more": more}
        (self.folder / "imapd.conf").write_text(IMAPD.format(**places))
        (self.folder / "cyrus.conf").write_text(PROCESSES.format(**places))
        for name, word in self.users.items():
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", self.folder / "passwords", "-u", "localhost", name],
                           input=word.encode(), check=True)
        for name in ("conf", "spool"):
            (self.folder / name).mkdir()
        subprocess.run(["chown", "-R", f"{USER}:mail", self.folder], check=True)
        self.process = None
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        account = pwd.getpwnam(USER)
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [PROGRAMS / "master", "-D", "-C", self.folder / "imapd.conf", "-M", self.folder / "cyrus.conf", "-p", self.folder / "pid"],
            user=account.pw_uid, group=account.pw_gid, extra_groups=[], stdout=self.log, stderr=self.log,
            env={**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, (UNPACKED / "usr/lib").glob("*-linux-gnu")))})
        deadline = time.monotonic() + PATIENCE
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise AssertionError("Cyrus does not start")
            time.sleep(0.02)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None
            self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, user):
        return f"imaps://{user}@localhost:{self.port}"

    def session(self, user):
        """Logged in, as Python's imaplib speaks it."""
        session = imaplib.IMAP4_SSL("localhost", self.port,
                                    ssl_context=ssl.create_default_context(cafile=str(self.authority.certificate)))
        session.login(user, self.users[user])
        return session
