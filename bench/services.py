"""More than the model server alone: two processes on two cores, joker, and a page of frontend."""

import contextlib
import json
import statistics
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import load
import texts
from processes import running
from servers import ROOT, Server

ROUNDS = 3


class Service(Server):
    """One of the services, or the bare server, in the project's own environment."""

    def command(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        if self.name == "bare":
            return [sys.executable, "bare.py", str(port)], ROOT / "bench", {}
        return [sys.executable, "-m", self.name], ROOT, {"PORT": str(port), "LOG_FORMAT": "json"}


def scaling(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """One process with its load on one core, against two of such pairs on two."""
    bodies = texts.bodies(rows[1], 1)
    one, two = [], []
    with running(rows[1], "0") as first, running(rows[1], "1") as second, ThreadPoolExecutor() as pool:
        for turn in range(ROUNDS + 1):
            alone = load.wrk(first.url, bodies, seconds, core=0).rate
            pair = [pool.submit(load.wrk, s.url, bodies, seconds, core=i) for i, s in enumerate((first, second))]
            both = sum(each.result().rate for each in pair)
            if turn:
                one.append(alone)
                two.append(both)
    results["scaling"] = {"1": round(statistics.median(one)), "2": round(statistics.median(two))}
    print(f"  1 process {results['scaling']['1']} req/s, 2 processes {results['scaling']['2']} req/s", flush=True)


def measure(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """The service joker against the bare server; frontend's page against its backends."""
    rates: dict[str, list[float]] = {"bare": [], "joker": [], "pages": [], "reveals": []}
    times: dict[str, list[float]] = {"joker": [], "model": [], "page": [], "reveal": []}
    bodies = texts.bodies(rows[1], 1)
    with contextlib.ExitStack() as stack:
        bare, joker = (stack.enter_context(running(Service(name, ""), "0", ready="/")) for name in ("bare", "joker"))
        for turn in range(ROUNDS + 1):
            for name, server in (("bare", bare), ("joker", joker)):
                rate = load.wrk(server.url, None, seconds, path="/").rate
                if turn:
                    rates[name].append(rate)
    with contextlib.ExitStack() as stack:
        joker = stack.enter_context(running(Service("joker", ""), "1", ready="/"))
        model = stack.enter_context(running(Service("model", ""), "1"))
        urls = {"JOKER_URL": joker.url, "MODEL_URL": model.url}
        front = stack.enter_context(running(Service("frontend", ""), "0", ready="/", **urls))
        with urllib.request.urlopen(f"{joker.url}/v1/jokes/random?language=de") as answer:
            reveal = f"/jokes/{json.load(answer)['id']}?guess=sv"
        for turn in range(ROUNDS + 1):
            single = {
                "joker": load.wrk(joker.url, None, seconds, path="/v1/jokes/random", connections=1),
                "model": load.wrk(model.url, bodies, seconds, connections=1),
                "page": load.wrk(front.url, None, seconds, path="/", connections=1),
                "reveal": load.wrk(front.url, None, seconds, path=reveal, connections=1),
            }
            pages = load.wrk(front.url, None, seconds, path="/").rate
            reveals = load.wrk(front.url, None, seconds, path=reveal).rate
            if turn:
                rates["pages"].append(pages)
                rates["reveals"].append(reveals)
                for name, figures in single.items():
                    times[name].append(figures.p50)
    middle = {f"{name}_s": round(statistics.median(each)) for name, each in rates.items()}
    results["services"] = middle | {f"{name}_p50_ms": round(statistics.median(each), 3) for name, each in times.items()}
    print(f"  {results['services']}", flush=True)
