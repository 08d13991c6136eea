"""Child processes that never outlive the harness, and free ports."""

import ctypes
import os
import signal
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def free_port():
    """A port that nobody listens on. Another process may take it before it is used: starters retry."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A program that runs beside the harness, with its output in a file."""

    def __init__(self, name, words, folder, environment=None):
        self.name, self.words, self.folder, self.environment = name, words, folder, environment
        self.process = None

    def start(self):
        with open(os.path.join(self.folder, f"{self.name}.log"), "ab") as log:
            self.process = subprocess.Popen(
                self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, **(self.environment or {})}, start_new_session=True, preexec_fn=_die_with_parent)

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running:
            self.process.send_signal(number)

    def stop(self, grace=3.0, kill=False):
        """Ends it; after `grace` seconds without ceremony."""
        if not self.running:
            return
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def tail(self, size=2000):
        with open(os.path.join(self.folder, f"{self.name}.log"), "rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - size))
            return log.read().decode("utf-8", "replace")


def stop_all(children, grace=3.0):
    """Asks all of them at once, then waits for each."""
    for child in children:
        child.signal(signal.SIGCONT)
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    for child in children:
        child.stop(max(0.05, deadline - time.monotonic()))
