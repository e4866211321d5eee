"""A server as a process: pinned to a core, ready, weighed, and gone with all that it started."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers import CACHE, INFER, Server, environment_variables

SERVER_CORE, LOAD_CORE = 0, 1
START_SECONDS = 90
MARK = "BENCH_MARK"


class Running:
    """A server that answers. `seconds` is what it took from its start to its first answer."""

    def __init__(self, url: str, mark: str, seconds: float) -> None:
        self.url, self._mark, self.seconds = url, mark, seconds

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one inference request."""
        return ask(self.url, body)

    def megabytes(self) -> int:
        """Resident memory of all its processes."""
        pages = 0
        for pid in _marked(self._mark):
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGESIZE") / 1e6)

    def pid(self) -> int:
        """Of the server, where it is one process."""
        (pid,) = _marked(self._mark)
        return pid


def ask(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST to infer; raises OSError unless it is answered with 200."""
    request = urllib.request.Request(url + INFER, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        decoded: dict[str, Any] = json.load(answer)
        return decoded


@contextlib.contextmanager
def running(server: Server, cores: str = str(SERVER_CORE), ready: str = INFER, **more: str) -> Iterator[Running]:
    """Start `server` on `cores`, wait until it answers, end it and whatever it has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, folder, added = server.command(port)
    mark = uuid.uuid4().hex
    env = {**environment_variables(), **added, **more, MARK: mark}
    (CACHE / "logs").mkdir(exist_ok=True)
    with (CACHE / "logs" / f"{server.name.partition(' ')[0]}-{server.runtime or 'plain'}.log").open("wb") as log:
        begin = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", cores, *command], cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield Running(
                f"http://127.0.0.1:{port}", mark, _ready(server, process, f"http://127.0.0.1:{port}", ready, begin)
            )
        finally:
            for number in (signal.SIGTERM, signal.SIGKILL):
                for pid in _marked(mark):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                end = time.monotonic() + 5
                while _marked(mark) and time.monotonic() < end:
                    process.poll()
                    time.sleep(0.02)
            process.wait()


def _ready(server: Server, process: subprocess.Popen[bytes], url: str, path: str, begin: float) -> float:
    body = server.request(["Warum ist das so?"])
    while time.monotonic() < begin + START_SECONDS:
        with contextlib.suppress(OSError):
            if path == INFER:
                ask(url, body)
            else:
                urllib.request.urlopen(url + path, timeout=10).close()
            return time.monotonic() - begin
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"{server.name} does not answer: its words are in bench/.cache/logs")


def _marked(mark: str) -> list[int]:
    """The processes that were started from here, however deep: they have the mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found
