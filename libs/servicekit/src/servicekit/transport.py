"""HTTP/1.1 between services of a cluster, for httpx: plain text, no proxy, on asyncio and httptools, pooled.

httpx's own transport can do far more, on any event loop, and its share in a call is several times what both ends do.
This is the same interface, `httpx.AsyncBaseTransport`, with httpx's own errors, so that either can be used.
"""

import asyncio
import select
from collections import defaultdict, deque

import httptools
import httpx

MAX_ANSWER_BYTES = 32 << 20
"""More than any service here answers; a backend that has gone wrong must not take its caller along."""

Origin = tuple[str, int]


class Transport(httpx.AsyncBaseTransport):
    """Keeps connections for `keepalive_seconds` after an answer, and has at most `max_connections` open for calls.

    The connection that has waited longest is taken first, so that calls go to all the
    replicas that connections lead to. One that breaks is an error for the caller to judge: nothing is sent twice.
    """

    def __init__(self, *, max_connections: int, keepalive_seconds: float) -> None:
        self._free = asyncio.Semaphore(max_connections)
        self._keepalive_seconds = keepalive_seconds
        self._kept: defaultdict[Origin, deque[tuple[_Connection, float]]] = defaultdict(deque)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, wholly read. Raises what httpx's own transport raises."""
        data = _encode(request, await request.aread())
        seconds = request.extensions.get("timeout", {})
        origin = request.url.host, request.url.port or 80
        try:
            async with asyncio.timeout(seconds.get("pool") if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection became free in time", request=request) from None
        try:
            connection = self._take(origin) or await _connect(origin, seconds.get("connect"))
            try:
                response = await connection.exchange(request.method, data, seconds.get("read"))
            except BaseException:
                connection.close()
                raise
            self._keep(origin, connection)
            return response
        finally:
            self._free.release()

    async def aclose(self) -> None:
        """Close what is kept."""
        for connections in self._kept.values():
            for connection, _ in connections:
                connection.close()

    def _take(self, origin: Origin) -> "_Connection | None":
        connections = self._kept[origin]
        while connections:
            connection, until = connections.popleft()
            if connection.is_quiet() and asyncio.get_running_loop().time() < until:
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: "_Connection") -> None:
        if connection.usable:
            until = asyncio.get_running_loop().time() + self._keepalive_seconds
            self._kept[origin].append((connection, until))
        else:
            connection.close()


async def _connect(origin: Origin, seconds: float | None) -> "_Connection":
    try:
        async with asyncio.timeout(seconds):
            _, connection = await asyncio.get_running_loop().create_connection(_Connection, *origin)
            return connection
    except TimeoutError:
        raise httpx.ConnectTimeout("no connection in time") from None
    except OSError as error:
        raise httpx.ConnectError(str(error)) from None


def _encode(request: httpx.Request, body: bytes) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%b: %b" % header for header in request.headers.raw]
    head = b"\r\n".join(lines)
    if request.url.scheme != "http":
        raise httpx.UnsupportedProtocol("http:// only", request=request)
    if "transfer-encoding" in request.headers:  # httpx sets it for a stream, which is at hand by now
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise httpx.LocalProtocolError("a header holds a control character", request=request)
    return head + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One request after the other. `usable` says whether there may be another one."""

    def __init__(self) -> None:
        self.usable = True
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[httpx.Response] | None = None
        self._clock: asyncio.Timeout | None = None
        self._status, self._framed = 0, False

    async def exchange(self, method: str, data: bytes, seconds: float | None) -> httpx.Response:
        """Send a request, read its answer; at most `seconds` go by without a byte of it."""
        loop = asyncio.get_running_loop()
        self._answer, self._method, self._received, self._status = loop.create_future(), method, 0, 0
        self._transport.write(data)
        if seconds is None:
            return await self._answer
        try:
            async with asyncio.timeout(seconds) as self._clock:
                self._seconds = seconds
                return await self._answer
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time") from None

    def is_quiet(self) -> bool:
        """Whether it is usable by what has arrived, of which the event loop may not have heard yet."""
        return self.usable and not (self._poll and self._poll.poll(0))

    def close(self) -> None:
        self.usable = False
        self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._poll = select.poll() if hasattr(select, "poll") else None  # Windows has none
        if self._poll:
            self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():  # nobody has asked
            self.close()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx.RemoteProtocolError(f"not HTTP: {error}"))
            return
        if self._received > MAX_ANSWER_BYTES:
            self._fail(httpx.RemoteProtocolError(f"an answer of more than {MAX_ANSWER_BYTES} bytes"))
        elif self._clock and not self._answer.done():
            self._clock.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def eof_received(self) -> None:
        self.usable = False

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if error:
            self._fail(httpx.ReadError(str(error)))
        elif self._status >= 200 and not self._framed:
            self._complete()  # the end of the connection is the end of the body
        else:
            self._fail(httpx.RemoteProtocolError("the connection was closed before the answer was over"))

    def on_message_begin(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._status = 0
        if self._answer is None or self._answer.done():  # a second answer
            self.usable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._framed = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._headers)
        if self._method == "HEAD" and self._status >= 200:  # the parser waits for a body that does not come
            self.usable = False
            self._complete()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._status >= 200:  # what is below only announces the answer
            self.usable = self.usable and self._parser.should_keep_alive()
            self._complete()

    def _complete(self) -> None:
        if self._answer and not self._answer.done():
            stream = httpx.ByteStream(b"".join(self._body))
            self._answer.set_result(httpx.Response(self._status, headers=self._headers, stream=stream))

    def _fail(self, error: httpx.TransportError) -> None:
        self.usable = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
