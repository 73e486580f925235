"""A small IMAP server without encryption, for what real servers do wrong. A test gives it folders and changes its methods."""

import re
import socket
import threading


class Folder:
    def __init__(self, messages, validity=1700000000, attributes=""):
        """messages: bytes by UID."""
        self.messages = dict(messages)
        self.flags = {uid: "" for uid in self.messages}
        self.validity = validity
        self.attributes = attributes

    @property
    def next(self):
        return max(self.messages, default=0) + 1


class Cut(Exception):
    """The connection ends here."""


class ScriptedImap:
    capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR"
    delimiter = '"/"'
    greeting = "* OK ready"

    def __init__(self, folders):
        self.folders = folders  # by the name as it is written
        self.commands = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def url(self, user="anna"):
        return f"imap://{user}@localhost:{self.port}"

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        state = {"folder": None}
        with connection, connection.makefile("rb") as lines:
            send = lambda data: connection.sendall(data if isinstance(data, bytes) else data.encode() + b"\r\n")
            try:
                send(self.greeting)
                for line in lines:
                    tag, _, text = line.decode(errors="surrogateescape").rstrip("\r\n").partition(" ")
                    self.commands.append(text)
                    word, _, rest = text.partition(" ")
                    handler = getattr(self, "do_" + word.lower(), None)
                    if word == "UID":
                        word, _, rest = rest.partition(" ")
                        handler = getattr(self, "uid_" + word.lower()) if state["folder"] else None
                    send(f"{tag} {handler(send, state, rest) if handler else 'BAD what?'}")
                    if word == "LOGOUT":
                        return
            except (Cut, OSError):
                return

    def do_capability(self, send, state, rest):
        send("* CAPABILITY " + self.capabilities)
        return "OK"

    def do_authenticate(self, send, state, rest):
        return "OK logged in"

    def do_logout(self, send, state, rest):
        send("* BYE")
        return "OK"

    def do_list(self, send, state, rest):
        for name, folder in self.folders.items():
            send(b"* LIST (" + folder.attributes.encode() + b") " + self.delimiter.encode() + b" " + literal(name) + b"\r\n")
        return "OK"

    def do_lsub(self, send, state, rest):
        return "OK"

    def find(self, rest):
        """The folder of a quoted name, and what follows."""
        match = re.match(r'"((?:[^"\\]|\\.)*)" ?(.*)', rest)
        name = re.sub(r"\\(.)", r"\1", match[1])
        if name == "INBOX" and name not in self.folders:
            name = next((one for one in self.folders if one.upper() == name), name)
        return self.folders.get(name), name, match[2]

    def do_status(self, send, state, rest):
        folder, name, _ = self.find(rest)
        send(b"* STATUS " + literal(name) + b" (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n" %
             (len(folder.messages), folder.next, folder.validity))
        return "OK"

    def do_examine(self, send, state, rest):
        folder, _, _ = self.find(rest)
        state["folder"] = folder
        if folder is None:
            return "NO [NONEXISTENT] no such folder"
        send(f"* {len(folder.messages)} EXISTS")
        send(f"* OK [UIDVALIDITY {folder.validity}] it lasts")
        send(f"* OK [UIDNEXT {folder.next}] the next")
        return "OK [READ-ONLY] open"

    def uid_search(self, send, state, rest):
        uids = state["folder"].messages
        if rest.startswith("UID "):
            wanted = numbers(rest[4:], max(uids, default=0))
            uids = [uid for uid in uids if uid in wanted]
        send("* SEARCH" + "".join(f" {uid}" for uid in sorted(uids)))
        return "OK"

    def uid_fetch(self, send, state, rest):
        wanted, _, items = rest.partition(" ")
        folder = state["folder"]
        chosen = [uid for uid in sorted(folder.messages) if uid in numbers(wanted, max(folder.messages, default=0))]
        if "BODY" not in items:
            for uid in chosen:
                send(f"* {uid} FETCH (UID {uid} FLAGS ({folder.flags[uid]}))")
            return "OK"
        return self.fetch(send, folder, chosen)

    def fetch(self, send, folder, uids):
        for uid in uids:
            send(self.answer(folder, uid))
        return "OK"

    def answer(self, folder, uid):
        return (b'* %d FETCH (UID %d FLAGS (%s) INTERNALDATE "17-Jul-2023 02:44:25 +0000" BODY[] ' %
                (uid, uid, folder.flags[uid].encode()) + literal(folder.messages[uid]) + b")\r\n")


def literal(data):
    data = data if isinstance(data, bytes) else data.encode(errors="surrogateescape")
    return b"{%d}\r\n" % len(data) + data


class numbers:
    """Whether a number is in a set such as 1:3,7,9:*."""

    def __init__(self, text, last):
        self.ranges = []
        for part in text.split(","):
            first, _, end = part.partition(":")
            first, end = [last if one == "*" else int(one) for one in (first, end or first)]
            self.ranges.append((min(first, end), max(first, end)))

    def __contains__(self, number):
        return any(first <= number <= end for first, end in self.ranges)
