"""Pages go out compressed; the API, whose answers are small and whose clients are near, is left alone."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

UNTOUCHED = ("/api/", ".png")


class PageCompressionMiddleware:
    """gzip for what people's browsers ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        untouched = path.startswith(UNTOUCHED[0]) or path.endswith(UNTOUCHED[1])
        await (self.app if untouched else self.compressed)(scope, receive, send)
