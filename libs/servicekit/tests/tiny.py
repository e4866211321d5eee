"""A service of a screenful, for servicekit's own tests: run as a process, or imported for its app."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import servicekit
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from servicekit import Backend, ServiceError, ServiceSettings, direct


class Settings(ServiceSettings):
    backend_url: str = "http://127.0.0.1:9"


class Order(BaseModel):
    count: int


def one(_: bytes, __: Mapping[bytes, bytes]) -> direct.Answer:
    return direct.Answer(b'{"number":1}', [direct.JSON])


def create_app(settings: Settings) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
        async with Backend("other", settings.backend_url, deadline=1.0) as app.state.other:
            yield

    app = servicekit.create_app("servicekit", settings, summary="A tiny service", lifespan=lifespan)

    @app.get("/items/{number}")
    async def item(number: int) -> dict[str, int]:
        return {"number": number}

    @app.get("/direct")
    async def direct_one(request: Request) -> Response:
        return await direct.respond(one, request)

    app.add_direct_route("GET", "/direct", one)

    @app.get("/slow")
    async def slow(seconds: float) -> dict[str, float]:
        await asyncio.sleep(seconds)
        return {"slept": seconds}

    @app.post("/orders")
    async def orders(order: Order) -> Order:
        return order

    @app.post("/length")
    async def length(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("the secret of the house")

    @app.get("/teapot")
    async def teapot() -> None:
        raise ServiceError(418, "teapot", "I am a teapot.", headers={"x-tea": "green"})

    @app.get("/relay")
    async def relay(request: Request) -> dict[str, str]:
        return await request.app.state.other.json("GET", "/")

    @app.get("/address")
    async def address(request: Request) -> dict[str, str]:
        return {"base": str(request.base_url), "client": request.client.host if request.client else ""}

    return app


if __name__ == "__main__":
    servicekit.main(Settings, create_app)
