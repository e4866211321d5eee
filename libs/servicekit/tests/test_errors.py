import pytest

CASES = [
    ("GET", "/nowhere", {}, 404, "not_found"),
    ("DELETE", "/items/1", {}, 405, "method_not_allowed"),
    ("GET", "/items/one", {}, 422, "invalid_request"),
    ("POST", "/orders", {"json": {}}, 422, "invalid_request"),
    ("POST", "/orders", {"content": b"{"}, 422, "invalid_request"),
    ("POST", "/length", {"content": b"x" * 11}, 413, "body_too_large"),
    ("GET", "/bug", {}, 500, "internal_error"),
    ("GET", "/teapot", {}, 418, "teapot"),
    ("GET", "/relay", {}, 503, "backend_unavailable"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), CASES)
async def test_every_failure_has_one_shape(asking, method, path, body, status, code):
    async with asking(max_body_bytes=10) as client:
        answer = await client.request(method, path, headers={"x-request-id": "r1"}, **body)
    assert answer.status_code == status
    assert answer.headers["x-request-id"] == "r1"
    content = answer.json()
    assert content.pop("error")
    assert content.pop("fields", None) is None or status == 422
    assert content == {"code": code, "request_id": "r1"}


async def test_a_field_is_named_from_the_outside_in(asking):
    async with asking() as client:
        answer = await client.post("/orders", json={"count": "many"})
    assert [field["field"] for field in answer.json()["fields"]] == ["body.count"]
    assert "body.count" in answer.json()["error"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"count": "\\ud800"}', b'{"count": NaN}', b"[" * 5000, b'"'])
async def test_an_odd_body_is_the_clients_fault(asking, body):
    async with asking() as client:
        answer = await client.post("/orders", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("bad_request", "invalid_request")


async def test_a_bug_leaks_nothing(asking):
    async with asking() as client:
        answer = await client.get("/bug")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_405_says_what_is_allowed(asking):
    async with asking() as client:
        answer = await client.delete("/items/1")
    assert answer.headers["allow"] == "GET"


async def test_unavailable_backends_say_when_to_come_back(asking):
    async with asking() as client:
        answer = await client.get("/relay")
    assert answer.headers["retry-after"] == "1"
