"""What is done around every request, in one layer: ids, limits, metrics, access log, errors, the end of connections.

Each could be a middleware of its own, and was: eight layers that each wrap `send` cost more than all that they do.
So what they do stands in modules by subject, and is called from here.
"""

from collections.abc import Mapping
from time import perf_counter

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import access, context, direct, errors, limits
from .context import RequestContext
from .direct import Answer, RawHeaders, Route, by_name
from .health import PATHS, Health
from .metrics import REQUESTS

log = structlog.get_logger(__name__)

NO_ANSWER = 499
"""nginx's code for a client that left before the answer began."""


class Edge:
    """Around an app as a middleware, `add_middleware(edge.around)`, and around single endpoints by `direct`."""

    app: ASGIApp

    def __init__(self, service: str, health: Health, max_body: int, max_in_flight: int) -> None:
        self.service, self.health = service, health
        self.max_body, self.max_in_flight = max_body, max_in_flight
        self.in_flight = 0

    def around(self, app: ASGIApp) -> ASGIApp:
        """Be a middleware: have `app` within."""
        self.app = app
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin = perf_counter()
        headers = by_name(scope["headers"])
        request = context.from_raw_headers(headers)
        token = context.enter(request)
        status = NO_ANSWER

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *self._headers(request)]}
            await send(message)

        counted = scope["path"] not in PATHS
        in_progress = REQUESTS.in_progress(scope["method"], self.service)
        if counted:
            self.in_flight += 1
            in_progress.count += 1
        try:
            if counted and self.in_flight > self.max_in_flight:
                await limits.overloaded()(scope, receive, answer)
            elif within := await limits.within(self.max_body, headers, receive):
                await self.app(scope, within, answer)
            else:
                await limits.refuse(self.max_body, scope, receive, answer)
        except limits.ClientGoneError:
            pass
        except limits.BodyTimeoutError:
            await limits.too_slow()(scope, receive, answer)
        except Exception:
            log.exception("unhandled exception")
            if status != NO_ANSWER:  # too late for another status: let the server cut the connection
                status = 500
                raise
            await errors.internal_error()(scope, receive, answer)
        finally:
            if counted:
                self.in_flight -= 1
                in_progress.count -= 1
                self._end(scope["method"], access.path_template(scope), status, request, perf_counter() - begin)
            context.leave(token)

    async def direct(self, route: Route, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer with `route`; False, and nothing done, where the body is too large or of unknown length."""
        headers = by_name(scope["headers"])
        length = int(headers.get(b"content-length", b"0"))
        if length > self.max_body or b"transfer-encoding" in headers:
            return False
        begin = perf_counter()
        request = context.from_raw_headers(headers)
        token = context.enter(request)
        status = NO_ANSWER
        in_progress = REQUESTS.in_progress(scope["method"], self.service)
        self.in_flight += 1
        in_progress.count += 1
        try:
            try:
                if self.in_flight > self.max_in_flight:
                    answer = _answer(limits.overloaded())
                else:
                    body = await limits.read(length, receive) or b""
                    answer = await direct.call(route.endpoint, body, headers)
            except limits.ClientGoneError:
                return True
            except limits.BodyTimeoutError:
                answer = _answer(limits.too_slow())
            except Exception as error:
                answer = _failed(error)
            status = answer.status
            own = [*answer.headers, (b"content-length", b"%d" % len(answer.body)), *self._headers(request)]
            await send({"type": "http.response.start", "status": status, "headers": own})
            await send({"type": "http.response.body", "body": answer.body})
            return True
        finally:
            self.in_flight -= 1
            in_progress.count -= 1
            self._end(scope["method"], route.template, status, request, perf_counter() - begin)
            context.leave(token)

    def at_once(
        self, route: Route, method: str, headers: Mapping[bytes, bytes], body: bytes
    ) -> tuple[bytes, bytes] | None:
        """Head, without the empty line at its end, and body of what `route` answers.

        None, and nothing done, where the endpoint takes its time.
        """
        begin = perf_counter()
        request = context.from_raw_headers(headers)
        token = context.enter(request)
        try:
            try:
                full = self.in_flight >= self.max_in_flight
                answer = _answer(limits.overloaded()) if full else route.endpoint(body, headers)
                if not isinstance(answer, Answer):
                    answer.close()
                    return None
                head = direct.head(answer.status, tuple(answer.headers))
            except Exception as error:
                answer = _failed(error)
                head = direct.head(answer.status, tuple(answer.headers))
            self._end(method, route.template, answer.status, request, perf_counter() - begin)
        finally:
            context.leave(token)
        more = f"content-length: {len(answer.body)}\r\nx-request-id: {request.request_id}\r\n"
        return head + f"{more}traceparent: {request.traceparent}\r\n".encode(), answer.body

    def _headers(self, request: RequestContext) -> RawHeaders:
        # Asked when the answer starts, not when the request came: a drain may have begun in between.
        headers = request.raw_headers()
        if self.health.draining:
            headers.append((b"connection", b"close"))  # so that pools move on to other pods
        return headers

    def _end(self, method: str, path: str | None, status: int, request: RequestContext, seconds: float) -> None:
        REQUESTS.end(method, path, status, self.service).observe(seconds, request.trace_id)
        access.write(method, path, status, request, seconds)


def _failed(error: Exception) -> Answer:
    if isinstance(error, errors.ServiceError):
        return _answer(errors.of(error))
    log.error("unhandled exception", exc_info=error)
    return _answer(errors.internal_error())


def _answer(response: Response) -> Answer:
    headers = [header for header in response.raw_headers if header[0] != b"content-length"]
    return Answer(bytes(response.body), headers, response.status_code)
