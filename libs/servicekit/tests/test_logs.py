import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
from servicekit.testing import process, running


def test_every_line_is_json_and_an_access_line_says_who_what_and_how(tiny):
    with running(tiny) as service:
        httpx.get(f"{service.url}/items/7?token=hush", headers={"x-request-id": "r1"})
        httpx.get(f"{service.url}/bug")
        httpx.get(f"{service.url}/livez")
        service.send(15)
        assert service.wait() == 0
        assert len(service.logs()) == len(service.lines)
        first, second = service.logs("request")
    assert "hush" not in "".join(service.lines)
    assert datetime.fromisoformat(first.pop("time")).utcoffset().total_seconds() == 0
    assert first.pop("duration_ms") > 0
    assert len(first.pop("trace_id")) == 32
    assert first == {
        "event": "request",
        "level": "info",
        "service": "servicekit",
        "version": first["version"],
        "request_id": "r1",
        "method": "GET",
        "path": "/items/{number}",
        "status": 200,
    }
    assert (second["path"], second["status"]) == ("/bug", 500)
    (bug,) = service.logs("unhandled exception")
    assert bug["request_id"] == second["request_id"]
    assert "the secret of the house" in bug["exception"]


def test_an_unmatched_path_is_not_logged_as_it_was_typed(tiny):
    with running(tiny) as service:
        httpx.get(f"{service.url}/wp-admin/me@example.org")
        service.send(15)
        service.wait()
        assert service.logs("request")[0]["path"] == "unmatched"
    assert "wp-admin" not in "".join(service.lines)


def test_text_for_people(tiny):
    with running(tiny, LOG_FORMAT="json") as service:
        json_lines = len(service.logs())
    with process(tiny, LOG_FORMAT="text") as service:
        while len(service.lines) < json_lines:
            time.sleep(0.01)
        assert any("listening" in line for line in service.lines)
        assert not service.logs()


def test_the_level_is_heeded(tiny):
    with process(tiny, LOG_LEVEL="error", LOG_FORMAT="json", PORT="1", HOST="192.0.2.1") as service:
        assert service.wait() == 1
        assert not service.logs()


def test_no_line_is_lost_or_torn(tiny):
    with running(tiny) as service, ThreadPoolExecutor(8) as threads, httpx.Client() as client:
        urls = [f"{service.url}/{'bug' if number % 10 == 0 else 'items/1'}" for number in range(200)]
        answers = list(threads.map(client.get, urls))
        service.send(15)
        assert service.wait() == 0
        assert len(service.logs()) == len(service.lines)
        logged = [line["request_id"] for line in service.logs("request")]
        assert sorted(logged) == sorted(answer.headers["x-request-id"] for answer in answers)
        for bug in service.logs("unhandled exception"):
            assert bug["request_id"] in logged
