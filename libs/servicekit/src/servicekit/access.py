"""A line a request: method, path template, status, duration. No query string, no body, no text of users."""

import json
import logging
from datetime import UTC, datetime
from functools import lru_cache

import structlog
from starlette.types import Scope

from .context import RequestContext
from .lines import Lines

log = structlog.get_logger("access")
_logger = logging.getLogger("access")

Entry = tuple[str, str, int, RequestContext, float]
"""Method, path, status, ids, duration in seconds."""

_lines: Lines[Entry] | None = None


def write_json(descriptor: int, service: str, version: str) -> None:
    """From now on, write lines of the form that the JSON log has without going through logging.

    A line comes with every request; structlog takes 30 times as long for it.
    """
    global _lines
    end = f', "service": {json.dumps(service)}, "version": {json.dumps(version)}}}\n'

    def render(entries: list[Entry]) -> str:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")  # all are of the same turn of the event loop
        # Ids are of letters, digits and ._- as context has checked.
        return "".join(
            f'{_what(method, path, status)}{seconds * 1000:.3f}, "event": "request", "level": "info", "time": "{now}", '
            f'"request_id": "{request.request_id}", "trace_id": "{request.trace_id}"{end}'
            for method, path, status, request, seconds in entries
        )

    _lines = Lines(descriptor, render)


def write(method: str, path: str | None, status: int, request: RequestContext, seconds: float) -> None:
    """Log a request that is over. `path` is None where no route took it."""
    path = path or UNMATCHED
    if _lines:
        _lines.add((method, path, status, request, seconds))
    elif _logger.isEnabledFor(logging.INFO):  # structlog would find out at the end of all its work
        log.info("request", method=method, path=path, status=status, duration_ms=round(seconds * 1000, 3))


def flush() -> None:
    """Write what waits."""
    if _lines:
        _lines.flush()


UNMATCHED = "unmatched"
"""The path of what no route takes, however it was spelled."""


def path_template(scope: Scope) -> str | None:
    """`/v1/jokes/{id}` for `/v1/jokes/3`; None for what no route takes."""
    # FastAPI >= 0.137 keeps included routers as they are: the path with their prefixes is in the effective context.
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(route, "path", None)


@lru_cache(1024)
def _what(method: str, path: str, status: int) -> str:
    return json.dumps({"method": method, "path": path, "status": status, "duration_ms": 0}, ensure_ascii=False)[:-2]
