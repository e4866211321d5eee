import httpx


async def test_not_ready_before_the_start_is_over(tiny_app):
    app = tiny_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny") as client:
        early = await client.get("/readyz")
        assert (early.status_code, early.json()["waiting_for"]) == (503, ["starting"])
        assert (await client.get("/livez")).status_code == 200
        async with app.router.lifespan_context(app):
            assert (await client.get("/readyz")).status_code == 200


async def test_ready_when_every_condition_holds(tiny_app):
    app, loaded = tiny_app(), []
    app.state.health.ready_when("model loaded", lambda: bool(loaded))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny") as client,
    ):
        waiting = await client.get("/readyz")
        assert (waiting.status_code, waiting.json()["waiting_for"]) == (503, ["model loaded"])
        loaded.append(True)
        assert (await client.get("/readyz")).status_code == 200
