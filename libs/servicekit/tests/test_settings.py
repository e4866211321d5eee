import subprocess
import sys

import pytest

REFUSED = {
    "PORT": ("eighty", "65536", "-1"),
    "LOG_LEVEL": ("loud",),
    "LOG_FORMAT": ("xml",),
    "DRAIN_SECONDS": ("-1", "nan", "soon"),
    "SHUTDOWN_SECONDS": ("inf",),
    "MAX_BODY_BYTES": ("1MB",),
    "MAX_CONCURRENCY": ("0",),
    "ROOT_PATH": ("punchline", "/punchline/", "/a b"),
    "FORWARDED_ALLOW_IPS": ("proxy", "10.0.0.1/8"),
}


@pytest.mark.parametrize(("variable", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_a_wrong_value_ends_the_start_with_one_line_that_names_it(tiny, variable, value):
    ended = subprocess.run([sys.executable, tiny], env={variable: value}, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"{variable}={value!r} is not accepted: ")


def test_every_wrong_value_is_named_at_once(tiny):
    ended = subprocess.run([sys.executable, tiny], env={"PORT": "x", "LOG_LEVEL": "y"}, capture_output=True, text=True)
    assert [line.partition("=")[0] for line in ended.stderr.splitlines()] == ["PORT", "LOG_LEVEL"]


def test_an_empty_variable_counts_as_unset(asking, monkeypatch):
    monkeypatch.setenv("MAX_CONCURRENCY", "")
    asking()


def test_a_port_in_use_is_one_clear_line(tiny):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run([sys.executable, tiny], env={"PORT": port}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert (
        ended.stderr == f"HOST=127.0.0.1 PORT={port}: Address already in use. Set HOST and PORT to what is free here.\n"
    )
