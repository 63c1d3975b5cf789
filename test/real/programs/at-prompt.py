"""Interpreters on a terminal of their own, under belay: one that goes back to where it stood at its
prompt reads and echoes what is typed there as it did before.

usage: at-prompt.py BELAY shell|python COMMAND [ARGUMENT]...
"""

import os
import pty
import select
import subprocess
import sys
import time

PATIENCE_S = 60


class Terminal:
    """The other end of the interpreter's terminal."""

    def __init__(self, words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="belay$ ", TERM="dumb")
            os.execvp(words[0], words)
        self.heard = b""

    def hear(self, wanted):
        """What comes up to and with the words that are waited for."""
        end = time.monotonic() + PATIENCE_S
        while wanted not in self.heard:
            ready, _, _ = select.select([self.fd], [], [], end - time.monotonic())
            if not ready:
                sys.exit(f"waited in vain for {wanted}, heard {self.heard}")
            self.heard += os.read(self.fd, 4096)
        at = self.heard.index(wanted) + len(wanted)
        heard, self.heard = self.heard[:at], self.heard[at:]
        return heard

    def say(self, words):
        os.write(self.fd, words)


def check(is_so, what):
    if not is_so:
        sys.exit(what)


def ask(belay, what, terminal):
    subprocess.run([belay, what, str(terminal.pid)], check=True, stdout=subprocess.DEVNULL)


def run_job(belay, terminal):
    """A job has the terminal; its shell is rewound."""
    terminal.say(b"cat\n")
    while os.tcgetpgrp(terminal.fd) == terminal.pid:
        time.sleep(0.01)
    terminal.say(b"to the job\n")
    terminal.hear(b"to the job\r\nto the job\r\n")
    ask(belay, "rewind", terminal)
    check(os.tcgetpgrp(terminal.fd) == terminal.pid, "it is not in the foreground again")


def fall(belay, terminal):
    """It falls in what was typed, with the modes for that."""
    terminal.say(b"import ctypes\n")
    terminal.hear(b">>> ")
    terminal.say(b"ctypes.string_at(0)\n")
    terminal.hear(b"string_at(0)\r\n")
    log = [belay, "log", "--json", str(terminal.pid)]
    while b'"fall"' not in subprocess.run(log, check=True, capture_output=True).stdout:
        time.sleep(0.01)


SCENES = {
    "shell": (b"belay$ ", run_job, b"echo $((40 + 2))!\n", b"exit 7\n"),
    "python": (b">>> ", fall, b"print(40 + 2, end='!\\n')\n", b"raise SystemExit(7)\n"),
}


def main():
    belay, scene, *words = sys.argv[1:]
    prompt, go_wrong, line, leave = SCENES[scene]
    terminal = Terminal([belay, "run", "--", *words])
    terminal.hear(prompt)
    ask(belay, "checkpoint", terminal)
    go_wrong(belay, terminal)
    terminal.say(line)
    heard = terminal.hear(b"42!\r\n")
    check(heard.count(b"40 + 2") == 1, f"what was typed is not echoed once: {heard}")
    terminal.hear(prompt)
    terminal.say(leave)
    _, status = os.waitpid(terminal.pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
