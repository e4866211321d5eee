"""Load by wrk (closed loop: as fast as it is answered) and vegeta (open loop: at a rate, whatever is answered)."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from processes import LOAD_CORE
from servers import CACHE, INFER

CONNECTIONS = 16
IN_FLIGHT = 64
"""Most that vegeta sends before the first of them is answered: what comes after is sent late. With many more it opens
connections in bursts after each of its own hiccups, and on one core times itself."""
TARGETS = 20_000
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figures:
    """Latencies in milliseconds. `refused` are answers 503, `sent` the share of what vegeta should send."""

    requests: int
    seconds: float
    errors: int
    p50: float
    p99: float
    p999: float
    refused: int = 0
    sent: float = 1

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def wrk(
    url: str,
    bodies: Path | None,
    seconds: float,
    *,
    path: str = INFER,
    connections: int = CONNECTIONS,
    start: int = 0,
    headers: Mapping[str, str] | None = None,
    core: int = LOAD_CORE,
) -> Figures:
    """One thread that keeps `connections` busy; GET without `bodies`. Raises SystemExit when any answer is an error."""
    command = [_tool("wrk", "apt install wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    sent = [f"{name}={value}" for name, value in (headers or {}).items()]
    arguments = [str(bodies or "-"), str(start), *sent]
    done = _run([*command, "-s", str(HERE / "infer.lua"), url + path, "--", *arguments], core)
    figures = Figures(**json.loads(done.splitlines()[-1]))
    if figures.errors:
        raise SystemExit(f"{figures.errors} of {figures.requests} requests to {url} failed: the run is void")
    return figures


def vegeta(url: str, bodies: Path, seconds: float, rate: float, connections: int = IN_FLIGHT) -> Figures:
    """`rate` requests a second at even distances, whatever is answered; 0: as fast as `connections` are answered.

    503 is counted apart from errors. Raises SystemExit when all were errors or refused.
    """
    program = _tool("vegeta", "go install github.com/tsenart/vegeta/v12@v12.12.0")
    targets, found = CACHE / "targets.jsonl", CACHE / "vegeta.bin"
    with bodies.open("rb") as lines, targets.open("w") as out:
        for line in islice(lines, TARGETS):
            body = base64.b64encode(line.rstrip()).decode()
            header = {"Content-Type": ["application/json"]}
            out.write(json.dumps({"method": "POST", "url": url + INFER, "header": header, "body": body}) + "\n")
    command = [program, "attack", "-format=json", "-lazy=false", f"-targets={targets}", f"-output={found}"]
    whole_seconds = max(1, round(seconds))
    command += [f"-rate={round(rate)}/1s", f"-duration={whole_seconds}s", "-timeout=10s"]
    _run([*command, f"-connections={connections}", f"-max-connections={connections}", f"-max-workers={connections}"])
    rows = [line.split(",")[:3] for line in _run([program, "encode", "--to=csv", str(found)]).splitlines()]
    times, codes, latencies = (np.array([int(row[i]) for row in rows]) for i in range(3))
    good = codes == 200
    if not good.any():
        raise SystemExit(f"no request to {url} was answered with 200")
    p50, p99, p999 = (float(value) / 1e6 for value in np.percentile(latencies[good], (50, 99, 99.9)))
    whole = float((times + latencies).max() - times.min()) / 1e9
    refused = int((codes == 503).sum())
    errors = len(codes) - int(good.sum()) - refused
    sent = len(codes) / (round(rate) * whole_seconds) if rate else 1
    return Figures(int(good.sum()), whole, errors, p50, p99, p999, refused, sent)


def _tool(name: str, how: str) -> str:
    path = shutil.which(name, path=f"{CACHE}/tools/bin:/usr/local/bin:/usr/bin:/bin") or shutil.which(name)
    if not path:
        raise SystemExit(f"{name} is needed to make load: {how}")
    return path


def _run(command: list[str], core: int = LOAD_CORE) -> str:
    done = subprocess.run(["taskset", "-c", str(core), *command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
