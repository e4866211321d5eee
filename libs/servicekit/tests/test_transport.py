"""Calls over real connections, by the own transport and by httpx's: to a caller they are the same."""

import asyncio
import gzip
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
from servicekit import Backend, BackendBadAnswer, BackendTimeout, BackendUnavailable, transport
from servicekit.transport import Transport

OK = b"HTTP/1.1 200 OK\r\n"
LONG = OK + b"content-length: 3\r\n\r\nabc"
either = pytest.mark.parametrize("kind", ["own", "httpx"])


class Server:
    """Says the pieces of one script to each request; None ends the connection. `asked` are requests by connection."""

    def __init__(self, *scripts: list[bytes | None]) -> None:
        self.scripts = iter(scripts)
        self.asked: list[list[bytes]] = []
        self.gone = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        self.asked.append(requests)
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                requests.append(head)
                for piece in next(self.scripts):
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.gone += 1
            writer.close()


@asynccontextmanager
async def calling(kind: str, *scripts: list[bytes | None], keepalive_seconds: float = 9, **options):
    server = Server(*scripts)
    listener = await asyncio.start_server(server.serve, "127.0.0.1")
    async with listener:
        limits = httpx.Limits(max_connections=options.pop("max_connections", 9), keepalive_expiry=keepalive_seconds)
        used = (
            Transport(max_connections=limits.max_connections, keepalive_seconds=keepalive_seconds)
            if kind == "own"
            else httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
        )
        url = "http://{}:{}/base".format(*listener.sockets[0].getsockname())
        async with Backend("other", url, transport=used, **{"deadline": 5, **options}) as other:
            yield other, server


BODIES: dict[str, tuple[list[bytes | None], bytes]] = {
    "a length": ([LONG], b"abc"),
    "no body": ([OK + b"content-length: 0\r\n\r\n"], b""),
    "pieces": ([OK[:7], OK[7:] + b"content-length: 3\r\n\r\na", b"bc"], b"abc"),
    "chunks": ([OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n2\r", b"\nbc\r\n0\r\n\r\n"], b"abc"),
    "the end of the connection": ([OK + b"\r\nab", b"c", None], b"abc"),
    "no content": ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
    "not modified": ([b"HTTP/1.1 304 Not Modified\r\ncontent-length: 3\r\n\r\n"], b""),
    "a word before": ([b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + LONG], b"abc"),
    "gzip": ([OK + b"content-encoding: gzip\r\n\r\n" + gzip.compress(b"abc"), None], b"abc"),
}


@either
@pytest.mark.parametrize("name", BODIES)
async def test_a_body_ends_where_it_says(kind, name):
    script, body = BODIES[name]
    async with calling(kind, script) as (other, server):
        answer = await other.request("GET", "/x", params={"a": "ž&"})
    assert answer.content == body
    assert server.asked[0][0].startswith(b"GET /base/x?a=%C5%BE%26 HTTP/1.1\r\n")


@either
async def test_a_head_has_no_body(kind):
    async with calling(kind, [OK + b"content-length: 3\r\n\r\n"]) as (other, _):
        answer = await other.request("HEAD", "/")
    assert (answer.content, answer.headers["content-length"]) == (b"", "3")


@either
async def test_a_connection_is_kept(kind):
    async with calling(kind, [LONG], [LONG], [LONG]) as (other, server):
        for _ in range(3):
            await other.request("POST", "/", json={"a": 1})
    assert [len(requests) for requests in server.asked] == [3]


@either
@pytest.mark.parametrize(
    "first",
    [[LONG.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)], [LONG.replace(b"1.1", b"1.0")], [LONG, None]],
    ids=["announced", "HTTP/1.0", "not announced"],
)
async def test_a_connection_that_ends_is_not_used_again(kind, first):
    async with calling(kind, first, [LONG]) as (other, server):
        await other.request("POST", "/")
        while first[-1] is None and not server.gone:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)  # so that the end has arrived
        await other.request("POST", "/")
    assert [len(requests) for requests in server.asked] == [1, 1]


@either
async def test_a_connection_that_ended_unheard_is_not_used(kind):
    """Its end has arrived, but the event loop has been busy since."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        kept = Transport(max_connections=9, keepalive_seconds=9) if kind == "own" else httpx.AsyncHTTPTransport()
        async with Backend(
            "other", f"http://127.0.0.1:{listener.getsockname()[1]}", deadline=5, transport=kept
        ) as other:
            for _ in range(2):
                calling = asyncio.create_task(other.request("POST", "/"))
                connection, _ = await asyncio.to_thread(listener.accept)
                with connection:
                    await asyncio.to_thread(connection.recv, 1000)
                    connection.sendall(LONG)
                    assert (await calling).content == b"abc"


@either
async def test_a_connection_is_not_kept_for_ever(kind):
    async with calling(kind, [LONG], [LONG], keepalive_seconds=0) as (other, server):
        for _ in range(2):
            await other.request("POST", "/")
            await asyncio.sleep(0.01)
    assert [len(requests) for requests in server.asked] == [1, 1]


FAILURES: dict[str, tuple[list[bytes | None], type[Exception]]] = {
    "nothing": ([None], BackendUnavailable),
    "half a head": ([OK, None], BackendUnavailable),
    "an announcement": ([b"HTTP/1.1 103 Early Hints\r\n\r\n", None], BackendUnavailable),
    "half a body": ([OK + b"content-length: 9\r\n\r\nabc", None], BackendUnavailable),
    "half a chunk": ([OK + b"transfer-encoding: chunked\r\n\r\n9\r\nabc", None], BackendUnavailable),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], BackendBadAnswer),
    "no length": ([OK + b"content-length: many\r\n\r\n"], BackendBadAnswer),
    "silence": ([], BackendTimeout),
    "half a body and silence": ([OK + b"content-length: 9\r\n\r\nabc"], BackendTimeout),
}


@either
@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_is_told_by_its_kind_and_is_not_for_the_next_call(kind, name):
    script, error = FAILURES[name]
    async with calling(kind, script, [LONG], read_seconds=0.2) as (other, server):
        with pytest.raises(error):
            await other.request("POST", "/")
        assert (await other.request("POST", "/")).content == b"abc"
    assert [len(requests) for requests in server.asked] == [1, 1]


@either
async def test_what_is_said_to_be_gzip_and_is_not(kind):
    async with calling(kind, [LONG.replace(b"\r\n", b"\r\ncontent-encoding: gzip\r\n", 1)]) as (other, _):
        with pytest.raises(BackendBadAnswer, match="cannot be decoded"):
            await other.request("POST", "/")


@either
async def test_an_idempotent_call_gets_over_a_connection_that_breaks(kind):
    async with calling(kind, [None], [LONG]) as (other, _):
        assert (await other.request("GET", "/")).content == b"abc"


@either
async def test_an_answer_may_take_longer_than_its_pieces(kind):
    drops: list[bytes | None] = [b"a"] * 20
    async with calling(kind, [OK + b"content-length: 20\r\n\r\n", *drops], read_seconds=1) as (other, _):
        assert (await other.request("GET", "/")).content == b"a" * 20


@either
async def test_a_call_that_is_given_up_frees_its_place_and_leaves_no_connection(kind):
    async with calling(kind, [], [LONG], max_connections=1) as (other, server):
        first = asyncio.create_task(other.request("GET", "/"))
        while not server.asked or not server.asked[0]:
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert (await other.request("GET", "/")).content == b"abc"
        while not server.gone:
            await asyncio.sleep(0)


@either
async def test_no_more_connections_than_allowed(kind):
    async with calling(kind, *[[LONG]] * 20, max_connections=2) as (other, server):
        await asyncio.gather(*(other.request("GET", "/") for _ in range(20)))
    assert len(server.asked) <= 2


async def test_calls_go_round_the_connections():
    async with calling("own", *[[LONG]] * 30) as (other, server):
        await asyncio.gather(*(other.request("GET", "/") for _ in range(3)))
        for _ in range(27):
            await other.request("GET", "/")
    assert [len(requests) for requests in server.asked] == [10] * 3


async def test_what_nobody_asked_for_is_nobodys_answer():
    async with calling("own", [LONG], [LONG + LONG.replace(b"abc", b"bad")], [LONG]) as (other, server):
        await other.request("GET", "/")
        server.writers[0].write(LONG.replace(b"abc", b"bad"))
        while not server.gone:
            await asyncio.sleep(0)
        for _ in range(2):
            assert (await other.request("GET", "/")).content == b"abc"
    assert [len(requests) for requests in server.asked] == [1, 1, 1]


async def test_an_answer_without_end_is_not_kept(monkeypatch):
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1000)
    async with calling("own", [OK + b"\r\n", *[b"x" * 100] * 50]) as (other, _):
        with pytest.raises(BackendBadAnswer):
            await other.request("GET", "/")


@either
async def test_a_header_cannot_carry_another_request(kind):
    async with calling(kind, [LONG]) as (other, server):
        with pytest.raises(BackendUnavailable, match="LocalProtocolError"):
            await other.request("POST", "/", headers={"x-a": "b\r\n\r\nGET /secret HTTP/1.1"})
    assert not any(server.asked)


async def test_a_connection_that_takes_too_long_to_make(monkeypatch):
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    async with Backend("other", "http://other", deadline=5, connect_seconds=0.01) as other:
        with pytest.raises(BackendUnavailable, match="no connection in time"):
            await other.request("GET", "/")


async def test_tls_is_left_to_httpx():
    async with Backend("other", "https://127.0.0.1:9", deadline=5) as other:
        assert isinstance(other._transport, httpx.AsyncHTTPTransport)
