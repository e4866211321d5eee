"""The three services as processes, and a visitor."""

import contextlib
import html
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from servicekit.testing import ServiceProcess, free_port, running

ROOT = Path(__file__).parents[1]
DEADLINE = "1"
PATIENCE = 20.0
"""Seconds after which a visitor is taken to wait for ever; far above the deadline, so that a busy machine passes."""


class System:
    def __init__(self, joker: ServiceProcess, model: ServiceProcess, frontend: ServiceProcess) -> None:
        self.joker, self.model, self.frontend = joker, model, frontend

    def get(self, path: str, **options) -> httpx.Response:
        return httpx.get(self.frontend.url + path, timeout=PATIENCE, **options)

    def post(self, path: str, **options) -> httpx.Response:
        return httpx.post(self.frontend.url + path, timeout=PATIENCE, **options)


@contextlib.contextmanager
def frontend(joker_url: str, model_url: str) -> Iterator[ServiceProcess]:
    with running("frontend", JOKER_URL=joker_url, MODEL_URL=model_url, DEADLINE_SECONDS=DEADLINE) as process:
        yield process


@pytest.fixture
def system() -> Iterator[System]:
    with (
        running("joker", PORT=str(free_port())) as joker,
        running("model") as model,
        frontend(joker.url, model.url) as front,
    ):
        yield System(joker, model, front)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of one that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_visitor_sees_a_joke_and_what_the_model_makes_of_it(system):
    page = system.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    (joke,) = re.findall(r'name="joke" value="([0-9a-f]+)"', page.text)
    reveal = system.post("/guess", data={"joke": joke, "guess": "pl"}, follow_redirects=True)
    assert reveal.text.count("<meter") == 13
    assert "<mark" in reveal.text
    both = system.get("/api/joke").json()
    assert both["degraded"] is False
    assert httpx.get(f"{system.joker.url}/v1/jokes/{both['joke']['id']}").json() == both["joke"]
    assert len(both["prediction"]["probabilities"]) == 13
    assert sum(both["prediction"]["probabilities"].values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "language"),
    [("Warum wissen wir das nicht?", "de"), ("Dlaczego programiści to robią?", "pl"), ("42!", None)],
)
def test_a_visitor_tries_a_text(system, text, language):
    answer = system.post("/api/classify", json={"text": text}).json()
    assert answer["language"] == language
    assert answer["abstained"] is (language is None)
    assert system.post("/try", data={"text": text}).status_code == 200


def test_one_request_has_one_id_in_every_log(system):
    answer = system.get("/hood", headers={"x-request-id": "visit-1"})
    assert answer.headers["x-request-id"] == "visit-1"
    traces = set()
    for process in (system.joker, system.model, system.frontend):
        process.send(signal.SIGTERM)
        assert process.wait() == 0
        (line, *_) = [line for line in process.logs("request") if line["request_id"] == "visit-1"]
        traces.add(line["trace_id"])
    assert len(traces) == 1


def public(path: str) -> bool:
    """Whether the chart shows a path to visitors."""
    values = yaml.safe_load((ROOT / "charts/umbrella/values.yaml").read_text())
    return any(
        path == rule["path"] or (rule["pathType"] == "Prefix" and path.startswith(rule["path"] + "/"))
        for rule in values["frontend"]["publicPaths"]
    )


def test_wherever_a_page_leads_is_a_page_that_the_chart_shows_to_visitors(system):
    seen, ahead = set(), ["/", "/result?round=" + "rr0001" * 10, "/jokes/034d693e4df1?guess=pl"]
    while ahead:
        address = ahead.pop()
        path = address.partition("?")[0]
        template = re.sub("/jokes/.*", "/jokes/", path)
        if template in seen:
            continue
        seen.add(template)
        assert public(path), path
        page = system.get(address)
        assert page.status_code == 200, address
        found = re.findall(r'(?:href|src)="(/[^"]*)"', page.text)
        forms = re.findall(r'action="(/[^"]*)"', page.text)
        assert all(public(action) for action in forms), forms
        ahead += map(html.unescape, found)
    assert {"/", "/try", "/model", "/hood", "/hood/model", "/jokes/", "/result"} <= seen


def test_without_model_the_joke_still_comes(system):
    system.model.send(signal.SIGKILL)
    system.model.wait()
    both = system.get("/api/joke")
    assert both.status_code == 200
    assert (both.json()["degraded"], both.json()["prediction"]) == (True, None)
    assert system.get("/").status_code == 200
    assert system.get("/model").status_code == 503
    assert system.get("/readyz").status_code == 200
    assert system.post("/api/classify", json={"text": "Hello there"}).status_code == 503


def test_without_joker_there_is_a_503_that_says_when_to_come_back(system):
    system.joker.send(signal.SIGKILL)
    system.joker.wait()
    for path in ("/", "/api/joke"):
        answer = system.get(path)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert system.get("/readyz").status_code == 200
    assert system.post("/api/classify", json={"text": "Warum ist das so?"}).status_code == 200


def test_a_backend_that_comes_back_is_used_again(system):
    port = system.joker.url.rpartition(":")[2]
    system.joker.send(signal.SIGKILL)
    system.joker.wait()
    assert system.get("/").status_code == 503
    with running("joker", PORT=port):
        assert system.get("/").status_code == 200


def test_a_model_that_never_answers_costs_no_more_than_the_deadline(silent):
    with running("joker") as joker, frontend(joker.url, silent) as front:
        answer = httpx.get(f"{front.url}/api/joke", timeout=PATIENCE)
        assert (answer.status_code, answer.json()["degraded"]) == (200, True)
        assert httpx.get(front.url, timeout=PATIENCE).status_code == 200


def test_a_joker_that_never_answers_is_a_503_page(silent):
    with running("model") as model, frontend(silent, model.url) as front:
        page = httpx.get(front.url, timeout=PATIENCE)
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
        assert int(page.headers["retry-after"]) > 0
