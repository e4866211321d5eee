"""How many pods for how many requests, and what they cost: a table in docs/capacity.md, from the figures."""

import os
from math import ceil
from typing import Any

from servers import ROOT

PAGE = ROOT / "docs" / "capacity.md"
START, END = "<!-- capacity -->\n", "<!-- /capacity -->"

RATES = (1_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
UTILISATION = 0.6
"""Of a pod's core, on average, that the HorizontalPodAutoscaler is told to keep."""
CORES_A_NODE, CORES_FOR_PODS = 16, 15
DOLLARS_A_NODE_HOUR = float(os.environ.get("DOLLARS") or 0.82112)
"""An input: what a node of 16 cores without SMT costs you. The default is from memory and not checked (c7a.4xlarge, on
demand, Linux, us-east-1, 2025)."""
HOURS_A_MONTH = 730


def write(results: dict[str, Any]) -> None:
    """Rewrite the table."""
    run = max(results["rounds"].values(), key=len)
    one = run["punchline"]["req_s"]
    peers = {
        name: row["req_s"] for name, row in run.items() if name not in ("punchline", "bare") and "runtime" not in name
    }
    best = max(peers, key=lambda name: peers[name]) if peers else None
    shared = min(1.0, results["scaling"]["2"] / results["scaling"]["1"] / 2)
    lines = [
        f"A core does {one:,.0f} requests a second in the table of bench/README.md, and {shared:.0%} of that",
        f"beside another busy process. At {UTILISATION:.0%} of a core a pod serves {one * shared * UTILISATION:,.0f}.",
        f"A node costs ${DOLLARS_A_NODE_HOUR:g} an hour.",
        "",
        "| requests a second | pods | nodes | $ a month |" + (f" {best}: pods | $ a month |" if best else ""),
        "|---|---|---|---|" + ("---|---|" if best else ""),
    ]
    for rate in RATES:
        cells = _cells(rate, one * shared)
        more = _cells(rate, peers[best] * shared)[::2] if best else []
        lines.append(f"| {rate:,} | {' | '.join(cells + more)} |")
    text = PAGE.read_text("utf-8")
    before, after = text.partition(START)[0], text.partition(END)[2]
    PAGE.write_text(before + START + "\n".join(lines) + "\n" + END + after, "utf-8")


def _cells(rate: int, capacity: float) -> list[str]:
    pods = max(2, ceil(rate / (capacity * UTILISATION)))
    nodes = max(2, ceil(pods / CORES_FOR_PODS))
    return [f"{pods:,}", f"{nodes:,}", f"{nodes * DOLLARS_A_NODE_HOUR * HOURS_A_MONTH:,.0f}"]
