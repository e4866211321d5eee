"""Routes in plain ASGI, for the few paths that get most of the requests.

FastAPI's routing, dependencies and response classes cost several times what such a request itself does. A direct
endpoint takes the body and gives an answer. It is bound twice: to FastAPI, which documents it and serves whatever is
not plain about a request, and to its exact paths here. Both run the same function within the same edge. `protocol` is a
third door, for requests that come in one piece and can be answered at once.
"""

import re
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from http.client import responses
from typing import Any, NamedTuple

from fastapi import Request, Response

RawHeaders = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """`headers` has the content type; the length is added."""

    body: bytes
    headers: RawHeaders
    status: int = 200


Endpoint = Callable[[bytes, Mapping[bytes, bytes]], Answer | Coroutine[Any, Any, Answer]]
"""Takes the body, and headers by name in lower case. May raise what a FastAPI endpoint of the service may.

It answers at once, or gives a coroutine for what would hold up the event loop. That one may be dropped before it has
begun, and the endpoint called once more: nothing may have been done or counted until it runs.
"""


class Route(NamedTuple):
    """`template` is the path that logs and metrics show."""

    template: str
    endpoint: Endpoint


def by_name(headers: RawHeaders) -> dict[bytes, bytes]:
    """The first of each name."""
    return dict(reversed(headers))


@lru_cache(1024)
def head(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Status line and headers as they are sent. Raises ValueError where a header would not end at its line."""
    for header in headers:
        if any(map(_CONTROL.search, header)):
            raise ValueError(f"not a header: {header!r}")
    phrase = responses.get(status, "").encode()
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase) + b"".join(b"%b: %b\r\n" % each for each in headers)


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


async def call(endpoint: Endpoint, body: bytes, headers: Mapping[bytes, bytes]) -> Answer:
    """The answer, waited for where it takes its time."""
    answer = endpoint(body, headers)
    return answer if isinstance(answer, Answer) else await answer


async def respond(endpoint: Endpoint, request: Request) -> Response:
    """What a FastAPI endpoint returns to answer as `endpoint` does."""
    answer = await call(endpoint, await request.body(), by_name(request.headers.raw))
    response = Response(answer.body, answer.status)
    response.raw_headers += answer.headers
    return response
