"""What browsers are told about every answer."""

import base64
import hashlib

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .assets import STYLE

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

POLICY = (
    f"default-src 'self'; style-src 'self' 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
"""https://www.w3.org/TR/CSP3/. Nothing from elsewhere and nothing inline but the one style sheet, by its hash."""

UNDER_NO_POLICY = frozenset({"/docs", "/redoc"})
"""FastAPI's pages, which take their scripts from a CDN."""


class BrowserHeadersMiddleware:
    """Adds the security headers, and keeps answers out of caches unless they say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers.setdefault("cache-control", "no-store")
                if scope["path"].removeprefix(scope.get("root_path", "")) not in UNDER_NO_POLICY:
                    headers["content-security-policy"] = POLICY
            await send(message)

        await self.app(scope, receive, send_with_headers)
