"""Direct routes within uvicorn's own protocol class, by httptools: no task, no scope, one write.

A request for a direct route that has come whole with what was read at once, as small ones do, is answered before the
next is looked at. Anything else about it, and it goes the way that uvicorn has for all: a body still on its way or too
large, chunks, another answer before it that is not over, a client that does not read, `Expect`, `Upgrade`, `Connection:
close`, HTTP/1.0, a query, an endpoint that takes its time, a drain. So nothing is kept here from one read to the next,
but answers until the end of the turn.

uvicorn documents that `http` takes a class, and not what is in this one: test_protocol.py holds what is used of it, and
pyproject.toml the versions that were tried.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .coalescing import CoalescingTransport
from .direct import Route, by_name
from .edge import Edge

ANSWERS_A_READ = 32
"""Answers to requests that came with one read. More than that go uvicorn's way, which reads on when they are answered:
one client that sends without end must not have the event loop for itself."""

MAX_HEAD_BYTES = 1 << 16
"""Of a head that does not end. What is read at once may be larger."""

HEAD_SECONDS = 30.0
"""How long a head may take to come, from its first byte. Who sends nothing may do so for `timeout_keep_alive`, as after
an answer."""

_REFUSAL = b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
HEAD_TOO_LARGE = _REFUSAL % b"431 Request Header Fields Too Large"
HEAD_TOO_SLOW = _REFUSAL % b"408 Request Timeout"


class DirectProtocol(HttpToolsProtocol):
    """A connection. `routes` are by method and path."""

    edge: ClassVar[Edge]
    routes: ClassVar[Mapping[tuple[str, str], Route]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._route: Route | None = None
        self._method = ""
        self._head: Mapping[bytes, bytes] = {}
        self._length = 0
        self._body = b""
        self._answers = 0
        self._unfinished = 0
        self._in_head = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._coalescing = CoalescingTransport(transport, self.loop)
        super().connection_made(self._coalescing)  # type: ignore[arg-type]
        self._close_when_idle()

    def eof_received(self) -> None:
        self._coalescing.flush()  # asyncio closes next

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_keepalive_if_required()  # uvicorn leaves it where there was an error, and with it all this
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._answers = 0
        self._unfinished += len(data)
        super().data_received(data)
        if self._route:
            self._leave_to_uvicorn()
        if self._unfinished > MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE)
        elif not self._in_head:
            self._stop_head_timer()
        elif not self._head_timer:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def on_message_begin(self) -> None:
        self._in_head = True
        # All that uvicorn does here is done in _leave_to_uvicorn, if it comes to that.
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unfinished = 0
        self._method = self.parser.get_method().decode()
        self._route = self.routes.get((self._method, self.url.decode("latin-1")))
        if not (self._route and self._is_plain()):
            self._leave_to_uvicorn()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        if self._route:
            if len(body) == self._length:
                self._body = body
                return
            self._leave_to_uvicorn()
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._route:
            answer = self.edge.at_once(self._route, self._method, self._head, self._body)
            if answer:
                self._route, self._head, self._body = None, {}, b""
                self._write(*answer)
                return
            self._leave_to_uvicorn()
        super().on_message_complete()

    def _is_plain(self) -> bool:
        if (
            self.edge.health.draining
            or self.flow.write_paused
            or (self.cycle and not self.cycle.response_complete)
            or self._answers == ANSWERS_A_READ
            or self.expect_100_continue
            or not self.parser.should_keep_alive()
            or self.transport.is_closing()
        ):
            return False
        self._head = head = by_name(self.headers)
        # Without this header only HTTP/1.1 stays open, and nobody asks for another protocol.
        if b"connection" in head and (self.parser.should_upgrade() or self.parser.get_http_version() != "1.1"):
            return False
        self._length = int(head.get(b"content-length", b"0"))
        return self._length <= self.edge.max_body and b"transfer-encoding" not in head

    def _write(self, head: bytes, body: bytes) -> None:
        own = _lines(tuple(self.server_state.default_headers))
        self.transport.write(b"".join((head, own, b"\r\n", body)))
        self._answers += 1
        self.server_state.total_requests += 1
        self._unset_keepalive_if_required()
        self._close_when_idle()

    def _close_when_idle(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _stop_head_timer(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.cycle and not self.cycle.response_complete:  # the answers before come first
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)
        else:
            self._refuse(HEAD_TOO_SLOW)

    def _refuse(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _leave_to_uvicorn(self) -> None:
        self._route = None
        self._unset_keepalive_if_required()  # of an answer before
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # the scope has this list
        super().on_headers_complete()
        if self._body:
            super().on_body(self._body)
        self._head, self._body = {}, b""


def of(edge: Edge, routes: Mapping[tuple[str, str], Route]) -> type[DirectProtocol]:
    """The class to give to uvicorn as `http`; `routes` may still grow."""
    return type("Protocol", (DirectProtocol,), {"edge": edge, "routes": routes})


@lru_cache(1)
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)  # with the time in seconds in it
