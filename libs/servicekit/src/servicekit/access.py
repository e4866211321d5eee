"""A line a request: method, path template, status, duration. No query string, no body, no text of users."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .health import PATHS

log = structlog.get_logger("access")


class AccessLogMiddleware:
    """Logs each request after its answer; probes and scrapes are left out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PATHS:
            await self.app(scope, receive, send)
            return
        status = 499  # nginx's code for a client that left before the answer began

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begin = time.perf_counter()
        try:
            await self.app(scope, receive, note_status)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=path_template(scope),
                status=status,
                duration_ms=round((time.perf_counter() - begin) * 1000, 3),
            )


def path_template(scope: Scope) -> str:
    """`/v1/jokes/{id}` for `/v1/jokes/3`; `unmatched` for what no route takes, however it was spelled."""
    # FastAPI >= 0.137 keeps included routers as they are: the path with their prefixes is in the effective context.
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(route, "path", None) or "unmatched"
