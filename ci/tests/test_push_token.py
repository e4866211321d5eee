"""ci/record pushes with PUSH_TOKEN over HTTP, as to GitLab, and shows it to nobody else."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ci.tests.monorepo import Monorepo
from planner import images

RECORD = Path(__file__).parents[1] / "record"
TOKEN = "glpat-0123456789"


def basic(token: str) -> str:
    return base64.b64encode(f"oauth2:{token}".encode()).decode()


class Server(ThreadingHTTPServer):
    """A registry that has every image, and the repositories in a folder for who has the token."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        """Path and Authorization of every request."""


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"] or ""))
        self.send_response(200)
        self.send_header("Docker-Content-Digest", f"sha256:{'1' * 64}")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"] or ""))
        if self.headers["Authorization"] != f"Basic {basic(TOKEN)}":
            self.send_error(403)
            return
        path, _, query = self.path.partition("?")
        length = self.headers["Content-Length"] or "0"
        environment = {
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "bot",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers["Content-Type"] or "",
            "CONTENT_LENGTH": length,
            "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
        }
        done = subprocess.run(
            ["git", "http-backend"],
            env={**os.environ, **environment},
            input=self.rfile.read(int(length)),
            check=True,
            stdout=subprocess.PIPE,
        )
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + done.stdout)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Job:
    """The update job of cart, which is due, in the clone that it runs in."""

    def __init__(self, shop: Monorepo, server: Server, folder: Path) -> None:
        shop.change("services/cart/src/cart/part_9.py", "9", "10")
        shop.commit()
        self.shop, self.server, self.tag = shop, server, shop.tag("cart")
        self.repository = folder / "shop.git"
        self.trace = folder / "trace"
        """Every command line of git's, as it is."""
        subprocess.run(["git", "clone", "--quiet", "--bare", shop.folder, self.repository], check=True)
        host = f"127.0.0.1:{server.server_port}"
        self.variables = {
            "REGISTRY": f"{host}/shop",
            "PUSH_URL": f"http://{host}/shop.git",
            "PUSH_BRANCH": "main",
            "PUSH_TOKEN": TOKEN,
        }

    def run(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """However it ends, the token of the job is not printed, nor in a command line, nor asked of the registry."""
        traced = {"GIT_TRACE2_EVENT": str(self.trace), "GIT_TRACE2_REDACT": "0"}
        environment = {**os.environ, **traced, **self.variables, **variables}
        done = subprocess.run(
            [RECORD, "cart", self.tag], cwd=self.shop.folder, env=environment, capture_output=True, text=True
        )
        commands = self.trace.read_text() if self.trace.exists() else ""
        if token := environment["PUSH_TOKEN"]:
            for secret in (token, basic(token)):
                assert secret not in done.stdout + done.stderr + commands
        assert all(not allowed for path, allowed in self.server.asked if path.startswith("/v2/"))
        return done

    @property
    def recorded(self) -> bool:
        """Whether the branch has the image."""
        file = subprocess.check_output(["git", "-C", self.repository, "show", f"main:{images.path('cart')}"], text=True)
        return images.parse("cart", file).tag == self.tag


@pytest.fixture
def job(shop: Monorepo, tmp_path: Path) -> Iterator[Job]:
    with Server(tmp_path) as server:
        job = Job(shop, server, tmp_path)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield job
        server.shutdown()
        thread.join()


def test_the_token_opens_the_branch(job: Job) -> None:
    done = job.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert job.recorded
    assert '"push"' in job.trace.read_text()


def test_a_token_that_is_not_let_in(job: Job) -> None:
    done = job.run(PUSH_TOKEN="glpat-expired")
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
    assert "403" in done.stderr
    assert not job.recorded


def test_a_token_that_may_not_push(job: Job) -> None:
    hook = job.repository / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'You are not allowed to push code to protected branches.' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = job.run()
    assert done.returncode == 1
    assert "not allowed to push" in done.stderr
    assert not job.recorded


@pytest.mark.parametrize("name", ["REGISTRY", "PUSH_URL", "PUSH_BRANCH", "PUSH_TOKEN"])
def test_a_variable_that_is_empty_is_named_before_anybody_is_asked(job: Job, name: str) -> None:
    done = job.run(**{name: ""})
    assert done.returncode == 1
    assert done.stderr.startswith(f"ci/record: {name} is empty")
    assert job.server.asked == []
