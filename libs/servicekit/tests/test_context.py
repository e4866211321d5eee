import re

import httpx
import pytest
from servicekit import context
from servicekit.transport import Transport
from starlette.datastructures import Headers

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.mark.parametrize("sane", ["a", "7f-3.B_", "x" * 128])
async def test_a_sane_request_id_is_kept(asking, sane):
    async with asking() as client:
        answer = await client.get("/items/1", headers={"x-request-id": sane})
    assert answer.headers["x-request-id"] == sane


@pytest.mark.parametrize("odd", ["", "x" * 129, "a b", "é", "a\tb", "<script>", "a/b"])
async def test_an_odd_request_id_is_replaced(asking, odd):
    async with asking() as client:
        answer = await client.get("/items/1", headers={"x-request-id": odd.encode()})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_a_trace_goes_on_under_a_span_of_its_own(asking):
    async with asking() as client:
        answer = await client.get("/items/1", headers={"traceparent": PARENT})
    version, trace, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span not in (PARENT.split("-")[2], "0" * 16)


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "nonsense",
        PARENT.upper(),
        PARENT.replace("00-", "ff-", 1),
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT + "-more",
    ],
)
def test_an_odd_traceparent_starts_a_new_trace(odd):
    made = context.from_headers(Headers({"traceparent": odd}))
    assert re.fullmatch("[0-9a-f]{32}", made.trace_id)
    assert made.trace_id not in (TRACE, "0" * 32)


def test_a_later_version_of_traceparent_is_read_as_far_as_it_is_known():
    made = context.from_headers(Headers({"traceparent": PARENT.replace("00-", "cc-", 1) + "-more"}))
    assert made.traceparent.startswith(f"00-{TRACE}-")


async def test_outbound_calls_carry_the_ids_of_the_request(asking, monkeypatch):
    seen = []

    async def answer(_, request):
        seen.append(request.headers)
        return httpx.Response(200, json={})

    monkeypatch.setattr(Transport, "handle_async_request", answer)
    async with asking() as client:
        own = await client.get("/relay", headers={"x-request-id": "mine", "traceparent": PARENT})
    assert seen[0]["x-request-id"] == "mine"
    assert seen[0]["traceparent"] == own.headers["traceparent"]
