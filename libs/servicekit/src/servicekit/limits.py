"""How much a client may ask for: requests in flight, and bytes and seconds of body. Refusals come at once, in JSON."""

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .errors import error_response

BODY_SECONDS = 30.0
"""How long a body may take to come. Meanwhile the request is one of those in flight."""

LINGER_SECONDS = 1.0
LINGER_BYTES = 1 << 20
"""How long and how much to go on reading of a body that was refused: a connection that is closed on unread bytes is
reset, and the client would lose the answer (nginx's `lingering_close`)."""


class BodyTimeoutError(Exception):
    """The body did not come in time."""


class ClientGoneError(Exception):
    """The client left before its body was over."""


def overloaded() -> Response:
    """The answer to one request too many: at once, before anything is read."""
    return error_response(503, "overloaded", "Too many requests in flight.", headers={"retry-after": "1"})


def too_slow() -> Response:
    """The answer to a body that does not come."""
    message = f"The body did not come within {BODY_SECONDS:g} s."
    return error_response(408, "body_too_slow", message, headers={"connection": "close"})


async def within(limit: int, headers: Mapping[bytes, bytes], receive: Receive) -> Receive | None:
    """`receive` for a body of at most `limit` bytes; None for a larger one. Raises what `read` raises.

    No service here streams its input, so a body is read first: whatever the app does with it, the limits hold.
    """
    if b"transfer-encoding" not in headers:
        length = int(headers.get(b"content-length", b"0"))
        if not length:
            return receive
        if length > limit:
            return None
    body = await read(limit, receive)
    return None if body is None else _replay(body, receive)


async def read(limit: int, receive: Receive) -> bytes | None:
    """The body; None if it is of more than `limit` bytes. Raises BodyTimeoutError and ClientGoneError."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                body += message.get("body", b"")
                if len(body) > limit:
                    return None
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise BodyTimeoutError from None


async def refuse(limit: int, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413."""

    async def send_but_linger(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        await _discard(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    response = error_response(
        413, "body_too_large", f"The body is larger than {limit} bytes.", headers={"connection": "close"}
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
