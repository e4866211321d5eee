"""Services, Prometheus and Alertmanager as processes on free ports of 127.0.0.1, with the repository's own files."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from servicekit.testing import ServiceProcess, free_port, running

from monitoring.queries import ROOT

BINARIES = {
    "prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "amtool": ("amtool",),
}
"""What each is called; Debian has its own name for one."""

SMTP = {
    "SMTP_SMARTHOST": "127.0.0.1:25",
    "SMTP_FROM": "alerts@punchline.example",
    "SMTP_USERNAME": "",
    "SMTP_PASSWORD": "",
    "SMTP_REQUIRE_TLS": "false",
    "ONCALL_EMAIL": "oncall@punchline.example",
    "TEAM_EMAIL": "team@punchline.example",
}
"""What Alertmanager is given from the environment: the password as a file, the rest in prometheus/alertmanager.yml."""


def binary(name: str) -> str:
    """Its path. Ends the run with what to install when it is not here."""
    for candidate in BINARIES[name]:
        if path := shutil.which(candidate):
            return path
    raise SystemExit(
        f"{name} is not in PATH. Debian: apt install prometheus prometheus-alertmanager; macOS: brew install prometheus"
        " alertmanager; or the releases at https://prometheus.io/download"
    )


def poll(what: str, condition: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer of `condition`; an AssertionError if none comes in time."""
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            if last := condition():
                return last
        except httpx.HTTPError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:g} s; last: {last}")


def on_port(service: str, **env: str) -> contextlib.AbstractContextManager[ServiceProcess]:
    return running(service, PORT=str(free_port()), **env)


@contextlib.contextmanager
def services(**env: str) -> Iterator[dict[str, ServiceProcess]]:
    """The three, the frontend knowing the other two; each may be ended and started anew on its port."""
    with on_port("joker", **env) as joker, on_port("model", **env) as model:
        urls = {"JOKER_URL": joker.url, "MODEL_URL": model.url}
        with on_port("frontend", **{**urls, **env}) as frontend:
            yield {"joker": joker, "model": model, "frontend": frontend}


@contextlib.contextmanager
def _process(name: str, port: int, *arguments: str) -> Iterator[str]:
    """A server that answers /-/ready; killed at the end, since nothing of it is kept. Gives its URL."""
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([binary(name), *arguments], stdout=log, stderr=log, start_new_session=True)
        try:

            def ready() -> bool:
                if process.poll() is not None:
                    log.seek(0)
                    raise AssertionError(f"{name} ended with {process.returncode}:\n{log.read()}")
                return httpx.get(f"{url}/-/ready", trust_env=False).is_success

            poll(f"{name} is ready", ready, 60)
            yield url
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def query(self, expr: str, over: tuple[float, float] | None = None) -> dict[str, Any]:
        """`data` of the answer, with Prometheus' own statistics: now, or `over` the last so many seconds by a step.

        Raises AssertionError with Prometheus' words for an error.
        """
        parameters: dict[str, str | float] = {"query": expr, "stats": "all"}
        if over:
            now = time.time()
            parameters |= {"start": now - over[0], "end": now, "step": over[1]}
        path = "query_range" if over else "query"
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30, trust_env=False).json()
        assert answer["status"] == "success", f"{answer.get('error')}: {expr}"
        data: dict[str, Any] = answer["data"]
        return data

    def vector(self, expr: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        return list(self.query(expr)["result"])


def prometheus_config(urls: Mapping[str, str], interval: str, alertmanager: str | None) -> dict[str, Any]:
    """prometheus/prometheus.yml with addresses and intervals of here."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": interval, "evaluation_interval": interval}
    config["rule_files"] = [str(ROOT / "prometheus" / pattern) for pattern in config["rule_files"]]
    job = config["scrape_configs"][0]
    job["static_configs"] = [target for target in job["static_configs"] if target["labels"]["service"] in urls]
    for target in job["static_configs"]:
        target["targets"] = [urls[target["labels"]["service"]].removeprefix("http://")]
    if alertmanager:
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager.removeprefix("http://")]
    else:
        del config["alerting"]
    return config


@contextlib.contextmanager
def prometheus(
    urls: Mapping[str, str], directory: Path, interval: str = "1s", alertmanager: str | None = None
) -> Iterator[Prometheus]:
    """Prometheus scraping the services at `urls`, with its data below `directory`."""
    file, port = directory / "prometheus.yml", free_port()
    file.write_text(yaml.safe_dump(prometheus_config(urls, interval, alertmanager)))
    arguments = (
        f"--config.file={file}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--storage.tsdb.retention.time=60d",
    )
    with _process("prometheus", port, *arguments) as url:
        yield Prometheus(url)


def alertmanager_config(directory: Path, environment: Mapping[str, str]) -> Path:
    """prometheus/alertmanager.yml with its variables filled in, and its template beside it.

    `directory` takes the place of /etc/alertmanager, where compose and the cluster have the password.
    """
    source, file, password = ROOT / "prometheus", directory / "alertmanager.yml", directory / "secrets/smtp-password"
    variables = {**SMTP, **environment}
    command = ["awk", "-f", str(source / "environment.awk"), str(source / "alertmanager.yml")]
    text = subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    file.write_text(text.replace("/etc/alertmanager/", f"{directory}/"))
    shutil.copy(source / "email.tmpl", directory)
    password.parent.mkdir()
    password.write_text(variables["SMTP_PASSWORD"])
    return file


@contextlib.contextmanager
def alertmanager(file: Path) -> Iterator[str]:
    """Alertmanager with this configuration. Gives its URL."""
    port = free_port()
    arguments = (
        f"--config.file={file}",
        f"--storage.path={file.parent / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    with _process("alertmanager", port, *arguments) as url:
        yield url


def fire(url: str, *alerts: Mapping[str, str]) -> None:
    """Gives the Alertmanager at `url` alerts with these labels, as Prometheus does."""
    body = [{"labels": labels} for labels in alerts]
    httpx.post(f"{url}/api/v2/alerts", json=body, trust_env=False).raise_for_status()
