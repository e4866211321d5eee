"""One uvicorn worker that drains: after SIGTERM it goes on serving until the platform has stopped sending."""

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from . import logs
from .health import Health, health_of
from .settings import ServiceSettings

log = structlog.get_logger(__name__)

KEEP_ALIVE_SECONDS = 620
"""Longer than clients and load balancers keep an idle connection (60 s is common, Google's keep it for 600), so that
they are the ones to drop it: a server that closes first races with the next request on that connection."""

GC_THRESHOLD = 10_000
"""Containers made and not yet gone before the youngest are gone through. Python's 700 are reached within two turns of
the event loop at 16 requests a turn, and nothing is found: requests leave no cycles."""

ACCEPTED_A_TURN = 256
"""Connections taken from the queue in one turn of the event loop. uvloop by itself takes one
(https://github.com/libuv/libuv/pull/3696) and then answers all that are open: of 1,024 clients that come at once to a
busy service the last ones, and probes behind them, would wait for minutes."""


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until a signal, drain, return. Raises SystemExit(1) with one line when the port cannot be had."""
    listener = _listen(settings.host, settings.port)
    config = uvicorn.Config(
        RootPath(app, settings.root_path) if settings.root_path else app,
        http=app.state.protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("server", app.state.server)],
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ws="none",
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,  # type: ignore[arg-type]  # used as float
    )
    gc.freeze()  # what is there now stays: collections need not go through it again
    gc.set_threshold(GC_THRESHOLD)
    server = DrainingServer(config, health_of(app), settings.drain_seconds)
    host, port = listener.getsockname()[:2]
    log.info("listening", host=host, port=port)
    server.run([listener])


class DrainingServer(uvicorn.Server):
    """uvicorn closes its listener within 100 ms of a signal, while proxies still send; this one waits first.

    On the first SIGTERM or SIGINT `/readyz` turns 503 and everything is served for `drain_seconds` more; then uvicorn's
    own shutdown lets requests in flight finish. A second signal ends the process at once.
    """

    def __init__(self, config: uvicorn.Config, health: Health, drain_seconds: float) -> None:
        super().__init__(config)
        self.health, self.drain_seconds = health, drain_seconds
        self._drained_at: float | None = None
        self._announced = False
        self._queues: list[socket.socket] = []
        self._accepting: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._queues = [each.dup() for each in sockets or ()]
        for queue in self._queues:
            queue.setblocking(False)
            asyncio.get_running_loop().add_reader(queue, self._accept, queue)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for queue in self._queues:
            asyncio.get_running_loop().remove_reader(queue)
            queue.close()
        if self._accepting:
            await asyncio.wait(self._accepting)  # so that these too are told
        await super().shutdown(sockets)

    def _accept(self, queue: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(ACCEPTED_A_TURN):
            try:
                connection, _ = queue.accept()
            except OSError:  # there is none any more, or uvloop, which listens too, says what is wrong
                return
            connection.setblocking(False)
            task = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _protocol(self) -> asyncio.Protocol:
        # As uvicorn's startup makes one.
        make: Any = self.config.http_protocol_class
        made: asyncio.Protocol = make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not super().handle_exit: it would exit now, and raise the signal again at the end instead of exiting with 0.
        if self._drained_at is not None:
            logs.flush()
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
            os._exit(128 + sig)  # the kernel gives the first process of a container no signal that nobody handles
        self.health.draining = True
        self._drained_at = time.monotonic() + self.drain_seconds

    async def on_tick(self, counter: int) -> bool:
        if self._drained_at is not None:
            if not self._announced:  # here, since a signal handler may interrupt another line that is being written
                log.info("draining", seconds=self.drain_seconds)
                self._announced = True
            if time.monotonic() >= self._drained_at:
                self.should_exit = True
        return await super().on_tick(counter)


class RootPath:
    """Tells the app the path under which a proxy shows it, and leaves the path of the request as it came.

    uvicorn's own option puts the prefix before every path, which is right where the proxy strips it and wrong where it
    does not; probes come without it in any case. Starlette's routing takes both.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app, self.root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "root_path": self.root_path}, receive, send)


def product(name: str, version: str, revision: str) -> str:
    """Who answers, as RFC 9110, section 10.2.4, has it: `joker/0.1.0`, and the commit in brackets where it is known."""
    return f"{name}/{version}" + ("" if revision == "unknown" else f" ({revision[:12]})")


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. uvicorn listens on it once start-up work is done, so no request waits for that in a queue."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        print(f"HOST={host} PORT={port}: {error.strerror}. Set HOST and PORT to what is free here.", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    return listener
