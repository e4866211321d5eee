"""How much a client may ask for: requests in flight and bytes of body. Refusals come at once and in JSON."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import error_response
from .health import PATHS

LINGER_SECONDS = 1.0
LINGER_BYTES = 1 << 20
"""How long and how much to go on reading of a body that was refused: a connection that is closed on unread bytes is
reset, and the client would lose the answer (nginx's `lingering_close`)."""


class ConcurrencyMiddleware:
    """Over `limit` requests in flight: 503 with Retry-After, before anything is read."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PATHS:
            await self.app(scope, receive, send)
            return
        if self.in_flight >= self.limit:
            response = error_response(503, "overloaded", "Too many requests in flight.", headers={"retry-after": "1"})
            await response(scope, receive, send)
            return
        self.in_flight += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.in_flight -= 1


class BodyLimitMiddleware:
    """Over `limit` bytes of body: 413, by Content-Length where there is one, else as soon as it is exceeded."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "transfer-encoding" in headers:
            # No service here streams its input, so a body of unknown length is read first: whatever the app does
            # with it, the limit holds.
            body = await self._read(receive)
            if body is None:
                await self._refuse(scope, receive, send)
            else:
                await self.app(scope, _replay(body, receive), send)
        elif int(headers.get("content-length", "0")) > self.limit:
            await self._refuse(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _read(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self.limit:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_but_linger(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({**message, "more_body": True})
            await _discard(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        response = error_response(
            413, "body_too_large", f"The body is larger than {self.limit} bytes.", headers={"connection": "close"}
        )
        await response(scope, receive, send_but_linger)


async def _discard(receive: Receive) -> None:
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
