#!/usr/bin/env python3
"""A mailbox's export beside mbsync with fsync: whole, and when nothing changed, with and without a round trip of 40 ms; and
two of its folders sent back to an empty account at 40 ms.

mail_bench.py KIST FOLDER [--messages N] [--folders N] [--rounds N]     as root

  FOLDER        on a disk with room for three times the messages
  --messages N  of about 20 kB (default 10000)
  --folders N   that they are spread over (default 40)
  --rounds N    of each pair; the order changes from round to round (default 1)

Dovecot answers on loopback with TLS; the round trip is made by delaying_proxy.py. Both clients write into one open volume
(userspace engine, a container file), each into an account or folder that is new for a full export; seconds include a final syncfs.
"""
import argparse
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
PASSWORD = "b4ttery staple"
ROUND_TRIP = 0.040
LOW_COST = ["--pbkdf-memory", "32M", "--iter-time", "10"]
TARGETS = {("full", 0): 3, ("full", ROUND_TRIP): 4, ("no change", ROUND_TRIP): 8}
RESTORED_A_SECOND = 300
MEMORY_MIB = 40
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


def fill(server, messages, folders):
    """Straight into the Maildirs on the server's side."""
    generator = random.Random(1)
    root = server.folder / "mail" / USER / "Maildir"
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
    subprocess.run(["chown", "-R", "mail:mail", server.folder / "mail" / USER], check=True)
    for folder in server.doveadm("mailbox", "list", "-u", USER).splitlines():
        server.count(USER, folder)  # its index is made now, not by the first client


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

    def kist_export(self, port, _):
        """An account is named by its port too, so every proxy's is a new one."""
        self.account = f"{USER}@localhost:{port}"
        seconds, memory = self.timed(self.volume(
            "backup", f"imaps://{USER}@localhost:{port}", "--password-file", self.password, "--ca-file",
            self.server.authority.certificate, "--no-drill"))
        self.memory = max(self.memory, memory)
        return seconds

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

    def pairs(self, round_trip, rounds):
        """Seconds of (kist, mbsync) by what was done."""
        found = {"full": [], "no change": []}
        for number in range(rounds):
            with DelayingProxy(self.server.ports["imaps"], round_trip) as proxy:
                name = f"{round_trip}-{number}"
                for pairs in found.values():
                    clients = [self.kist_export, self.mbsync]
                    order = clients if number % 2 == 0 else clients[::-1]
                    seconds = {client.__name__: client(proxy.port, name) for client in order}
                    pairs.append((seconds["kist_export"], seconds["mbsync"]))
                shutil.rmtree(f"{self.mounted}/mbsync-{name}")
        return found

    def report(self, round_trip, rounds):
        for what, pairs in self.pairs(round_trip, rounds).items():
            kist, mbsync = (statistics.median(side) for side in zip(*pairs))
            ratios = [theirs / ours for ours, theirs in pairs]
            target = TARGETS.get((what, round_trip))
            print(f"{what}, {1000 * round_trip:.0f} ms: kist {kist:.2f} s, mbsync {mbsync:.2f} s; mbsync / kist "
                  f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
                  + (f", to reach {target}" if target else ""), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kist")
    parser.add_argument("folder")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--folders", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    top = os.path.join(os.path.abspath(options.folder), "mail-bench")
    os.makedirs(f"{top}/volume")
    with dovecot_server.DovecotServer({USER: PASSWORD, EMPTY_USER: PASSWORD}) as server:
        bench = Bench(options, server, top)
        try:
            fill(server, options.messages, options.folders)
            size = (1 << 30) + options.messages * 60_000 * (options.rounds + 1)
            subprocess.run(bench.volume("prepare", bench.container, "--size", str(size), "--at", bench.mounted, *LOW_COST),
                           check=True, stdout=subprocess.DEVNULL)
            for round_trip in 0, ROUND_TRIP:
                bench.report(round_trip, options.rounds)
            speed = bench.restore(["Folder 01", "Folder 02"])
            print(f"restore, {1000 * ROUND_TRIP:.0f} ms: {speed:.0f} messages a second, to reach {RESTORED_A_SECOND}")
            print(f"kist's peak memory {bench.memory / 1024:.0f} MiB, to stay below {MEMORY_MIB}")
        finally:
            subprocess.run(bench.volume("close"), check=False)
            if not os.path.ismount(bench.mounted):
                shutil.rmtree(top)


if __name__ == "__main__":
    main()
