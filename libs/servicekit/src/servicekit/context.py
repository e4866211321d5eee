"""Who asked: request id and W3C trace context, taken from the caller or made, and passed on."""

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from random import randbytes

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(slots=True)
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

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer carries."""
        traceparent = f"00-{self.trace_id}-{self.span_id}-{self.flags}"
        return [(b"x-request-id", self.request_id.encode()), (b"traceparent", traceparent.encode())]


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext | None:
    """The request that this code runs for; None outside of one."""
    return _current.get()


def enter(request: RequestContext) -> Token[RequestContext | None]:
    """Make `request` the current one, until `leave`."""
    return _current.set(request)


def leave(token: Token[RequestContext | None]) -> None:
    """Undo `enter`."""
    _current.reset(token)


def from_headers(headers: Mapping[str, str]) -> RequestContext:
    """Accept sane ids; make new ones otherwise. A bad `traceparent` starts a new trace, as the standard asks."""
    return _accept(headers.get("x-request-id", ""), headers.get("traceparent", ""))


def from_raw_headers(headers: Mapping[bytes, bytes]) -> RequestContext:
    """`from_headers`, for headers as they came."""
    request_id, parent = headers.get(b"x-request-id", b""), headers.get(b"traceparent", b"")
    return _accept(request_id.decode("latin-1"), parent.decode("latin-1"))


def _accept(request_id: str, given: str) -> RequestContext:
    made = randbytes(40).hex()  # noqa: S311  # at random, but no secrets
    if not (request_id and _REQUEST_ID.fullmatch(request_id)):
        request_id = made[:32]
    trace_id, span_id, flags = made[32:64], made[64:], "00"
    if given:
        parent = _TRACEPARENT.fullmatch(given)
        if parent and not (parent[1] == "00" and parent[5]):
            trace_id, flags = parent[2], f"{int(parent[4], 16) & 1:02x}"  # the only flag that version 00 defines
    return RequestContext(request_id, trace_id, span_id, flags)
