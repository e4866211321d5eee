"""Clients that come all at once."""

import asyncio
import socket

import httpx
import uvicorn
import uvloop
from servicekit.health import Health
from servicekit.server import DrainingServer, _listen

CLIENTS = 200


async def app(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def turns_until_all_are_in() -> int:
    """How often the event loop goes round before the last of CLIENTS, who are in the queue, has a connection."""
    listener = _listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    server = DrainingServer(config, Health(), 0)
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    clients = [socket.create_connection(listener.getsockname()) for _ in range(CLIENTS)]
    turns = 0
    while len(server.server_state.connections) < CLIENTS:
        await asyncio.sleep(0)
        turns += 1
    async with httpx.AsyncClient() as client:
        assert (await client.get("http://{}:{}".format(*listener.getsockname()))).status_code == 200
    for client in clients:
        client.close()
    await server.shutdown([listener])
    return turns


def test_none_of_them_waits_for_a_turn_of_its_own():
    assert uvloop.run(turns_until_all_are_in()) < CLIENTS / 10
