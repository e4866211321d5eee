"""Who still calls what is to go: counted by caller, so that an old version is taken away when nobody needs it.

`@router.get("/v1/jokes", **DEPRECATED)` marks a route in the API document and counts its requests.
"""

import re
from typing import Any, TypedDict

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from prometheus_client import Counter

from .access import path_template

MAX_CALLERS = 50
"""Names of callers that are kept apart: a client may call itself anything."""

REQUESTS = Counter("deprecated_requests_total", "Requests to routes that are to go, by caller", ("path", "caller"))

_PRODUCT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,62})(?:/|$)")
_callers: set[str] = set()

product = "unknown"
"""What calls of this process say in `User-Agent`, as RFC 9110, section 10.1.5, has it; `create_app` sets it."""


def caller(request: Request) -> str:
    """The product in `User-Agent`: `frontend` of `frontend/0.1.0`; `other` beyond what is kept apart."""
    found = _PRODUCT.match(request.headers.get("user-agent", ""))
    name = found[1] if found else "other"
    if name not in _callers and len(_callers) >= MAX_CALLERS:
        return "other"
    _callers.add(name)
    return name


async def _count(request: Request) -> None:
    REQUESTS.labels(path_template(request.scope) or "unmatched", caller(request)).inc()


class _Deprecated(TypedDict):
    deprecated: bool
    dependencies: list[Dependency]


def _marked() -> _Deprecated:
    depends: Any = Depends(_count)
    return {"deprecated": True, "dependencies": [depends]}


DEPRECATED = _marked()
