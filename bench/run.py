"""`make bench`: the model server, bare ASGI and the peers, side by side on this machine.

PEERS (default: all), SECONDS (a measurement, default 4) and ROUNDS (default 3) narrow it; PARTS is what to measure, as
named at the end of this file; DOLLARS is what a node costs you an hour, for docs/capacity.md. Figures go to
results.json, tables and picture to README.md and docs/capacity.md; with RESULTS=FILE figures go there and nothing else
is written.
"""

import json
import os
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import environments
import layers
import load
import numpy as np
import report
import texts
from load import Figures
from processes import Running, ask, running
from servers import ROOT, Server, chosen

import services

RESULTS = Path(__file__).with_name("results.json")
ROUNDS = int(os.environ.get("ROUNDS") or 3)
WARM_SECONDS = 1
CHECKED = 40
OPEN_LOADS = (0.25, 0.5, 0.75)
SENT = 0.99
OVERLOAD, OVERLOAD_SECONDS = 4, 20


def main() -> None:
    seconds = float(os.environ.get("SECONDS") or 4)
    rows = chosen(os.environ.get("PEERS"))
    parts = (os.environ.get("PARTS") or " ".join(PARTS)).replace(",", " ").split()
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"PARTS names {', '.join(sorted(unknown))}: it may have {', '.join(PARTS)}")
    environments.pipeline()
    absent = {}
    for name in dict.fromkeys(row.environment for row in rows):
        if error := environments.make(name):
            print(f"{name} cannot be installed: {error}", flush=True)
            absent[name] = error
    rows = [row for row in rows if row.environment not in absent]
    file = Path(os.environ.get("RESULTS") or RESULTS)
    results = earlier(file, machine())
    if absent:
        results["absent"] = absent
    for part in parts:
        print(f"\n{part}", flush=True)
        PARTS[part](rows, seconds, results)
        results.setdefault("dates", {})[part] = datetime.now(UTC).date().isoformat()
        file.write_text(json.dumps(results, indent=1) + "\n")
    if file == RESULTS:
        report.write(results)


def earlier(file: Path, here: dict[str, Any]) -> dict[str, Any]:
    """What was measured before and stays, which is nothing where that was another machine."""
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    there = results.get("machine", here)
    if (there["cpu"], there["cores"]) != (here["cpu"], here["cores"]):
        print(f"{file.name} is of another machine, {there['cpu']} with {there['cores']} cores: begun anew", flush=True)
        results = {}
    return {**results, "machine": here}


def machine() -> dict[str, Any]:
    """The kind of machine, without names."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(": ")[2] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def rounds(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """Each server in turn, ROUNDS times over: one text a request, then a batch of 32."""
    found: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    for turn in range(ROUNDS):
        for row in rows:
            with running(row) as server:
                check(row, server)
                single, batch = texts.bodies(row, 1), texts.bodies(row, texts.BATCH)
                first = turn * texts.SINGLE // ROUNDS
                warm = load.wrk(server.url, single, WARM_SECONDS, start=first)
                one = load.wrk(server.url, single, seconds, start=first + warm.requests + load.CONNECTIONS)
                many = load.wrk(server.url, batch, seconds, start=turn * texts.BATCHES // ROUNDS)
                measured = {
                    "req_s": one.rate,
                    "p50_ms": one.p50,
                    "p99_ms": one.p99,
                    "p999_ms": one.p999,
                    "batch_rows_s": many.rate * texts.BATCH,
                    "batch_p99_ms": many.p99,
                    "rss_mb": server.megabytes(),
                    "start_s": server.seconds,
                }
            found[row.name].append({key: round(value, 3) for key, value in measured.items()})
            say(row.name, f"{one.rate:9.0f} req/s  p99 {one.p99:8.2f} ms  {many.rate * texts.BATCH:9.0f} rows/s")
    summary = {}
    for row in rows:
        turns = found[row.name]
        middle = {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
        sizes = {
            "version": environments.version(row.environment if row.name != "bare" else "bare"),
            "env_mb": environments.megabytes(row.environment),
        }
        summary[row.name] = {**middle, **sizes, "rounds": turns}
    results.setdefault("rounds", {}).update({" ".join(sorted({r.environment for r in rows})): summary})


def check(row: Server, server: Running) -> None:
    """Every server has to say the same; raises SystemExit otherwise. The bare one says nothing."""
    if row.name == "bare":
        return
    source = texts.texts(seed=1)
    asked = [next(source) for _ in range(CHECKED)]
    alone = [row.probabilities(server.ask(row.request([text]))) for text in asked]
    together = np.array(row.probabilities(server.ask(row.request(asked)))).reshape(CHECKED, -1)
    for found in (np.array(alone), together):
        if not np.allclose(found, expected(asked), atol=1e-5):
            raise SystemExit(f"{row.name} does not give the same answers as the others")


def expected(asked: list[str]) -> Any:
    """What scikit-learn says in this process."""
    import joblib
    from servers import CACHE

    return joblib.load(CACHE / "pipeline.joblib").predict_proba(asked)


def variants(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """The own server with other kinds of requests, in rounds."""
    own = rows[1]
    kinds = {
        "words known": (texts.bodies(own, 1), {}),
        "one word in ten is new": (texts.bodies(own, 1, 0.1), {}),
        "every word is new": (texts.bodies(own, 1, 1.0), {}),
        "with a request id": (texts.bodies(own, 1), {"x-request-id": "bench"}),
        "gzip answer": (texts.bodies(own, 1), {"accept-encoding": "gzip"}),
        "binary in and out": (texts.binary_bodies(), {}),
    }
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    with running(own) as server:
        for turn in range(ROUNDS + 1):
            for kind, (bodies, headers) in kinds.items():
                figures = load.wrk(
                    server.url, bodies, seconds, headers=headers, start=turn * texts.SINGLE // (ROUNDS + 1)
                )
                if turn:  # the first is to warm up
                    found[kind].append(figures.rate)
    results["variants"] = {kind: round(statistics.median(rates)) for kind, rates in found.items()}
    for kind, rate in results["variants"].items():
        say(kind, f"{rate:9} req/s")


def open_loop(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """Latency at fixed rates, as shares of each server's own capacity, which is measured first."""
    found = results.setdefault("open", {})
    for row in rows:
        with running(row) as server:
            bodies = texts.bodies(row, 1)
            load.wrk(server.url, bodies, WARM_SECONDS)
            capacity = load.wrk(server.url, bodies, seconds).rate
            found[row.name] = {"capacity": round(capacity)}
            for share in OPEN_LOADS:
                figures = load.vegeta(server.url, bodies, seconds, capacity * share)
                whole(figures)
                times = {key: round(getattr(figures, key), 3) for key in ("p50", "p99", "p999")}
                # What is sent late is timed from then, so a generator that does not keep up says nothing.
                found[row.name][f"{share:.0%}"] = times if figures.sent >= SENT else None
            say(row.name, json.dumps(found[row.name]))


def whole(figures: Figures, may_refuse: bool = False) -> None:
    """Any error makes a run void; so does an answer 503, except where that is what one of too many should get."""
    if figures.errors or (figures.refused and not may_refuse):
        raise SystemExit(f"{figures.errors} errors and {figures.refused} refusals: the run is void")


def overload(rows: list[Server], seconds: float, results: dict[str, Any]) -> None:
    """Four times what this server can do, for 20 s: texts one by one, in batches, and so many that threads are used."""
    own = rows[1]
    results["overload"] = {}
    for kind, count in (("one text", 1), ("32 texts", texts.BATCH), ("256 texts", 8 * texts.BATCH)):
        bodies = texts.bodies(own, count)
        with running(own) as server:
            load.wrk(server.url, bodies, WARM_SECONDS)
            capacity = most(server.url, bodies, seconds)
            before = server.megabytes()
            figures = load.vegeta(server.url, bodies, OVERLOAD_SECONDS, OVERLOAD * capacity, connections=1024)
            whole(figures, may_refuse=True)
            after = most(server.url, bodies, seconds)
            ask(server.url, own.request(["Warum ist das so?"]))
            results["overload"][kind] = {
                "capacity": round((capacity + after) / 2),
                "goodput": round(2 * figures.rate / (capacity + after), 3),
                "refused": figures.refused,
                "errors": figures.errors,
                "p50_ms": round(figures.p50, 1),
                "p99_ms": round(figures.p99, 1),
                "rss_mb": [before, server.megabytes()],
                "right_after": round(after / capacity, 3),
            }
        say(kind, json.dumps(results["overload"][kind]))


def most(url: str, bodies: Path, seconds: float) -> float:
    """The capacity, by the generator of the overload; no request is one too many over so few connections."""
    figures = load.vegeta(url, bodies, seconds, 0)
    whole(figures)
    return figures.rate


def say(name: str, words: str) -> None:
    print(f"  {name:32} {words}", flush=True)


PARTS = {
    "rounds": rounds,
    "variants": variants,
    "open": open_loop,
    "overload": overload,
    "layers": layers.measure,
    "scaling": services.scaling,
    "services": services.measure,
}

if __name__ == "__main__":
    os.chdir(ROOT)
    main()
