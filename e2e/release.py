"""The release under test: the umbrella chart in a namespace of its own, and the requests that show what it does."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import httpx

from e2e.kubernetes import Namespace, run, wait
from e2e.traffic import Stream

SERVICES = ("joker", "model", "frontend")
CHART = Path("charts/umbrella")
HOST = os.environ.get("E2E_HOST", "127.0.0.1")
"""Where node ports are reached."""
NODE_PORTS = {"frontend": 30420, "joker": 30421, "model": 30422}
PROMETHEUS_PORT = 30423

BASELINE: dict[str, Any] = {
    "global": {"registry": os.environ.get("E2E_REGISTRY", "")},
    **{
        service: {
            "service": {"type": "NodePort", "nodePort": port},
            "resources": {"requests": {"cpu": "20m"}},  # all of it on two cores
        }
        for service, port in NODE_PORTS.items()
    },
}
BASELINE["frontend"]["config"] = {"DEADLINE_SECONDS": "5"}
"""What the tests set in every release: the rest is the chart's own.

A deadline of 2 s, the frontend's own, is a promise of speed: it breaks when a whole cluster, the starting pods and the
traffic share two cores. What is asked here is whether anything gets lost, and that 5 s do not hide.
"""

Values = dict[str, Any]

GUESS = {"joke": "034d693e4df1", "guess": "pl"}
"""A Polish joke, by its id, which stays; the model knows it."""


class Release(Namespace):
    """The release `punchline`; a namespace that admits restricted pods only."""

    def helm(self, command: str, *arguments: str) -> str:
        """What helm prints."""
        return run("helm", command, *arguments, "--namespace", self.name)

    def upgrade(
        self, *values: Values, arguments: tuple[str, ...] = ("--wait", "--timeout", "3m"), chart: Path = CHART
    ) -> str:
        """Make the release what the baseline and `values` over it say, and nothing of what it was before.

        What kubectl changed meanwhile, by `rollout undo` say, belongs to kubectl: Helm 4 takes it back when told to.
        """
        files = [str(path) for path in sorted(chart.glob("images/*.yaml"))]
        with tempfile.TemporaryDirectory() as directory:
            for number, layer in enumerate((BASELINE, *values)):
                path = Path(directory, f"{number}.json")
                path.write_text(json.dumps(layer))
                files.append(str(path))
            options = [option for file in files for option in ("-f", file)]
            return self.helm(
                "upgrade",
                "punchline",
                str(chart),
                "--install",
                "--reset-values",
                "--force-conflicts",
                *options,
                *arguments,
            )

    def settle(self, *values: Values, checked: tuple[str, ...] = SERVICES) -> None:
        """Upgrade, then wait until new pods are ready and those `checked` answer; old ones may still be going."""
        self.upgrade(*values)
        for service in checked:
            for stream in self.streams(service):
                wait(f"{stream.name} answers", answers, stream)

    def wait_settled(self) -> None:
        """Wait until every Deployment has the pods that it wants, all new and ready, and none is on its way out."""
        for service in SERVICES:
            self.kubectl("rollout", "status", f"deployment/{service}", "--timeout=120s")
            wait(f"the old pods of {service} are gone", self._settled, service, seconds=120)

    def _settled(self, service: str) -> bool:
        wanted: int = self.get("deployment", service)["spec"]["replicas"]
        return len(self.pods(service)) == len(self.ready(service)) == wanted

    def environment(self, pod: str) -> dict[str, str]:
        """The environment of a pod's own process."""
        listing = self.python(pod, "print(open('/proc/1/environ').read(), end='')")
        return dict(line.split("=", 1) for line in listing.split("\0") if line)

    def through_frontend(self) -> list[Stream]:
        """What visitors send, over kept and fresh connections."""
        base = f"http://{HOST}:{NODE_PORTS['frontend']}"
        text = {"text": "Was macht ein Informatiker, der nachts nicht schlafen kann?"}
        return [
            Stream("GET /api/joke", f"{base}/api/joke", wrong_joke),
            Stream("GET /api/joke (fresh)", f"{base}/api/joke", wrong_joke, fresh=True),
            Stream("POST /api/classify", f"{base}/api/classify", wrong_language, json=text, rate=5),
            Stream("GET / (fresh)", f"{base}/", wrong_page, fresh=True, rate=5),
            Stream(
                "POST /guess, and where it leads (fresh)", f"{base}/guess", wrong_reveal, form=GUESS, fresh=True, rate=5
            ),
        ]

    def streams(self, service: str) -> list[Stream]:
        """What clients of one service send to its own node port: to a backend, with no retry of the frontend's."""
        if service == "frontend":
            return self.through_frontend()
        base = f"http://{HOST}:{NODE_PORTS[service]}"
        if service == "joker":
            name, url, wrong, body = "GET joker/", f"{base}/", wrong_random_joke, None
        else:
            tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": ["Warum trinken Bären Bier?"]}
            name, wrong, body = "POST model/infer", wrong_inference, {"inputs": [tensor]}
            url = f"{base}/v2/models/joke-language/infer"
        return [Stream(name, url, wrong, json=body), Stream(f"{name} (fresh)", url, wrong, json=body, fresh=True)]

    def around(self, service: str) -> list[Stream]:
        """What visitors send, and what clients of one service do."""
        return self.through_frontend() + (self.streams(service) if service != "frontend" else [])


def ask(method: str, url: str, **body: Any) -> httpx.Response:
    """The answer to one request over a fresh connection, with more patience than the frontend's deadline asks for."""
    return httpx.request(method, url, follow_redirects=True, timeout=10, trust_env=False, **body)


def answers(stream: Stream) -> bool:
    """Whether one request of a stream gets the right answer now."""
    return not stream.wrong(ask(stream.method, stream.url, json=stream.json, data=stream.form))


def _status(response: httpx.Response, expected: int = 200) -> str | None:
    return None if response.status_code == expected else f"status {response.status_code}: {response.text[:200]}"


def wrong_joke(response: httpx.Response) -> str | None:
    """A joke, and the model's answer to it: a degraded one counts as lost."""
    if reason := _status(response):
        return reason
    answer = response.json()
    whole = answer["joke"]["text"] and not answer["degraded"] and answer["prediction"]["probabilities"]
    return None if whole else f"not whole: {answer}"


def wrong_language(response: httpx.Response) -> str | None:
    """The text is German."""
    return _status(response) or (None if response.json()["language"] == "de" else f"not German: {response.text}")


def wrong_page(response: httpx.Response) -> str | None:
    """The page with a joke and five languages to choose from."""
    if reason := _status(response):
        return reason
    whole = "<blockquote" in response.text and response.text.count('name="guess"') == 5
    return None if whole else response.text


def wrong_reveal(response: httpx.Response) -> str | None:
    """The page with the same joke and the model's answer: without that it counts as lost."""
    if reason := _status(response):
        return reason
    redirected = [answer.status_code for answer in response.history] == [303]
    whole = redirected and "Right: it is Polish." in response.text and "<meter" in response.text
    return None if whole else response.text


def wrong_random_joke(response: httpx.Response) -> str | None:
    """The book's contract."""
    return _status(response) or (None if len(response.json()["random_joke"]) > 10 else response.text)


def wrong_inference(response: httpx.Response) -> str | None:
    """The text is German."""
    if reason := _status(response):
        return reason
    (language,) = (output["data"] for output in response.json()["outputs"] if output["name"] == "language")
    return None if language == ["de"] else f"not German: {language}"
