"""SIGTERM with requests in flight that outlast the drain: they all finish."""

import socket
import threading
import time

import pytest

from e2e.kubernetes import wait
from e2e.release import HOST, NODE_PORTS, Release

DRAIN_SECONDS = 1
IN_FLIGHT_SECONDS = 3
BODY = b'{"text": "Was macht ein Informatiker, der nachts nicht schlafen kann?"}'


class SlowRequest(threading.Thread):
    """A request whose body takes its time, so that it is in flight for as long."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = b""
        self.connection = socket.create_connection((HOST, NODE_PORTS["frontend"]), timeout=60)
        head = (
            f"POST /api/classify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}"
        )
        self.connection.sendall(head.encode() + b"\r\nconnection: close\r\n\r\n" + BODY[:1])

    def run(self) -> None:
        """Send the rest of the body over IN_FLIGHT_SECONDS, and read the answer."""
        with self.connection:
            for byte in BODY[1:]:
                self.connection.sendall(bytes([byte]))
                time.sleep(IN_FLIGHT_SECONDS / len(BODY))
            while chunk := self.connection.recv(65536):
                self.answer += chunk


@pytest.mark.timeout(240)
def test_requests_in_flight_finish(release: Release) -> None:
    release.settle({"frontend": {"drainSeconds": DRAIN_SECONDS}})
    release.wait_settled()
    (pod,) = release.ready("frontend")
    requests = [SlowRequest() for _ in range(10)]
    wait("all are in flight", lambda: in_progress(release, pod) == len(requests))
    for request in requests:
        request.start()
    release.kubectl("delete", "pod", pod, "--wait=false")
    for request in requests:
        request.join()
    assert [request.answer.split(b"\r\n")[0] for request in requests] == [b"HTTP/1.1 200 OK"] * len(requests)
    assert all(b'"language":"de"' in request.answer for request in requests)
    release.wait_settled()


def in_progress(release: Release, pod: str) -> float:
    metrics = release.python(
        pod, "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/metrics').read().decode())"
    )
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in metrics.splitlines()
        if line.startswith("starlette_requests_in_progress{") and 'method="POST"' in line
    )
