"""Routes in plain ASGI, for the few paths that get most of the requests.

FastAPI's routing, dependencies and response classes cost several times what such a request itself does. A direct
endpoint takes the body and gives an answer. It is bound twice: to FastAPI, which documents it and serves whatever is
not plain about a request, and to its exact paths here. Both run the same function within the same edge.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from fastapi import Request, Response

RawHeaders = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """`headers` has the content type; the length is added."""

    body: bytes
    headers: RawHeaders
    status: int = 200


Endpoint = Callable[[bytes, Mapping[bytes, bytes]], Awaitable[Answer]]
"""Takes the body, and headers by name in lower case. May raise what a FastAPI endpoint of the service may."""


class Route(NamedTuple):
    """`template` is the path that logs and metrics show."""

    template: str
    endpoint: Endpoint


def by_name(headers: RawHeaders) -> dict[bytes, bytes]:
    """The first of each name."""
    return dict(reversed(headers))


async def respond(endpoint: Endpoint, request: Request) -> Response:
    """What a FastAPI endpoint returns to answer as `endpoint` does."""
    answer = await endpoint(await request.body(), by_name(request.headers.raw))
    response = Response(answer.body, answer.status)
    response.raw_headers += answer.headers
    return response
