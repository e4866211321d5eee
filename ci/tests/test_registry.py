"""Asking a registry for a digest: open, with a password, and with a token as GitLab's wants it."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recorder.registry import RegistryError, digest

DIGEST = f"sha256:{'2' * 64}"
BASIC = "Basic " + base64.b64encode(b"robot:secret").decode()


class Registry(BaseHTTPRequestHandler):
    scheme = "open"

    def do_HEAD(self) -> None:
        allowed = {"open": None, "basic": BASIC, "bearer": "Bearer bought"}[self.scheme]
        if allowed and self.headers["Authorization"] != allowed:
            realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="it",scope="repository:shop/cart:pull"'
            self.answer(401, **{"WWW-Authenticate": realm if self.scheme == "bearer" else 'Basic realm="it"'})
        elif self.path == "/v2/shop/cart/manifests/0123" and "oci.image.index" in self.headers["Accept"]:
            self.answer(200, **{"Docker-Content-Digest": DIGEST})
        else:
            self.answer(500 if "broken" in self.path else 404)

    def do_GET(self) -> None:
        assert self.path == "/token?service=it&scope=repository%3Ashop%2Fcart%3Apull"
        if self.headers["Authorization"] != BASIC:
            return self.answer(403)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"token": "bought"}).encode())
        return None

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["open", "basic", "bearer"])
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Registry, "scheme", request.param)
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_digest_of_a_tag(host: str) -> None:
    assert digest(f"{host}/shop/cart:0123", "robot", "secret") == DIGEST


def test_a_tag_that_is_not_there(host: str) -> None:
    assert digest(f"{host}/shop/cart:4567", "robot", "secret") is None


def test_a_wrong_password_is_an_error_that_does_not_show_it(host: str) -> None:
    if Registry.scheme == "open":
        assert digest(f"{host}/shop/cart:0123", "robot", "wrong") == DIGEST
        return
    with pytest.raises(RegistryError, match=r"answers 40[13]") as failed:
        digest(f"{host}/shop/cart:0123", "robot", "wrong")
    assert "wrong" not in str(failed.value)


def test_a_registry_in_trouble_is_an_error(host: str) -> None:
    with pytest.raises(RegistryError, match="answers 500"):
        digest(f"{host}/shop/cart:broken", "robot", "secret")


def test_a_registry_that_is_away_is_an_error() -> None:
    with pytest.raises(RegistryError, match="does not answer"):
        digest("127.0.0.1:9/shop/cart:0123")
