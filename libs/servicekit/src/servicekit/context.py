"""Who asked: request id and W3C trace context, taken from the caller or made, and passed on."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The ids of one request. `span_id` is this service's own; its parent was in the caller's `traceparent`."""

    request_id: str
    trace_id: str
    span_id: str
    flags: str

    @property
    def traceparent(self) -> str:
        """As https://www.w3.org/TR/trace-context/#traceparent-header has it, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def headers(self) -> dict[str, str]:
        """What an outbound call carries."""
        return {"x-request-id": self.request_id, "traceparent": self.traceparent}


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext | None:
    """The request that this code runs for; None outside of one."""
    return _current.get()


def from_headers(headers: Headers) -> RequestContext:
    """Accept sane ids; make new ones otherwise. A bad `traceparent` starts a new trace, as the standard asks."""
    request_id = headers.get("x-request-id", "")
    if not _REQUEST_ID.fullmatch(request_id):
        request_id = secrets.token_hex(16)
    span_id = secrets.token_hex(8)
    parent = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    if parent is None or (parent[1] == "00" and parent[5]):
        return RequestContext(request_id, secrets.token_hex(16), span_id, "00")
    sampled = int(parent[4], 16) & 1  # the only flag that version 00 defines
    return RequestContext(request_id, parent[2], span_id, f"{sampled:02x}")


class ContextMiddleware:
    """Sets the context for everything within, and answers with its ids."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        context = from_headers(Headers(scope=scope))

        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = context.request_id
                headers["traceparent"] = context.traceparent
            await send(message)

        token = _current.set(context)
        try:
            await self.app(scope, receive, send_with_ids)
        finally:
            _current.reset(token)
