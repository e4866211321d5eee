"""Writes of one turn of the event loop, made together."""

import asyncio
import socket

import pytest
import servicekit
import uvicorn
import uvloop
from servicekit import coalescing, direct
from servicekit.coalescing import CoalescingTransport

READ_BYTES = 256_000
"""What uvloop reads at a time. Where it gets as much it reads on, and finds the end of the client's side too."""
HEAD = b"POST /hello HTTP/1.1\r\nhost: t\r\ncontent-length: %d\r\n\r\n"
REQUEST = HEAD % (READ_BYTES - len(HEAD) - 4) + b"x" * (READ_BYTES - len(HEAD) - 4)


class Transport(asyncio.Transport):
    """Notes what is done to it, in `done`, which others note in too."""

    def __init__(self, name: str, done: list[tuple[str, ...]]) -> None:
        super().__init__()
        self.name, self.done, self.closed = name, done, False

    def write(self, data: bytes) -> None:
        self.done.append((self.name, data))

    def close(self) -> None:
        self.closed = True
        self.done.append((self.name, "close"))

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def done() -> list[tuple[str, ...]]:
    return []


@pytest.fixture(autouse=True)
def a_turn_takes_no_time(monkeypatch):
    monkeypatch.setattr(coalescing, "perf_counter", lambda: 10.0)


async def test_what_is_written_in_a_turn_is_sent_at_its_end_in_one_piece_a_connection(done):
    a, b = (CoalescingTransport(Transport(name, done), asyncio.get_running_loop()) for name in "ab")
    for transport, data in ((a, b"1"), (b, b"2"), (a, b"3")):
        transport.write(data)
    assert done == []
    await asyncio.sleep(0)
    assert done == [("a", b"13"), ("b", b"2")]
    b.write(b"4")
    await asyncio.sleep(0)
    assert done[2:] == [("b", b"4")]


async def test_in_a_long_turn_what_waits_is_not_kept_for_the_end(done, monkeypatch):
    a, b, c = (CoalescingTransport(Transport(name, done), asyncio.get_running_loop()) for name in "abc")
    for transport, now in ((a, 10.0), (b, 10.0019), (c, 10.0021)):
        monkeypatch.setattr(coalescing, "perf_counter", lambda now=now: now)
        transport.write(b"!")
    assert done == [("a", b"!"), ("b", b"!")]
    await asyncio.sleep(0)
    assert done[2:] == [("c", b"!")]


async def test_much_of_one_connection_is_sent_at_once_so_that_it_can_be_held_up(done):
    transport = CoalescingTransport(Transport("a", done), asyncio.get_running_loop())
    transport.write(b"x" * coalescing.MAX_BYTES)
    assert done == []
    transport.write(b"y")
    assert done == [("a", b"x" * coalescing.MAX_BYTES + b"y")]


async def test_a_connection_is_closed_after_what_was_written(done):
    transport = CoalescingTransport(Transport("a", done), asyncio.get_running_loop())
    transport.write(b"last words")
    transport.close()
    assert done == [("a", b"last words"), ("a", "close")]


async def test_a_connection_that_has_gone_takes_no_other_along(done):
    gone = Transport("a", done)
    for transport in (gone, Transport("b", done)):
        CoalescingTransport(transport, asyncio.get_running_loop()).write(b"!")
    gone.closed = True
    await asyncio.sleep(0)
    assert done == [("b", b"!")]


async def ask_and_hang_up() -> bytes:
    """What a client gets whose request and end of sending are read in the same turn of the event loop."""
    app = servicekit.create_app("servicekit", servicekit.ServiceSettings(), summary="")
    app.add_direct_route("POST", "/hello", lambda body, headers: direct.Answer(b"hello", [direct.JSON]))
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    state = uvicorn.Server(config).server_state
    loop = asyncio.get_running_loop()
    make = app.state.protocol
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * READ_BYTES)
    server = await loop.create_server(lambda: make(config=config, server_state=state, app_state={}), sock=listener)
    with socket.create_connection(listener.getsockname()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * READ_BYTES)
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        client.setblocking(False)
        answered = b""
        while data := await loop.sock_recv(client, 1 << 16):
            answered += data
    server.close()
    return answered


def test_a_client_that_sends_no_more_gets_its_answer():
    assert uvloop.run(ask_and_hang_up()).endswith(b"\r\n\r\nhello")
