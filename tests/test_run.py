"""`make run`, as a person at a terminal has it."""

import argparse
import contextlib
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("joker", "model", "frontend")


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.screen = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execvpe(command[0], command, {**os.environ, **env})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the last process has left the terminal
            while data := os.read(self._terminal, 65536):
                self.screen += data.decode(errors="replace")

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + 60
        while text not in self.screen:
            assert time.monotonic() < end, self.screen
            time.sleep(0.02)

    def wait(self) -> int:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._reader.join(10)
        return code


def free_ports() -> dict[str, str]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in NAMES]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return {f"{name.upper()}_PORT": str(s.getsockname()[1]) for name, s in zip(NAMES, sockets, strict=True)}


@pytest.fixture
def make_run() -> Iterator[tuple[Terminal, dict[str, str]]]:
    ports = free_ports()
    # The environment of this test run serves the services too: make has nothing to install.
    terminal = Terminal(["make", "run", f"VENV={sys.prefix}", f"PYTHON={sys.executable}"], ports)
    yield terminal, ports
    with contextlib.suppress(ProcessLookupError):
        os.kill(terminal.pid, signal.SIGKILL)
    for pid in services(terminal).values():
        os.kill(pid, signal.SIGKILL)


def services(terminal: Terminal) -> dict[str, int]:
    """The processes that are there, by name, of those that the screen tells of."""
    told = re.findall(r"(\w+) +\| .*Started server process \[(\d+)\]", terminal.screen)
    return {name: int(pid) for name, pid in told if alive(int(pid))}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def url(ports: dict[str, str], name: str) -> str:
    return f"http://127.0.0.1:{ports[f'{name.upper()}_PORT']}"


def curl(command: str) -> httpx.Response:
    """What curl would do, which not every machine has."""
    asked = argparse.ArgumentParser()
    asked.add_argument("url")
    asked.add_argument("-H", dest="header")
    asked.add_argument("-d", dest="data")
    given = asked.parse_args(shlex.split(command)[1:])
    headers = dict([given.header.split(": ")]) if given.header else {}
    return httpx.request("POST" if given.data else "GET", given.url, headers=headers, content=given.data)


def test_it_says_what_to_try_and_ctrl_c_ends_it_well(make_run):
    terminal, ports = make_run
    terminal.wait_for("Ctrl-C ends it.")
    for name in NAMES:
        assert url(ports, name) in terminal.screen
        assert httpx.get(f"{url(ports, name)}/docs").status_code == 200
    commands = re.findall(r"curl .*", terminal.screen)
    assert len(commands) == 3
    for command in commands:
        assert curl(command.strip()).status_code == 200, command
    assert set(services(terminal)) == set(NAMES)
    terminal.press(b"\x03")
    assert terminal.wait() == 0
    assert services(terminal) == {}


def test_a_service_that_dies_takes_the_others_down(make_run):
    terminal, _ = make_run
    terminal.wait_for("Ctrl-C ends it.")
    os.kill(services(terminal)["model"], signal.SIGKILL)
    assert terminal.wait() != 0
    assert "model ended by itself with code -9" in terminal.screen
    assert services(terminal) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_port_in_use_is_one_line_that_says_what_to_set(name):
    ports = free_ports()
    variable = f"{name.upper()}_PORT"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(ports[variable])))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, ROOT / "dev/run.py"], env={**os.environ, **ports}, capture_output=True, text=True
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert ports[variable] in line
    assert variable in line


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(value):
    ended = subprocess.run(
        [sys.executable, ROOT / "dev/run.py"], env={**os.environ, "MODEL_PORT": value}, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        f"MODEL_PORT={value!r} is not a port: a number from 1 to 65535\n",
    )
