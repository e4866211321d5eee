"""The servers that are compared: where each lives, how it is started, what it is asked and what it answers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "bench" / ".cache"
PEERS = ("kserve", "mlserver", "litserve", "bentoml", "ray")
INFER = "/v2/models/joke-language/infer"


@dataclass(frozen=True)
class Server:
    """One row: `environment` is a folder under `.cache`; `runtime` is sklearn or punchline, empty for what has none."""

    name: str
    environment: str
    runtime: str = ""
    output: str = "probabilities"
    asks_for_output: bool = False

    @property
    def python(self) -> Path:
        return CACHE / self.environment / "bin" / "python"

    def command(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """The command, its folder, and what it adds to the environment."""
        here = ROOT / "bench"
        if self.name == "bare":
            return [str(self.python), "bare.py", str(port)], here, {}
        if self.name == "punchline":
            return [str(self.python), "-m", "model"], ROOT, {"PORT": str(port), "LOG_FORMAT": "json"}
        source = ("bench/peers/fallback", "services/model/src", "libs/openinference/src", "libs/servicekit/src")
        (packages,) = (CACHE / "punchline" / "lib").glob("python*/site-packages")
        env = {
            "BENCH_PIPELINE": str(CACHE / "pipeline.joblib"),
            "BENCH_RUNTIME": self.runtime,
            "BENCH_PACKAGES": str(packages),
            "PYTHONPATH": ":".join(str(ROOT / part) for part in source),
        }
        if self.environment == "bentoml":
            serve = [str(self.python.with_name("bentoml")), "serve", "serve:JokeLanguage"]
            return [*serve, "--host", "127.0.0.1", "--port", str(port)], here / "peers/bentoml", env
        return [str(self.python), "serve.py", self.runtime, str(port)], here / "peers" / self.environment, env

    def request(self, texts: list[str]) -> dict[str, Any]:
        """The body that asks for the languages of `texts`."""
        tensor = {"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
        outputs = {"outputs": [{"name": self.output}]} if self.asks_for_output else {}
        return {"inputs": [tensor], **outputs}

    def probabilities(self, answer: dict[str, Any]) -> list[float]:
        """All rows of the answer, one after the other."""
        (data,) = (output["data"] for output in answer["outputs"] if output["name"] == self.output)
        return [float(value) for value in data]


def chosen(peers: str | None) -> list[Server]:
    """The rows for a list of peers, all where it is None; raises SystemExit for a name that is none."""
    names = PEERS if peers is None else tuple(peers.replace(",", " ").split())
    if unknown := set(names) - set(PEERS):
        raise SystemExit(f"PEERS names {', '.join(sorted(unknown))}: it may have {', '.join(PEERS)}")
    rows = [Server("bare", "punchline"), Server("punchline", "punchline", "punchline")]
    for name in names:
        if name == "mlserver":
            rows.append(Server(name, name, "sklearn", output="predict_proba", asks_for_output=True))
        else:
            rows.append(Server(name, name, "sklearn"))
        rows.append(Server(f"{name} + punchline's runtime", name, "punchline"))
    return rows


def environment_variables() -> dict[str, str]:
    """What every server gets: one thread for numerics, and nothing of this process's Python."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "UV_"))}
    return {
        **kept,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "BENTOML_DO_NOT_TRACK": "1",
    }
