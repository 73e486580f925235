"""kist on a terminal of its own, answered as a person would: each answer when its question is there."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

PATIENCE = 120


class Terminal:
    """`answers` are pairs of a text that is waited for and what is typed then: a string, or a function of all that was
    shown so far. Output to standard output is shown on the terminal, too, unless stdout is given."""

    def __init__(self, argv, answers, stdout=None):
        self.shown = ""
        master, slave = pty.openpty()
        process = subprocess.Popen([str(word) for word in argv], stdin=slave, stdout=stdout or slave, stderr=slave,
                                   preexec_fn=lambda: own_terminal(slave))
        os.close(slave)
        try:
            for question, answer in answers:
                seen = len(self.shown)
                while question not in self.shown[seen:]:
                    if not self.read_more(master):
                        raise AssertionError(f"{question!r} was never asked:\n{self.shown}")
                text = answer(self.shown) if callable(answer) else answer
                time.sleep(0.05)  # a person answers after the echo is off
                os.write(master, text.encode() + b"\n")
            while self.read_more(master):
                pass
            self.code = process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(master)

    def read_more(self, master):
        ready, _, _ = select.select([master], [], [], PATIENCE)
        if not ready:
            raise AssertionError(f"it hangs:\n{self.shown}")
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: everybody has closed the other end
            return False
        self.shown += piece.decode(errors="replace")
        return bool(piece)


def own_terminal(slave):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def recovery_key_in(text):
    return re.search(r"([cbdefghijklnrtuv]{8}-){7}[cbdefghijklnrtuv]{8}", text)[0]
