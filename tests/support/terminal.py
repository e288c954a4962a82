"""The command `watchword` in a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time

PROGRAM = """
import os, sys
os.open(os.ttyname(0), os.O_RDWR)  # the first terminal that a session's leader opens is its own
from watchword.cli import main
sys.argv[0] = "watchword"
main()
"""


class Terminal:
    """A program in a terminal of its own: what it shows, and what is typed into it."""

    def __init__(self, *arguments: str, columns: int = 80, lines: int = 24) -> None:
        self.shown = ""
        self.end, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type the answer."""
        self.wait_for(question)
        # The echo is switched off after the question has been written.
        time.sleep(0.2)
        os.write(self.end, text.encode())

    def wait_for(self, words: str) -> None:
        """Wait until the program shows these words, from now on."""
        seen = len(self.shown)
        until = time.monotonic() + 60
        while words not in self.shown[seen:]:
            assert time.monotonic() < until, self.shown
            if select.select([self.end], [], [], 0.1)[0]:
                self.shown += os.read(self.end, 4096).decode()

    def finish(self) -> int:
        """Return the exit status once the program has ended and all its output is read."""
        while True:
            try:
                more = os.read(self.end, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not more:
                break
            self.shown += more.decode()
        os.close(self.end)
        return self.process.wait(60)
