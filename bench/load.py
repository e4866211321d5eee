"""Load by wrk (closed loop: as fast as it is answered) and oha (open loop: at a rate, whatever is answered)."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import LOAD_CORE
from servers import CACHE, INFER

CONNECTIONS = 16
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figures:
    """Latencies in milliseconds. `refused` are answers 503."""

    requests: int
    seconds: float
    errors: int
    p50: float
    p99: float
    p999: float
    refused: int = 0

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


def oha(url: str, bodies: Path, seconds: float, rate: float, connections: int = 64) -> Figures:
    """`rate` requests a second, each timed from when it was due. Refusals (503) are counted apart."""
    command = [_tool("oha", "cargo install oha"), "--no-tui", "--output-format", "json"]
    command += ["-z", f"{max(1, round(seconds))}s"]
    command += ["-q", str(round(rate)), "--latency-correction", "-c", str(connections), "-m", "POST", "-w"]
    done = json.loads(_run([*command, "-H", "content-type: application/json", "-Z", str(bodies), url + INFER]))
    codes: dict[str, int] = done["statusCodeDistribution"]
    good, refused = codes.get("200", 0), codes.get("503", 0)
    errors = sum(codes.values()) - good - refused + _failed(done["errorDistribution"])
    at = done["latencyPercentiles"]
    p50, p99, p999 = (1000 * (at[key] or 0) for key in ("p50", "p99", "p99.9"))
    return Figures(good, done["summary"]["total"], errors, p50, p99, p999, refused)


def _failed(errors: dict[str, int]) -> int:
    return sum(count for reason, count in errors.items() if "deadline" not in reason)  # cut off by the end of the run


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
