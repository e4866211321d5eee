"""`make dev`, as a person at a terminal has it; templates/tests has OTHERS=images, which needs Docker."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from servicekit.testing import running

from tests.terminal import ROOT, Terminal, alive, free_ports, typed

NAMES = ("frontend", "joker", "model")


@contextlib.contextmanager
def make_dev(ports: dict[str, str], processes: int = 3) -> Iterator[Terminal]:
    command = ["make", "dev", "S=frontend", f"VENV={sys.prefix}", f"PYTHON={sys.executable}"]
    with typed(command, {**ports, "LOG_FORMAT": "text"}) as terminal:
        terminal.wait_for("Application startup complete", times=processes)
        yield terminal


def ended_with(ports: dict[str, str], **env: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "dev.develop", "frontend"],
        cwd=ROOT,
        env={**os.environ, **ports, **env},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def gone(pids: list[int]) -> bool:
    end = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_those_it_calls_run_beside_it_and_ctrl_c_ends_all_well():
    ports = free_ports(NAMES)
    page = f"http://127.0.0.1:{ports['FRONTEND_PORT']}"
    with make_dev(ports) as terminal:
        assert f"frontend: {page} (restarted on every change; Ctrl-C ends it)" in terminal.screen
        for name in ("joker", "model"):
            assert f"{name}: http://127.0.0.1:{ports[f'{name.upper()}_PORT']} (processes)" in terminal.screen
        answer = httpx.get(f"{page}/api/joke").json()
        assert (answer["degraded"], len(answer["prediction"]["probabilities"])) == (False, 13)
        pids = list(terminal.services().values())
        assert len(pids) == 3
        terminal.press(b"\x03")
        assert terminal.wait() == 0
        assert gone(pids)
        assert "Error" not in terminal.screen
        assert "***" not in terminal.screen  # what make would say


def test_a_terminal_that_is_closed_leaves_nothing_running():
    with make_dev(free_ports(NAMES)) as terminal:
        pids = list(terminal.services().values())
        assert len(pids) == 3
        terminal.hang_up()
        assert gone(pids)


def test_what_answers_already_is_taken():
    """And so is not started a second time, nor stopped."""
    ports = free_ports(NAMES)
    with running("joker", PORT=ports["JOKER_PORT"]) as joker:
        with make_dev(ports, processes=2) as terminal:
            assert f"joker: {joker.url} (there already)" in terminal.screen
            assert set(terminal.services()) == {"", "model"}
            assert httpx.get(f"http://127.0.0.1:{ports['FRONTEND_PORT']}/api/joke").json()["degraded"] is False
            terminal.press(b"\x03")
            assert terminal.wait() == 0
        assert httpx.get(f"{joker.url}/readyz").is_success


@pytest.mark.parametrize("name", NAMES)
def test_a_port_in_use_is_one_line_that_says_what_to_set(name):
    ports = free_ports(NAMES)
    variable = f"{name.upper()}_PORT"
    with socket.create_server(("127.0.0.1", int(ports[variable]))) as taken:
        taken.listen()
        code, shown, error = ended_with(ports)
    assert (code, shown) == (2, "")
    assert error == (
        f"port {ports[variable]} cannot be had for {name} (Address already in use): move it with {variable}=...\n"
    )


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"OTHERS": "imges"}, ["OTHERS=imges", "processes and images"]),
        (
            {"OTHERS": "images", "DOCKER": "/nowhere/docker"},
            ["no image joker:dev", "/nowhere/docker", "make image S=joker"],
        ),
    ],
)
def test_what_cannot_be_is_one_line(env, words):
    code, _, error = ended_with(free_ports(NAMES), **env)
    assert code == 1
    (line,) = error.splitlines()
    assert [word for word in words if word not in line] == []
