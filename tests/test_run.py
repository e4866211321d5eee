"""`make run`, as a person at a terminal has it."""

import argparse
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from dev.workspace import services
from tests import terminal
from tests.terminal import ROOT, Terminal, typed

NAMES = [each.name for each in services()]
TRIES = [how for each in services() for how in each.about.get("try", {}).values()]


def free_ports() -> dict[str, str]:
    return terminal.free_ports(NAMES)


@pytest.fixture
def make_run() -> Iterator[tuple[Terminal, dict[str, str]]]:
    ports = free_ports()
    # The environment of this test run serves the services too: make has nothing to install.
    with typed(["make", "run", f"VENV={sys.prefix}", f"PYTHON={sys.executable}"], ports) as terminal:
        yield terminal, ports


def variable(name: str) -> str:
    return f"{name.replace('-', '_').upper()}_PORT"


def url(ports: dict[str, str], name: str) -> str:
    return f"http://127.0.0.1:{ports[variable(name)]}"


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
    assert len(commands) == sum(how.startswith("curl ") for how in TRIES)
    for command in commands:
        assert curl(command.strip()).status_code == 200, command
    assert set(terminal.services()) == set(NAMES)
    terminal.press(b"\x03")
    assert terminal.wait() == 0
    assert terminal.services() == {}


def test_a_service_that_dies_takes_the_others_down(make_run):
    terminal, _ = make_run
    terminal.wait_for("Ctrl-C ends it.")
    os.kill(terminal.services()["model"], signal.SIGKILL)
    assert terminal.wait() != 0
    assert "model ended by itself with code -9" in terminal.screen
    assert terminal.services() == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_port_in_use_is_one_line_that_says_what_to_set(name):
    ports = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(ports[variable(name)])))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "dev.run"], cwd=ROOT, env={**os.environ, **ports}, capture_output=True, text=True
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert ports[variable(name)] in line
    assert variable(name) in line


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(value):
    ended = subprocess.run(
        [sys.executable, "-m", "dev.run"],
        cwd=ROOT,
        env={**os.environ, **free_ports(), "MODEL_PORT": value},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        f"MODEL_PORT={value!r} is not a port: a number from 1 to 65535\n",
    )
