"""What happens to the services so that every panel and rule has something to show: real traffic, real faults."""

import asyncio
import contextlib
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
from servicekit.testing import ServiceProcess, running

from monitoring.load import INFER, ODD_TEXTS, send
from monitoring.stack import Prometheus, binary, poll, prometheus, services

RATE = 30
"""Requests a second throughout."""


class Watched:
    """The services under traffic, scraped by Prometheus, and what can be done to them."""

    def __init__(self, processes: dict[str, ServiceProcess], watching: Prometheus, stack: contextlib.ExitStack) -> None:
        self.processes, self.prometheus, self._stack = processes, watching, stack
        self.urls = {name: process.url for name, process in processes.items()}

    def kill(self, name: str) -> None:
        """End a service as a crash would, and wait until Prometheus has noticed."""
        self.processes[name].send(signal.SIGKILL)
        self.processes[name].wait()
        poll(f"{name} is seen down", lambda: self.prometheus.vector(f'up{{service="{name}"}} == 0'))

    def start(self, name: str) -> None:
        """Start it anew where it was, and wait until Prometheus has seen it."""
        port = self.urls[name].rpartition(":")[2]
        others = {f"{other.upper()}_URL": url for other, url in self.urls.items()}
        self.processes[name] = self._stack.enter_context(running(name, PORT=port, **others))
        poll(f"{name} is seen up", lambda: self.prometheus.vector(f'up{{service="{name}"}} == 1'))

    def freeze(self, name: str, seconds: float) -> None:
        """Let it stand still: connections are taken by the kernel and nothing is answered."""
        self.processes[name].send(signal.SIGSTOP)
        time.sleep(seconds)
        self.processes[name].send(signal.SIGCONT)


def traffic(watched: Watched) -> None:
    """Nothing but traffic, until rates have something to go by."""
    poll("a minute's worth is there", lambda: watched.prometheus.vector("service:request_duration_seconds:p95_5m"))
    time.sleep(10)


def odd_texts(watched: Watched) -> None:
    """Texts that the model does not know, more than its limit."""
    tensor = {"name": "text", "shape": [400], "datatype": "BYTES", "data": [ODD_TEXTS[0]] * 400}
    for _ in range(20):
        httpx.post(watched.urls["model"] + INFER, json={"inputs": [tensor]}, trust_env=False).raise_for_status()
    poll("they are seen", lambda: watched.prometheus.vector("service:abstentions:ratio15m > 0.3"))


def slow(watched: Watched) -> None:
    """First model, then joker, stands still: calls run into the frontend's deadline."""
    watched.freeze("model", 4)
    for _ in range(8):  # until 5 in 100 requests of the last minutes were slow
        watched.freeze("joker", 5)
        with contextlib.suppress(AssertionError):
            seen = 'service:request_duration_seconds:p95_5m{service="frontend"} > 1'
            poll("it is seen", partial(watched.prometheus.vector, seen), seconds=3)
            return
    raise AssertionError("the frontend's 95th percentile stays below 1 s")


def restarts(watched: Watched) -> None:
    """The service model crashes three times; in between the frontend is without it."""
    for _ in range(3):
        watched.kill("model")
        watched.start("model")
    poll("they are seen", lambda: watched.prometheus.vector("changes(process_start_time_seconds[15m]) > 2"))


def joker_away(watched: Watched) -> None:
    """The service joker crashes and stays away: the frontend answers 503, faster than any budget allows."""
    watched.kill("joker")
    burning = 'service:error_budget:burn_rate{service="frontend", window="3d"} > 15'
    poll("it is seen", lambda: watched.prometheus.vector(burning))


SCENARIOS: dict[str, Callable[[Watched], None]] = {
    "traffic": traffic,
    "odd texts": odd_texts,
    "slow": slow,
    "restarts": restarts,
    "joker away": joker_away,
}
"""In the order in which they are played; scenarios.yaml says what each fills."""


@contextlib.contextmanager
def watched(directory: Path) -> Iterator[Watched]:
    """Everything up, an hour and a half of history in Prometheus, and traffic until the end."""
    _history(directory)
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(services())
        urls = {name: process.url for name, process in processes.items()}
        watching = stack.enter_context(prometheus(urls, directory))
        stack.enter_context(_traffic(urls))
        yield Watched(processes, watching, stack)


@contextlib.contextmanager
def _traffic(urls: dict[str, str]) -> Iterator[None]:
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            asyncio.run(send(urls, RATE, seconds=2))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _history(directory: Path) -> None:
    """Rates of the last hour and a half, ten times what is to come: what TrafficLow compares with."""
    now, chance = int(time.time()), random.Random(1)
    lines = ["# TYPE service:requests:rate5m gauge"]
    for service, rate in (("frontend", 400), ("joker", 300), ("model", 400)):
        series = f'service:requests:rate5m{{namespace="compose",service="{service}"}}'
        times = range(now - 5400, now - 300, 15)
        lines += [f"{series} {rate * chance.uniform(0.9, 1.1):.2f} {at}" for at in times]
    text = directory / "history.txt"
    text.write_text("\n".join([*lines, "# EOF", ""]))
    command = [binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(text), str(directory / "data")]
    subprocess.run(command, check=True, capture_output=True)
