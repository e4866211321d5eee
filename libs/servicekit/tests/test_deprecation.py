"""Who still calls what is to go."""

import httpx
import pytest
import servicekit
from servicekit import DEPRECATED, Backend, deprecation

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr(deprecation, "_callers", set())
    app = servicekit.create_app("servicekit", servicekit.ServiceSettings(), summary="")

    @app.get("/v1/things/{id}", **DEPRECATED)
    async def old(id: str) -> str:  # noqa: A002
        return id

    @app.get("/v2/things/{id}")
    async def new(id: str) -> str:  # noqa: A002
        return id

    return app


def counted(path: str, caller: str) -> float:
    return deprecation.REQUESTS.labels(path, caller)._value.get()


async def test_callers_of_the_old_version_are_counted_by_name(app):
    before = counted("/v1/things/{id}", "servicekit")
    async with Backend("things", "http://things", deadline=5, transport=httpx.ASGITransport(app)) as things:
        for path in ("/v1/things/1", "/v1/things/2", "/v2/things/1"):
            assert (await things.request("GET", path)).status_code == 200
    assert counted("/v1/things/{id}", "servicekit") == before + 2
    assert app.openapi()["paths"]["/v1/things/{id}"]["get"]["deprecated"] is True
    assert "deprecated" not in app.openapi()["paths"]["/v2/things/{id}"]["get"]


async def test_names_that_clients_make_up_are_bounded(app):
    before = counted("/v1/things/{id}", "other")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        for number in range(deprecation.MAX_CALLERS + 10):
            await client.get("/v1/things/1", headers={"user-agent": f"made-up-{number}/1"})
        await client.get("/v1/things/1", headers={"user-agent": "<script>"})
    assert counted("/v1/things/{id}", "other") >= before + 11
    assert len(deprecation._callers) == deprecation.MAX_CALLERS
