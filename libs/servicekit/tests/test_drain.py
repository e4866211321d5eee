"""SIGTERM under real traffic: what a rolling update does to a pod."""

import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from servicekit.testing import running


class Traffic:
    """Requests without pause, on kept and on fresh connections, as a proxy sends them until it knows of the drain."""

    def __init__(self, url: str) -> None:
        self.urls = (f"{url}/items/1", f"{url}/direct")
        self.failures: list[str] = []
        self.answers = 0
        self.closed_by_server = 0
        self.stop = threading.Event()

    def send(self, client: httpx.Client | None) -> None:
        while not self.stop.is_set():
            try:
                get = client.get if client else httpx.get
                for url in self.urls:
                    answer = get(url)
                    assert answer.json() == {"number": 1}
                    self.answers += 1
                    self.closed_by_server += answer.headers.get("connection") == "close"
            except Exception as failure:
                self.failures.append(repr(failure))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_drain_loses_no_request(tiny, number):
    with running(tiny, DRAIN_SECONDS="3") as service, ThreadPoolExecutor() as threads:
        traffic = Traffic(service.url)
        clients = [httpx.Client(), httpx.Client(), None, None]
        for client in clients:
            threads.submit(traffic.send, client)
        wait_until(lambda: traffic.answers > 100)
        service.send(number)
        wait_until(lambda: httpx.get(f"{service.url}/readyz").status_code == 503)
        draining_since = traffic.answers
        wait_until(lambda: traffic.answers > draining_since + 100)
        assert httpx.get(f"{service.url}/livez").status_code == 200
        traffic.stop.set()
        threads.shutdown()
        for client in clients:
            if client:
                client.close()
        assert traffic.failures == []
        assert traffic.closed_by_server >= 100
        assert service.wait() == 0


def test_requests_in_flight_finish_after_the_drain(tiny):
    with running(tiny, DRAIN_SECONDS="0") as service, ThreadPoolExecutor() as threads:
        slow = [threads.submit(httpx.get, f"{service.url}/slow?seconds=2") for _ in range(5)]
        wait_until(
            lambda: (
                'starlette_requests_in_progress{app_name="servicekit",method="GET"} 5.0'
                in httpx.get(f"{service.url}/metrics").text
            )
        )
        service.send(signal.SIGTERM)
        assert [request.result().json() for request in slow] == [{"slept": 2}] * 5
        assert service.wait() == 0


def test_requests_in_flight_are_bounded(tiny):
    with running(tiny, SHUTDOWN_SECONDS="0.2") as service, ThreadPoolExecutor() as threads:
        slow = threads.submit(httpx.get, f"{service.url}/slow?seconds=100", timeout=50)
        wait_until(lambda: 'GET"} 1.0' in httpx.get(f"{service.url}/metrics").text)
        service.send(signal.SIGTERM)
        assert service.wait(timeout=20) == 0
        assert slow.exception() or slow.result().status_code >= 500


def test_a_second_signal_ends_it_at_once(tiny):
    with running(tiny, DRAIN_SECONDS="1000") as service:
        service.send(signal.SIGTERM)
        wait_until(lambda: httpx.get(f"{service.url}/readyz").status_code == 503)
        service.send(signal.SIGTERM)
        assert service.wait(timeout=20) == -signal.SIGTERM


def test_a_connection_that_sends_nothing_does_not_hold_up_the_end(tiny):
    with running(tiny) as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            service.send(signal.SIGTERM)
            assert service.wait(timeout=20) == 0


def wait_until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
