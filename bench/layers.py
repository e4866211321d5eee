"""What each layer costs: the same requests to servers that have one layer more each; and a profile of the whole."""

import re
import statistics
import subprocess
from collections import Counter
from dataclasses import replace
from typing import Any

import load
import texts
from processes import running
from servers import CACHE, ROOT, Server

ROUNDS = 3
LAYERS = {
    "uvicorn": "uvicorn, a constant answer",
    "fastapi": "FastAPI, a constant answer",
    "exporter": "FastAPI with starlette-exporter's middleware",
    "routed": "FastAPI within servicekit's edge: ids, limits, metrics, JSON log",
    "asgi": "a direct route within the edge, behind ASGI",
    "direct": "a direct route within uvicorn's protocol, without the log",
    "logged": "and the log",
    "protocol": "and the Open Inference Protocol",
    "inference": "and inference: the whole service",
}


class Layer(Server):
    """A server of `layered.py`."""

    def command(self, port: int) -> tuple[list[str], Any, dict[str, str]]:
        return [str(self.python), "layered.py", self.name, str(port)], ROOT / "bench", {}


def measure(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """Microseconds a request, which is one over the throughput of a busy core."""
    bodies = texts.bodies(rows[1], 1)
    found: dict[str, list[float]] = {name: [] for name in LAYERS}
    for turn in range(ROUNDS):
        for name in LAYERS:
            with running(Layer(name, "punchline")) as server:
                load.wrk(server.url, bodies, 1)
                rate = load.wrk(server.url, bodies, seconds, start=turn * texts.SINGLE // ROUNDS).rate
                found[name].append(1e6 / rate)
    results["layers"] = {LAYERS[name]: round(statistics.median(times), 1) for name, times in found.items()}
    for name, time in results["layers"].items():
        print(f"  {name:66} {time:7.1f} us a request", flush=True)
    results["profile"] = profile(replace(rows[1]), bodies, seconds)


def profile(own: Server, bodies: Any, seconds: float) -> dict[str, float]:
    """Shares of samples by whose code runs, as py-spy sees it; native code counts for its caller."""
    with running(own) as server:
        load.wrk(server.url, bodies, 1)
        file = CACHE / "profile.txt"
        spy = [
            str(ROOT / ".venv/bin/uv"),
            "tool",
            "run",
            "--from",
            "py-spy==0.4.3",
            "py-spy",
            "record",
            "--format",
            "raw",
        ]
        spy += ["--pid", str(server.pid()), "--rate", "250", "--duration", str(round(seconds)), "--output", str(file)]
        watching = subprocess.Popen(spy, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        load.wrk(server.url, bodies, seconds + 1)
        _, words = watching.communicate()
    if watching.returncode:
        raise SystemExit(f"py-spy: {words.decode().strip()}")
    shares: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        shares[_owner(stack.split(";")[-1])] += int(count)
    return {owner: round(100 * count / shares.total(), 1) for owner, count in shares.most_common()}


def _owner(frame: str) -> str:
    found = re.search(
        r"\((?:.*/)?(servicekit|openinference|model|uvicorn|fastapi|starlette|asyncio|prometheus_client)/([\w/]+)\.py",
        frame,
    )
    if not found:
        return "the event loop and the kernel" if "runners.py" in frame or "asyncio" in frame else "other"
    package, module = found.groups()
    if package == "asyncio":
        return "uvloop, httptools and the kernel"
    return (
        package if package not in ("servicekit", "openinference", "model") else f"{package}.{module.replace('/', '.')}"
    )
