"""Writes of one turn of the event loop, made together at its end.

uvloop writes at once. Every such write goes through the kernel's whole network code and wakes who reads at the other
end, so that a busy server goes back and forth between that and its own code, which is in no cache when it comes back.
"""

import asyncio
from functools import lru_cache
from time import perf_counter
from typing import Any

MAX_SECONDS = 0.002
"""How long the first answer of a long turn waits for others."""

MAX_BYTES = 1 << 16
"""A connection's answers beyond this are written at once: asyncio's own high-water mark, so that flow control works."""


class Turn:
    """The connections that have something to write in this turn of `loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[CoalescingTransport] = []
        self._since = 0.0

    def add(self, transport: "CoalescingTransport") -> None:
        """Have `transport` flushed at the end of the turn."""
        now = perf_counter()
        if not self._waiting:
            self._since = now
            self._loop.call_soon(self.flush)
        elif now - self._since > MAX_SECONDS:
            self.flush()
            self._since = now
        self._waiting.append(transport)

    def flush(self) -> None:
        """Write all that waits."""
        waiting, self._waiting = self._waiting, []
        for transport in waiting:
            transport.flush()


class CoalescingTransport:
    """An `asyncio.Transport` whose writes wait for the end of the turn.

    Nothing is lost by `close`. Who lets asyncio close the transport, as at the end of the client's side, flushes first.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._turn = transport, _turn(loop)
        self._unsent = b""
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` after what was given before."""
        if not self._unsent:
            self._turn.add(self)
        self._unsent += data
        if len(self._unsent) > MAX_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        data, self._unsent = self._unsent, b""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Close, once all is sent."""
        self.flush()
        self._transport.close()


_turn = lru_cache(1)(Turn)  # of the loop that runs
