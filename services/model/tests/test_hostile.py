"""10,000 hostile requests: a refusal with a reason each time, never a 5xx, and no memory kept.

Every tenth is sent over a connection too, where the direct route is in the protocol, and gets the same answer.
"""

import asyncio
import copy
import gzip
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from model.app import create_app
from model.classifier import Classifier
from model.settings import Settings
from servicekit.testing import serving
from servicekit.transport import Transport

URL = "/v2/models/joke-language/infer"
REQUESTS = 2000
"""By each of the five kinds below."""
WARM_UP = 500
MAX_GROWTH = 30 << 20
STATM = Path("/proc/self/statm")

Request = tuple[bytes, dict[str, str]]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 1025, 2**31, 2**63, 2**64, 10**300, -(10**300), 0.5, 1e308),
    *(float("nan"), float("inf"), -float("inf"), "", "text", "BYTES", "FP32", "\ud800", "\udfff\ud800", "\0", "é" * 99),
    *([], [[]], [1], [1, 1], [-1], [1.0], [True], [[["a"]]], {}, {"": {}}, {"name": "text"}, {"binary_data": 1}),
    *(["a", None], ["\ud800"], [10**300], {"binary_data_size": 2**64}, {"content_type": "hg_json"}),
)


def valid(rng: random.Random) -> dict[str, Any]:
    texts = [rng.choice(["", "ein Wort", "\ud800", "日本", "der " * 30]) for _ in range(rng.randint(1, 4))]
    return {
        "id": "1",
        "parameters": {"binary_data_output": rng.random() < 0.5},
        "inputs": [
            {"name": "text", "datatype": "BYTES", "shape": [len(texts), 1], "parameters": {}, "data": texts},
        ],
        "outputs": [{"name": name, "parameters": {"binary_data": False}} for name in ("language", "evidence")],
    }


def nested(rng: random.Random) -> Any:
    value: Any = copy.deepcopy(rng.choice(ODD))
    for _ in range(rng.choice([1, 5, 200])):
        value = [value] if rng.random() < 0.5 else {rng.choice(["name", "data", "\ud800"]): value}
    return value


def mutate(node: Any, rng: random.Random) -> None:
    """Walk down at random, and spoil what is there."""
    while True:
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not (isinstance(node[key], (dict, list)) and node[key]) or rng.random() < 0.2:
            break
        node = node[key]
    match rng.randrange(5):
        case 0:
            del node[key]
        case 1 if isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        case 2 if isinstance(node, dict):
            node[rng.choice(["name", "data", "shape", "id", "parameters", "\ud800"])] = copy.deepcopy(node[key])
        case 3:
            node[key] = nested(rng)
        case _:
            node[key] = copy.deepcopy(rng.choice(ODD))


def mutated_json(rng: random.Random) -> Request:
    document = valid(rng)
    for _ in range(rng.randint(1, 4)):
        if document:
            mutate(document, rng)
    return json.dumps(document).encode(), {"content-type": rng.choice(["application/json", "text/plain", "\xff"])}


def random_json(rng: random.Random) -> Request:
    body = json.dumps(nested(rng))
    if rng.random() < 0.5:
        keys = rng.choices(["id", "inputs", "outputs", "parameters"], k=3)
        body = "{" + ",".join(f'"{key}":{json.dumps(nested(rng))}' for key in keys) + "}"
    deep = rng.choice(["[", '{"a":', "9", "-", '"\\ud800'])
    return (body if rng.random() < 0.9 else deep * rng.choice([1, 5000, 50_000])).encode(), {}


def random_bytes(rng: random.Random) -> Request:
    body = bytearray(json.dumps(valid(rng)).encode())
    if rng.random() < 0.3:
        return rng.randbytes(rng.randint(0, 300)), {}
    for _ in range(rng.randint(1, 5)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return bytes(body[: rng.randint(1, len(body))] if rng.random() < 0.5 else body), {}


def binary(rng: random.Random) -> Request:
    texts = [rng.choice([b"", b"ein", b"\xff", b"\xed\xa0\x80", b"x" * 200]) for _ in range(rng.randint(1, 3))]
    lengths = [rng.choice([len(t), len(t), len(t), 0, len(t) + 1, 2**31, 2**32 - 1]) for t in texts]
    tail = b"".join(n.to_bytes(4, "little") + t for n, t in zip(lengths, texts, strict=True))
    tail = tail[: rng.choice([len(tail), len(tail), rng.randint(0, len(tail))])]
    document = valid(rng)
    size = rng.choice([len(tail), len(tail), -1, 2**64, "7", None, True])
    document["inputs"][0] |= {"shape": [len(texts)], "parameters": {"binary_data_size": size}}
    if rng.random() < 0.9:
        del document["inputs"][0]["data"]
    head = json.dumps(document).encode()
    n = len(head)
    odd = [n + 1, n - 1, n + len(tail) + 1, 0, -1, -n, 10**30, "", "x", "1e3", "0x10", " 7", "\xb2", "+9", f"{n}, {n}"]
    length = n if rng.random() < 0.6 else rng.choice(odd)
    return head + tail, {"inference-header-content-length": str(length)}


def compressed(rng: random.Random) -> Request:
    coding, pack = rng.choice(list(PACKERS.items()))
    if rng.random() < 0.01:
        body = BOMBS[coding]
    else:
        body = pack(rng.choice([mutated_json, random_bytes, random_json])(rng)[0])
        match rng.randrange(6):
            case 0:
                body = body[: rng.randrange(len(body))]
            case 1:
                at = rng.randrange(len(body))
                body = body[:at] + rng.randbytes(1) + body[at + 1 :]
            case 2:
                body += rng.choice([rng.randbytes(9), b"\0", body, gzip.compress(b"") * 500])
    odd = ["gzip", "deflate", "GZIP ", "br", "gzip, deflate", "", "identity", "\xff", "zstd"]
    return body, {
        "content-encoding": coding if rng.random() < 0.7 else rng.choice(odd),
        "accept-encoding": rng.choice(["gzip", "deflate;q=0", "*", ";;,=", "\xff", "gzip;q=x, deflate"]),
    }


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
BOMBS = {coding: pack(b" " * (64 << 20)) for coding, pack in PACKERS.items()}


def resident() -> int:
    return int(STATM.read_text().split()[1]) * 4096 if STATM.exists() else 0


@pytest.mark.parametrize("kind", [mutated_json, random_json, random_bytes, binary, compressed])
def test_hostile_requests_are_refused_with_a_reason(
    kind: Callable[[random.Random], Request], classifier: Classifier
) -> None:
    app = create_app(Settings(), classifier)
    refused = 0
    sizes: list[int] = []

    async def ask(body: bytes, headers: dict[str, str]) -> int:
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        sent.append((b"x-request-id", b"r"))
        answer = await client.post(URL, content=body, headers=sent)
        # A connection takes spaces off the ends of values.
        if len(sizes) % 10 == 0 and all(value == value.strip() for value in headers.values()):
            again = await connected.post(URL, content=body, headers=sent)
            assert (again.status_code, again.content) == (answer.status_code, answer.content)
            assert {**again.headers, "traceparent": ""} == {**answer.headers, "traceparent": ""}
        assert answer.status_code < 500, answer.text
        if not answer.is_success:
            error = answer.json()["error"]
            assert isinstance(error, str)
            assert error
            assert "Traceback" not in answer.text
        return answer.status_code

    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model")
        server = serving(app)
        wire = Transport(max_connections=1, keepalive_seconds=60)
        connected = httpx.AsyncClient(transport=wire, base_url=runner.run(server.__aenter__()))

        @settings(
            max_examples=REQUESTS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.integers(0, 2**64 - 1))
        def hostile(seed: int) -> None:
            nonlocal refused
            sizes.append(resident())
            refused += runner.run(ask(*kind(random.Random(seed)))) >= 400

        hostile()
        for closing in (client.aclose(), connected.aclose(), server.__aexit__(None, None, None)):
            runner.run(closing)
    assert len(sizes) == REQUESTS
    assert refused > REQUESTS / 3, "most of it is not hostile at all"
    assert sizes[-1] - sizes[WARM_UP] < MAX_GROWTH
