import asyncio
import socket

import httpx
import pytest
from servicekit.testing import running


async def chunks(count: int):
    for _ in range(count):
        yield b"x" * 1000


async def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(asking):
    async with asking(max_body_bytes=1000) as client:
        assert (await client.post("/length", content=b"x" * 1000)).json() == {"length": 1000}
        assert (await client.post("/length", content=b"x" * 1001)).status_code == 413


@pytest.mark.parametrize(("count", "status"), [(3, 200), (4, 413)])
def test_the_limit_holds_without_content_length(tiny, count, status):
    with running(tiny, MAX_BODY_BYTES="3000") as service:
        answer = httpx.post(f"{service.url}/length", content=iter([b"x" * 1000] * count))
        assert answer.status_code == status


def test_a_huge_body_is_refused_before_it_is_sent(tiny):
    with running(tiny) as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            head = "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


async def test_one_request_too_many_is_refused_at_once_and_probes_are_not(asking):
    async with asking(max_concurrency=1) as client:
        first = asyncio.create_task(client.get("/slow?seconds=30"))
        while (second := await client.get("/items/1")).status_code == 200:
            await asyncio.sleep(0)
        assert second.status_code == 503
        assert second.headers["retry-after"] == "1"
        assert second.json()["code"] == "overloaded"
        for probe in ("/livez", "/readyz", "/metrics"):
            assert (await client.get(probe)).status_code == 200
        first.cancel()
        await asyncio.wait([first])
        assert (await client.get("/items/1")).status_code == 200
