"""Failures as pages: whoever asks with a browser gets the JSON errors of `servicekit` as a page."""

import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .render import NO_CACHE, html
from .words import WORDS

REPLACED = ("content-length", "content-type", "content-encoding", "vary")


class ErrorPagesMiddleware:
    """Turns a JSON error into a page where a page was asked for; status and the other headers stay."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _wants_page(scope):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        replaced = False

        async def send_page(message: Message) -> None:
            nonlocal start, replaced
            if message["type"] == "http.response.start" and _is_json_error(message):
                start = message
            elif start is not None and message["type"] == "http.response.body":
                body = _page(scope, start["status"], message.get("body", b""))
                headers = MutableHeaders(scope=start)
                for name in REPLACED:
                    del headers[name]
                headers.update(
                    {
                        "content-type": "text/html; charset=utf-8",
                        "content-length": str(len(body)),
                        "cache-control": NO_CACHE,
                    }
                )
                await send(start)
                await send({**message, "body": body})
                start, replaced = None, True
            elif replaced:
                await send({**message, "body": b""})
            else:
                await send(message)

        await self.app(scope, receive, send_page)


def _wants_page(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return "text/html" in Headers(scope=scope).get("accept", "") and not path.startswith("/api/")


def _is_json_error(message: Message) -> bool:
    return message["status"] >= 400 and Headers(raw=message["headers"]).get("content-type") == "application/json"


def _page(scope: Scope, status: int, body: bytes) -> bytes:
    try:
        error: Any = json.loads(body)
    except ValueError:
        error = {}
    status = 404 if status == 405 else status  # a form's address, typed in: to a visitor there is nothing there
    kind = str(status) if str(status) in WORDS["error"] else "other"
    request_id = str(error.get("request_id", "")) if kind == "other" else ""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return html(scope.get("root_path", ""), path, "error.html", kind=kind, request_id=request_id).encode()
