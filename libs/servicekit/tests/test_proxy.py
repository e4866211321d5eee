"""Behind a proxy: a path prefix, forwarded headers, and who answers."""

import httpx
import pytest
from servicekit.testing import running

FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7", "host": "jokes.example"}


@pytest.fixture(scope="module")
def behind(tiny):
    with running(tiny, ROOT_PATH="/punchline", FORWARDED_ALLOW_IPS="10.0.0.0/8,127.0.0.1", REVISION="4f2a") as process:
        yield process


def test_a_trusted_proxy_says_how_the_client_came(behind):
    answer = httpx.get(f"{behind.url}/address", headers=FORWARDED).json()
    assert answer == {"base": "https://jokes.example/punchline/", "client": "203.0.113.7"}


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
def test_anyone_else_is_not_believed(tiny, trusted):
    with running(tiny, FORWARDED_ALLOW_IPS=trusted) as process:
        answer = httpx.get(f"{process.url}/address", headers=FORWARDED).json()
    assert answer == {"base": "http://jokes.example/", "client": "127.0.0.1"}


@pytest.mark.parametrize("prefix", ["", "/punchline"])
def test_the_proxy_may_strip_the_prefix_or_not(behind, prefix):
    assert httpx.get(f"{behind.url}{prefix}/items/3").json() == {"number": 3}
    assert httpx.get(f"{behind.url}{prefix}/readyz").is_success
    metrics = httpx.get(f"{behind.url}/metrics").text
    assert 'path="/items/{number}"' in metrics
    assert 'path="/punchline' not in metrics


def test_every_answer_says_who_gave_it(behind):
    for path in ("/items/3", "/nothing", "/bug", "/livez"):
        assert httpx.get(behind.url + path).headers["server"] == "servicekit/0.1.0 (4f2a)"
