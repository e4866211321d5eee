"""A command in a terminal of its own, as a person has it, and free ports for what it starts."""

import contextlib
import os
import pty
import re
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from servicekit.testing import free_port

ROOT = Path(__file__).parents[1]


class Terminal:
    """What is typed into it, and what it shows."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.screen = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it
            os.execvpe(command[0], command, {**os.environ, **env})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the last process has left the terminal
            while data := os.read(self._terminal, 65536):
                self.screen += data.decode(errors="replace")

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def hang_up(self) -> None:
        """What a closed window means for whoever is in front."""
        os.killpg(os.tcgetpgrp(self._terminal), signal.SIGHUP)

    def wait_for(self, text: str, times: int = 1) -> None:
        end = time.monotonic() + 60
        while self.screen.count(text) < times:
            assert time.monotonic() < end, self.screen
            time.sleep(0.02)

    def wait(self) -> int:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._reader.join(10)
        return code

    def services(self) -> dict[str, int]:
        """The processes that are there, of those that the screen tells of, by the name in front of the line, if any."""
        told = re.findall(r"^(?:(\S+) +\| )?.*Started server process \[(\d+)\]", self.screen, re.M)
        return {name: int(pid) for name, pid in told if alive(int(pid))}


@contextlib.contextmanager
def typed(command: list[str], env: dict[str, str]) -> Iterator[Terminal]:
    """The command in the root of the repository; it and the services that it tells of are gone after the `with`."""
    terminal = Terminal(command, env)
    try:
        yield terminal
    finally:
        for pid in (terminal.pid, *terminal.services().values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def free_ports(names: Iterable[str]) -> dict[str, str]:
    """The variables that give each service of these names a port."""
    variables = [f"{name.replace('-', '_').upper()}_PORT" for name in names]
    ports: set[int] = set()
    while len(ports) < len(variables):
        ports.add(free_port())
    return dict(zip(variables, map(str, ports), strict=True))
