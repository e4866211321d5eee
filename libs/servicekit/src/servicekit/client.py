"""Calls to other services: pooled, bounded by a deadline, retried once where that is safe, measured, typed errors."""

import asyncio
import random
import time
from collections.abc import Mapping
from functools import lru_cache
from json import dumps
from types import TracebackType
from typing import Any, Self

import httpx

from . import context, deprecation
from .metrics import OUTBOUND
from .transport import Transport

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110, section 9.2.2."""

RETRIED_STATUS = frozenset({502, 503, 504})

CONNECTS = 16
"""How often a connection is tried within a call. A process that died is in its Service for about a second more, so that
each new connection still ends at it with a probability of 1 / replicas. With two replicas all of 16 do once in
65,536 times; where nobody is left the caller knows after about half a second."""

KEEPALIVE_SECONDS = 30.0
"""Less than the 620 s for which the server keeps an idle connection, so that the client is the one to drop it."""

KEPT_URLS = 1024
"""Parsed once. Paths may hold what a visitor sent, so there is a bound."""


class BackendError(Exception):
    """A call that gave no usable answer."""

    outcome = "error"

    def __init__(self, backend: str, reason: str) -> None:
        super().__init__(f"{backend}: {reason}")
        self.backend = backend


class BackendUnavailable(BackendError):  # noqa: N818  # the name says what it is
    """No connection, a connection that broke, or 502, 503, 504."""

    outcome = "unavailable"


class NotConnected(BackendUnavailable):
    """No connection, so that nothing was sent."""


class BackendTimeout(BackendError):  # noqa: N818
    """No answer within the deadline."""

    outcome = "timeout"


class BackendBadAnswer(BackendError):  # noqa: N818
    """An answer that is not HTTP, another 5xx, or not what was asked for."""

    outcome = "bad_answer"


class Backend:
    """One other service, for the life of the app: `async with Backend("joker", url, deadline=2.0) as joker`.

    `deadline` is the total time of a call in seconds, its retry included; `connect_seconds` and `read_seconds` bound
    its parts. An idempotent call whose connection breaks or that gets 502, 503 or 504 is tried once more. A connection
    that cannot be made is tried CONNECTS times, whatever the call: nothing was sent yet.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        deadline: float,
        connect_seconds: float = 0.5,
        read_seconds: float | None = None,
        max_connections: int = 100,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self.deadline = deadline
        self._base_url = base_url.rstrip("/")
        self._timeouts = httpx.Timeout(read_seconds, connect=min(connect_seconds, deadline)).as_dict()
        self._transport = transport or _transport(base_url, max_connections)
        self._url = lru_cache(KEPT_URLS)(self._make_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        deadline: float | None = None,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        """The answer, its body read, with a status below 500. Raises BackendError otherwise."""
        sent = self._headers(headers)
        if json is not None:  # in ASCII, so that a lone surrogate, which has no UTF-8 encoding, goes as an escape
            content, sent["content-type"] = dumps(json).encode(), "application/json"
        url = self._url(path, tuple(params.items()) if params else ())
        extensions = {"timeout": self._timeouts}
        request = httpx.Request(method, url, headers=sent, content=content, extensions=extensions)
        sends = 2 if (method in IDEMPOTENT if idempotent is None else idempotent) else 1
        seconds = self.deadline if deadline is None else deadline
        begin = time.perf_counter()
        outcome = "cancelled"
        try:
            if seconds <= 0:
                raise TimeoutError  # asyncio's would come after the request was sent
            async with asyncio.timeout(seconds):
                response = await self._attempt(request, sends)
            outcome = f"{response.status_code // 100}xx"
            return response
        except TimeoutError:
            outcome = BackendTimeout.outcome
            raise BackendTimeout(self.name, f"no answer within {seconds:g} s") from None
        except BackendError as error:
            outcome = error.outcome
            raise
        finally:
            OUTBOUND.labels(self.name, method, outcome).observe(time.perf_counter() - begin)

    async def json(self, method: str, path: str, **options: Any) -> Any:
        """The decoded JSON of a 2xx. Takes what `request` takes; any other answer is BackendBadAnswer."""
        response = await self.request(method, path, **options)
        if not response.is_success:
            raise BackendBadAnswer(self.name, f"status {response.status_code}")
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise BackendBadAnswer(self.name, "the answer is not JSON") from None

    async def _attempt(self, request: httpx.Request, sends: int) -> httpx.Response:
        connects = CONNECTS
        while True:
            try:
                return self._checked(await self._send(request))
            except NotConnected:
                connects -= 1
                if not connects:
                    raise
            except BackendUnavailable:
                sends -= 1
                if not sends:
                    raise
            await asyncio.sleep(random.uniform(0.01, 0.05))  # noqa: S311  # so that tries do not meet one instant

    async def _send(self, request: httpx.Request) -> httpx.Response:
        # Not by way of httpx.AsyncClient: its redirects, cookies and authentication are for calls of another kind, and
        # cost as much as the call itself.
        try:
            response = await self._transport.handle_async_request(request)
            response.request = request
            await response.aread()
            return response
        except httpx.ConnectTimeout:
            raise NotConnected(self.name, "no connection in time") from None
        except httpx.ConnectError as error:
            raise NotConnected(self.name, f"no connection: {error}") from None
        except httpx.TimeoutException:
            raise BackendTimeout(self.name, "no answer in time") from None
        except httpx.RemoteProtocolError as error:
            if "disconnected" in str(error) or "closed" in str(error):  # a pooled connection that was being closed
                raise BackendUnavailable(self.name, "the connection was closed") from None
            raise BackendBadAnswer(self.name, "the answer is not HTTP") from None
        except httpx.TransportError as error:
            raise BackendUnavailable(self.name, f"{type(error).__name__}: {error}") from None
        except httpx.DecodingError:
            raise BackendBadAnswer(self.name, "the answer cannot be decoded") from None

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.status_code in RETRIED_STATUS:
            raise BackendUnavailable(self.name, f"status {response.status_code}")
        if response.status_code >= 500:
            raise BackendBadAnswer(self.name, f"status {response.status_code}")
        return response

    def _make_url(self, path: str, params: tuple[tuple[str, str | int], ...]) -> httpx.URL:
        return httpx.URL(self._base_url + path, params=params or None)

    @staticmethod
    def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
        request = context.current()
        own = {"user-agent": deprecation.product}
        return {**own, **(request.headers() if request else {}), **(headers or {})}


def _transport(url: str, max_connections: int) -> httpx.AsyncBaseTransport:
    if httpx.URL(url).scheme == "http":
        return Transport(max_connections=max_connections, keepalive_seconds=KEEPALIVE_SECONDS)
    limits = httpx.Limits(max_connections=max_connections, keepalive_expiry=KEEPALIVE_SECONDS)
    # A proxy variable must not send cluster traffic out.
    return httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
