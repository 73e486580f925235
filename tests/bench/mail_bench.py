#!/usr/bin/env python3
"""A mailbox's export beside mbsync with fsync: whole, and when nothing changed, with and without a round trip of 40 ms; two
of its folders sent back to an empty account at 40 ms; four accounts by one command beside one after the other; and a POP3
maildrop's export beside mpop.

mail_bench.py KIST FOLDER [--messages N] [--folders N] [--rounds N] [--only-pop3]     as root

  FOLDER        on a disk with room for six times the messages
  --messages N  of about 20 kB (default 10000)
  --folders N   that they are spread over (default 40)
  --rounds N    of each pair; the order changes from round to round (default 1)

Dovecot answers on loopback with TLS; the round trip is made by delaying_proxy.py. Both clients write into one open volume
(userspace engine, a container file), each into an account or folder that is new for a full export; seconds include a final syncfs.
"""
import argparse
import contextlib
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import dovecot_server
from delaying_proxy import DelayingProxy

USER = "anna"
EMPTY_USER = "bert"
POP3_USER = "carl"
POP3_SHARE = 5  # of the messages, one in so many is in the maildrop
SEVERAL = 4
SEVERAL_USER = "dora"  # whose mailbox, a quarter as large, is that of several accounts
PASSWORD = "b4ttery staple"
ROUND_TRIP = 0.040
LOW_COST = ["--pbkdf-memory", "32M", "--pbkdf-force-iterations", "4"]
TARGETS = {("full", 0): 3, ("full", ROUND_TRIP): 4, ("no change", ROUND_TRIP): 8}
RESTORED_A_SECOND = 300
MEMORY_MIB = 40
POP3_TARGETS = {("full", ROUND_TRIP): 1.5}
MPOP = """
defaults
tls on
tls_starttls off
tls_trust_file {authority}
account bench
host localhost
port {port}
user {user}
passwordeval cat {password}
keep on
only_new on
uidls_file {target}.uidls
delivery maildir {target}
"""
MBSYNC = """
FSync yes

IMAPAccount bench
Host localhost
Port {port}
User {user}
PassCmd "cat {password}"
SSLType IMAPS
CertificateFile {authority}

IMAPStore far
Account bench

MaildirStore near
Path {target}/
Inbox {target}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Near
Sync Pull
SyncState *
"""


def fill(server, user, messages, folders):
    """Straight into the Maildirs on the server's side."""
    generator = random.Random(1)
    root = server.folder / "mail" / user / "Maildir"
    for number in range(messages):
        folder = number % folders
        current = root / (f".Folder {folder:02}" if folder else "") / "cur"
        if number < folders:
            for name in "cur", "new", "tmp":
                (current.parent / name).mkdir(parents=True, exist_ok=True)
        lines = generator.randbytes(int(9600 * (0.8 + 0.4 * generator.random()))).hex()
        body = "\r\n".join(lines[at:at + 76] for at in range(0, len(lines), 76))
        text = (f"From: bert@example.org\r\nTo: anna@example.org\r\nMessage-ID: <{number}@example.org>\r\n"
                f"Subject: number {number}\r\n\r\n{body}\r\n")
        (current / f"{1700000000 + number}.M{number}P1.bench:2,S").write_bytes(text.encode())
    subprocess.run(["chown", "-R", "mail:mail", server.folder / "mail" / user], check=True)
    for folder in server.doveadm("mailbox", "list", "-u", user).splitlines():
        server.count(user, folder)  # its index is made now, not by the first client


class Bench:
    def __init__(self, options, server, top):
        self.kist, self.server, self.top = options.kist, server, top
        self.container, self.mounted = f"{top}/disk.kist", f"{top}/volume"
        self.key, self.password = f"{top}/key", f"{top}/password"
        for path, text in (self.key, "correct horse"), (self.password, PASSWORD + "\n"):
            pathlib.Path(path).write_text(text)
        self.memory = 0

    def volume(self, *words):
        return [self.kist, "--volume", self.container, "--key-file", self.key, "--no-progress", *words]

    def timed(self, words):
        """Seconds with syncfs, and the process's own peak of memory in KiB."""
        subprocess.run(["sync", "-f", self.mounted], check=True)
        start = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{words}: {process.returncode}\n{errors.decode(errors='replace')}")
        subprocess.run(["sync", "-f", self.mounted], check=True)
        return time.monotonic() - start, usage.ru_maxrss

    def back_up(self, *accounts):
        """An account is named by its port too, so every proxy's is a new one."""
        seconds, memory = self.timed(self.volume(
            "backup", *accounts, "--password-file", self.password, "--ca-file", self.server.authority.certificate,
            "--no-drill"))
        self.memory = max(self.memory, memory)
        return seconds

    def kist_imap(self, port, _):
        self.account = f"{USER}@localhost:{port}"
        return self.back_up(f"imaps://{self.account}")

    def kist_pop3(self, port, _):
        return self.back_up(f"pop3s://{POP3_USER}@localhost:{port}")

    def several(self, round_trip):
        """Seconds for new accounts one after the other, and for as many by one command."""
        with contextlib.ExitStack() as proxies:
            accounts = [f"imaps://{SEVERAL_USER}@localhost:{proxy.port}" for proxy in (
                proxies.enter_context(DelayingProxy(self.server.ports["imaps"], round_trip)) for _ in range(2 * SEVERAL))]
            return sum(self.back_up(account) for account in accounts[:SEVERAL]), self.back_up(*accounts[SEVERAL:])

    def mpop(self, port, name):
        target = f"{self.mounted}/mpop-{name}"
        for part in "cur", "new", "tmp":
            os.makedirs(f"{target}/{part}", exist_ok=True)
        configuration = f"{self.top}/mpoprc"
        pathlib.Path(configuration).write_text(MPOP.format(
            port=port, user=POP3_USER, password=self.password, authority=self.server.authority.certificate, target=target))
        os.chmod(configuration, 0o600)
        return self.timed(["mpop", "-q", "-C", configuration, "bench"])[0]

    def restore(self, folders):
        """Messages a second, from the command's begin to its end."""
        with DelayingProxy(self.server.ports["imaps"], ROUND_TRIP) as proxy:
            words = ["mail", "restore", "latest", self.account, "--to", f"imaps://{EMPTY_USER}@localhost:{proxy.port}", "--yes",
                     "--password-file", self.password, "--ca-file", self.server.authority.certificate]
            for folder in folders:
                words += ["--folder", folder]
            seconds, memory = self.timed(self.volume(*words))
        self.memory = max(self.memory, memory)
        return sum(self.server.count(EMPTY_USER, folder) for folder in folders) / seconds

    def mbsync(self, port, name):
        target = f"{self.mounted}/mbsync-{name}"
        os.makedirs(target, exist_ok=True)
        configuration = f"{self.top}/mbsyncrc"
        pathlib.Path(configuration).write_text(MBSYNC.format(
            port=port, user=USER, password=self.password, authority=self.server.authority.certificate, target=target))
        return self.timed(["mbsync", "-q", "-c", configuration, "all"])[0]

    def pairs(self, scheme, clients, round_trip, rounds):
        """Seconds of both clients by what was done."""
        found = {"full": [], "no change": []}
        for number in range(rounds):
            with DelayingProxy(self.server.ports[scheme], round_trip) as proxy:
                name = f"{round_trip}-{number}"
                for pairs in found.values():
                    order = clients if number % 2 == 0 else clients[::-1]
                    seconds = {client: client(proxy.port, name) for client in order}
                    pairs.append(tuple(seconds[client] for client in clients))
                shutil.rmtree(f"{self.mounted}/{clients[1].__name__}-{name}")
        return found

    def report(self, scheme, other, round_trip, rounds, targets):
        ours = self.kist_imap if scheme == "imaps" else self.kist_pop3
        for what, pairs in self.pairs(scheme, [ours, other], round_trip, rounds).items():
            kist, theirs = (statistics.median(side) for side in zip(*pairs))
            ratios = [theirs / ours for ours, theirs in pairs]
            target = targets.get((what, round_trip))
            print(f"{scheme}, {what}, {1000 * round_trip:.0f} ms: kist {kist:.2f} s, {other.__name__} {theirs:.2f} s; "
                  f"{other.__name__} / kist {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
                  + (f", to reach {target}" if target else ""), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kist")
    parser.add_argument("folder")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--folders", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only-pop3", action="store_true")
    options = parser.parse_args()
    top = os.path.join(os.path.abspath(options.folder), "mail-bench")
    os.makedirs(f"{top}/volume")
    with dovecot_server.DovecotServer({USER: PASSWORD, EMPTY_USER: PASSWORD, POP3_USER: PASSWORD,
                                       SEVERAL_USER: PASSWORD}) as server:
        bench = Bench(options, server, top)
        try:
            fill(server, USER, options.messages, options.folders)
            fill(server, POP3_USER, options.messages // POP3_SHARE, 1)
            fill(server, SEVERAL_USER, options.messages // SEVERAL, options.folders)
            size = (1 << 30) + options.messages * 60_000 * (options.rounds + 3)
            subprocess.run(bench.volume("prepare", bench.container, "--size", str(size), "--at", bench.mounted, *LOW_COST),
                           check=True, stdout=subprocess.DEVNULL)
            for round_trip in 0, ROUND_TRIP:
                bench.report("pop3s", bench.mpop, round_trip, options.rounds, POP3_TARGETS)
            if options.only_pop3:
                return
            for round_trip in 0, ROUND_TRIP:
                bench.report("imaps", bench.mbsync, round_trip, options.rounds, TARGETS)
            speed = bench.restore(["Folder 01", "Folder 02"])
            print(f"restore, {1000 * ROUND_TRIP:.0f} ms: {speed:.0f} messages a second, to reach {RESTORED_A_SECOND}")
            print(f"kist's peak memory {bench.memory / 1024:.0f} MiB, to stay below {MEMORY_MIB}")
            for round_trip in 0, ROUND_TRIP:
                in_turn, at_once = bench.several(round_trip)
                print(f"{SEVERAL} accounts, {1000 * round_trip:.0f} ms: in turn {in_turn:.2f} s, by one command {at_once:.2f} s; "
                      f"in turn / by one command {in_turn / at_once:.1f}; peak memory {bench.memory / 1024:.0f} MiB", flush=True)
        finally:
            subprocess.run(bench.volume("close"), check=False)
            if not os.path.ismount(bench.mounted):
                shutil.rmtree(top)


if __name__ == "__main__":
    main()
