"""Steady traffic, every answer of which is checked, while something happens to the cluster."""

import asyncio
import ipaddress
import itertools
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

PATIENCE = 10.0
"""Seconds after which a request counts as lost: far above what any service takes."""

LOOPBACK = "127.0.0.1"
_sources = map(ipaddress.IPv4Address("127.1.0.0").__add__, itertools.count(1))
_TLS = ssl.create_default_context()
"""One for all clients: to make it takes longer than a request."""


@dataclass(frozen=True)
class Stream:
    """One kind of request, sent `rate` times a second whatever becomes of those before.

    `wrong` says what is wrong with an answer, that of where redirects lead, or nothing. Requests go over `fresh`
    connections, one each, or over kept ones.
    """

    name: str
    url: str
    wrong: Callable[[httpx.Response], str | None]
    json: Any = None
    form: dict[str, str] | None = None
    fresh: bool = False
    rate: float = 10.0

    @property
    def method(self) -> str:
        """GET, or POST if there is something to send."""
        return "POST" if self.json or self.form else "GET"


@dataclass(frozen=True)
class Lost:
    """A request without the right answer; `at` is in seconds since the traffic began."""

    at: float
    took: float
    stream: str
    reason: str

    def __str__(self) -> str:
        return f"at {self.at:7.3f} s, after {self.took:6.3f} s  {self.stream}: {self.reason}"


class Traffic:
    """Streams of requests from the beginning of a `with` to its end.

    Some are answered before the block begins, and some after it ends, so that the traffic spans all of it.
    """

    def __init__(self, *streams: Stream) -> None:
        self.sent = 0
        self.answered = 0
        self.lost: list[Lost] = []
        self._streams = streams
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send_all()), name="traffic")

    def __enter__(self) -> Self:
        self._thread.start()
        self._await_more()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._await_more()
        finally:
            self._stop.set()
            self._thread.join()
            for lost in self.lost:
                print(lost)

    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._began

    def is_whole(self) -> bool:
        """Whether none of the next 100 answers is a loss."""
        lost = len(self.lost)
        self._await_answers(100)
        return len(self.lost) == lost

    def _await_more(self) -> None:
        """Wait for as many answers as a second gives."""
        self._await_answers(sum(stream.rate for stream in self._streams))

    def _await_answers(self, number: float) -> None:
        """Wait for so many more, right ones or wrong."""
        goal = self.answered + number
        end = time.monotonic() + 2 * PATIENCE
        while self.answered < goal:
            assert time.monotonic() < end, f"{self.answered} answers, where {goal:.0f} were awaited"
            assert self._thread.is_alive(), "the traffic ended by itself"
            time.sleep(0.02)

    async def _send_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for stream in self._streams:
                group.create_task(self._send_stream(stream))

    async def _send_stream(self, stream: Stream) -> None:
        async with _client(stream) as kept, asyncio.TaskGroup() as group:
            due = time.monotonic()
            while not self._stop.is_set():
                group.create_task(self._send_fresh(stream) if stream.fresh else self._send(kept, stream))
                self.sent += 1
                due += 1 / stream.rate
                await asyncio.sleep(due - time.monotonic())

    async def _send_fresh(self, stream: Stream) -> None:
        async with _client(stream) as client:
            await self._send(client, stream)

    async def _send(self, client: httpx.AsyncClient, stream: Stream) -> None:
        at = self.seconds()
        try:
            response = await client.request(
                stream.method, stream.url, json=stream.json, data=stream.form, follow_redirects=True
            )
            reason = stream.wrong(response)
        except (httpx.HTTPError, json.JSONDecodeError, KeyError, TypeError) as error:
            reason = repr(error)
        self.answered += 1
        if reason:
            self.lost.append(Lost(at, self.seconds() - at, stream.name, reason))


def _client(stream: Stream) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0 if stream.fresh else None)
    transport = httpx.AsyncHTTPTransport(verify=_TLS, limits=limits, local_address=_source(stream.url), trust_env=False)
    return httpx.AsyncClient(transport=transport, timeout=PATIENCE, trust_env=False)


def _source(url: str) -> str | None:
    """An address that nobody has come from yet, where `url` is a node port on loopback.

    A node remembers for two minutes where a connection led that was refused or never answered: who comes again from the
    same address and port is led there again, to no pod or to one that is gone, whatever is there by then. Visitors come
    from many addresses; a thousand connections from one would meet such a port with every twentieth.
    """
    return str(next(_sources)) if sys.platform == "linux" and httpx.URL(url).host == LOOPBACK else None
