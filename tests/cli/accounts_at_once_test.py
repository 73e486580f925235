"""Several mailboxes in one run: one that is held up in the middle of its messages, and what becomes of the others then."""

import json
import signal
import socket
import subprocess
import threading
import time

import dovecot_server
import kist_driver
import sandbox
from kist_driver import Case
from mailbox_test import PASSWORD, message

MESSAGES = 20
LONG = b"A long line of a message that is long.\r\n" * 8000
SLOW, OTHERS = "slow", ["bert", "carl", "dora"]


class Gate:
    """A port that passes on what goes to another one and comes back, but no more than `most` bytes back until it is opened."""

    def __init__(self, port, most):
        self.target = port
        self.left = most
        self.is_open = threading.Event()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self.sockets += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target, source is server), daemon=True).start()

    def pass_on(self, source, target, is_held):
        try:
            while data := source.recv(65536):
                if is_held:
                    self.left -= len(data)
                    if self.left < 0:
                        self.is_open.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.is_open.set()
        for one in [self.listener, *self.sockets]:
            one.close()


class AtOnce(Case):
    def setUp(self):
        super().setUp()
        self.server = dovecot_server.DovecotServer(dict.fromkeys([SLOW, *OTHERS], PASSWORD))
        self.addCleanup(self.server.close)
        self.gate = Gate(self.server.ports["imaps"], 8 * len(LONG))
        self.addCleanup(self.gate.close)
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.configuration = self.home / "kist.toml"
        self.configuration.write_text("".join(
            f'[source.{user}]\nurl = "imaps://{user}@localhost:{port}"\npassword-file = "{self.password}"\n'
            f'ca-file = "{self.server.authority.certificate}"\n'
            for user, port in [(SLOW, self.gate.port), *((user, self.server.ports["imaps"]) for user in OTHERS)]))
        for number in range(MESSAGES):
            self.server.save(SLOW, "INBOX", message(number, LONG))
        for at, user in enumerate(OTHERS):
            for number in range(at + 1):
                self.server.save(user, "INBOX", message(number))

    def begin(self):
        """A run that has stored all mailboxes but the slow one, and some messages of that."""
        process = subprocess.Popen(
            [kist_driver.KIST, "--volume", self.container, "--key-file", self.key, "--config", self.configuration, "--json",
             "backup", "--no-drill"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + kist_driver.PATIENCE
        while not self.is_held_up():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                self.fail(f"the others are not stored: {process.communicate()}")
            time.sleep(0.01)
        return process

    def is_held_up(self):
        staged = len(list((self.mount_point / ".kist/staging/in").glob("*/cur/*")))
        return self.gate.left < 0 and staged >= 3 and all(self.stored(user) == at + 1 for at, user in enumerate(OTHERS))

    def stored(self, user):
        """Messages in latest/."""
        return len(list((self.mount_point / "latest/mail" / user / "cur").glob("*")))

    def again(self):
        self.gate.is_open.set()
        result = self.kist("--config", self.configuration, "--json", "backup", "--no-drill")
        lines = {line["source"]: line for line in map(json.loads, result.stdout.splitlines())}
        self.assertEqual(self.stored(SLOW), MESSAGES)
        self.assertEqual([self.stored(user) for user in OTHERS], [1, 2, 3])
        self.assert_sound()
        self.assertEqual(list((self.mount_point / ".kist/staging").iterdir()), [])
        return lines[f"/{SLOW}"]

    def sources(self):
        return sorted(snapshot["source"] for snapshot in self.snapshots())

    def test_one_that_is_held_up_holds_up_no_other(self):
        self.prepare("96M")
        process = self.begin()
        self.gate.is_open.set()
        output, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 0, errors)
        lines = [json.loads(line) for line in output.splitlines()]
        self.assertEqual(lines[-1]["source"], f"/{SLOW}")
        self.assertEqual(lines[-1]["files_read"], MESSAGES)
        self.assertEqual(sorted(line["files_read"] for line in lines), [1, 2, 3, MESSAGES])
        self.assertEqual(sorted(line["snapshot"] for line in lines), [1, 2, 3, 4])
        self.assertEqual(self.again()["files_read"], 0)

    def test_the_others_stay_when_it_is_interrupted(self):
        self.prepare("96M")
        process = self.begin()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("are kept", errors)
        self.assertEqual(len(output.splitlines()), len(OTHERS))
        result = self.again()
        self.assertGreaterEqual(result["files_taken_over"], 3)
        self.assertEqual(result["files_read"] + result["files_taken_over"], MESSAGES)

    def test_the_others_stay_when_it_is_killed(self):
        self.prepare("96M")
        process = self.begin()
        process.kill()
        process.communicate()
        self.again()

    def test_the_others_stay_when_the_volume_gets_full(self):
        self.prepare("64M")
        filler = self.mount_point / "filler"
        process = self.begin()
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()
            except OSError:
                pass
        self.gate.is_open.set()
        _, errors = process.communicate(timeout=kist_driver.PATIENCE)
        self.assertEqual(process.returncode, 8, errors)
        self.assertIn("No space left", errors)
        self.assertEqual([self.stored(user) for user in OTHERS], [1, 2, 3])
        filler.unlink()
        self.again()


if __name__ == "__main__":
    if not dovecot_server.is_available():
        sandbox.skip("needs root, dovecot-imapd and openssl")
    kist_driver.main()
