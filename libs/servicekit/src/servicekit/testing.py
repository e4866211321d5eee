"""A service as a real process, for tests: started on a free port, asked over HTTP, ended by signals.

And an app behind real connections in this process.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

START_SECONDS = 30.0


class ServiceProcess:
    """A running service. `url` has no slash at its end; `lines` grows with what it prints."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = ""

    def logs(self, event: str | None = None) -> list[dict[str, Any]]:
        """The JSON log lines so far, all or of one event."""
        parsed = []
        for line in list(self.lines):
            with contextlib.suppress(ValueError):
                parsed.append(json.loads(line))
        return [line for line in parsed if isinstance(line, dict) and event in (None, line.get("event"))]

    def wait_until_ready(self) -> None:
        """Return when `/readyz` answers 200. Raises AssertionError, with what it printed, if it ends or takes long."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if not self.url and (listening := self.logs("listening")):
                self.url = f"http://127.0.0.1:{listening[0]['port']}"
            with contextlib.suppress(httpx.TransportError):
                if self.url and httpx.get(f"{self.url}/readyz", trust_env=False).is_success:
                    return
            time.sleep(0.02)
        raise AssertionError("not ready:\n" + "\n".join(self.lines))

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process is still there."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def wait(self, timeout: float = 30.0) -> int:
        """The exit code, negative for a signal, once it has ended and all it printed has been read."""
        code = self._process.wait(timeout)
        self._reader.join(timeout)
        return code

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101
        with self._process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip("\n"))


def free_port() -> int:
    """A port that is free, and that nobody is given who asks for any: so it still is when it is taken, or taken again.

    Linux gives ports from 32768 on, macOS and Windows from 49152 on, and Kubernetes node ports from 30000 on.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def process(service: str | Path, **env: str) -> Iterator[ServiceProcess]:
    """Run a module by name, or a file, with `env` on top of this process's environment; killed at the end."""
    target = ["-m", service] if isinstance(service, str) else [str(service)]
    defaults = {"HOST": "127.0.0.1", "PORT": "0", "LOG_FORMAT": "json", "DRAIN_SECONDS": "0"}
    started = ServiceProcess([sys.executable, *target], {**os.environ, **defaults, **env})
    try:
        yield started
    finally:
        started.send(signal.SIGKILL)
        started.wait()


@contextlib.contextmanager
def running(service: str | Path, **env: str) -> Iterator[ServiceProcess]:
    """Like `process`, and ready when the block begins."""
    with process(service, **env) as started:
        started.wait_until_ready()
        yield started


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The URL of an app of `create_app`, behind the protocol that it has in a service. Its lifespan is not entered."""
    options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}
    config = uvicorn.Config(app, http=app.state.protocol, **options)
    config.load()
    state = uvicorn.Server(config).server_state
    make: Any = config.http_protocol_class
    listener = await asyncio.get_running_loop().create_server(
        lambda: make(config=config, server_state=state, app_state={}), "127.0.0.1"
    )
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        for connection in list(state.connections):
            connection.transport.abort()
