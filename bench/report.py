"""Tables for README.md, between its markers, and the picture beside it, from the figures."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import capacity

README = Path(__file__).with_name("README.md")
PICTURE = Path(__file__).with_name("throughput.svg")
OWN, BARE = "punchline", "bare"

Row = list[str]


def write(results: dict[str, Any]) -> None:
    """Rewrite what is generated; parts that were not measured keep what they say."""
    text = README.read_text("utf-8")
    for name, table in SECTIONS.items():
        if name in results:
            words = f"{table(results[name])}\n\n{_when(results, name)}"
            start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
            before, after = text.partition(start)[0], text.partition(end)[2]
            text = f"{before}{start}{words}\n{end}{after}"
    README.write_text(text, "utf-8")
    if {"rounds", "scaling"} <= set(results):
        capacity.write(results)
    if "rounds" in results:
        PICTURE.write_text(picture(results["rounds"]), "utf-8")


def _when(results: dict[str, Any], part: str) -> str:
    on = results["machine"]
    date = results["dates"]["layers" if part == "profile" else part]
    return f"{date}, {on['cpu']}, {on['cores']} cores, Python {on['python']}, {on['system']}."


def rounds(runs: dict[str, Any]) -> str:
    return "\n\n".join(_run(run) for run in runs.values())


def _run(run: dict[str, Any]) -> str:
    own = run[OWN]
    head = [
        "server",
        "version",
        "req/s",
        "spread",
        "ours is",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "32 a request: rows/s",
        "ours is",
    ]
    rows = [[*head, "memory MB", "ready s", "environment MB"]]
    for name, row in sorted(run.items(), key=lambda item: -item[1]["req_s"]):
        rates = [turn["req_s"] for turn in row["rounds"]]
        spread = f"±{(max(rates) - min(rates)) / 2 / row['req_s']:.0%}"
        cells = [f"**{name}**" if name == OWN else name, row["version"], f"{row['req_s']:,.0f}", spread]
        cells += [
            f"{own['req_s'] / row['req_s']:.1f}x",
            f"{row['p50_ms']:.2f}",
            f"{row['p99_ms']:.2f}",
            f"{row['p999_ms']:.2f}",
        ]
        batch = (
            ["", ""]
            if name == BARE
            else [f"{row['batch_rows_s']:,.0f}", f"{own['batch_rows_s'] / row['batch_rows_s']:.1f}x"]
        )
        rows.append([*cells, *batch, f"{row['rss_mb']:.0f}", f"{row['start_s']:.1f}", f"{row['env_mb']}"])
    return _table(rows) + "\n\n" + _goals(run)


def _goals(run: dict[str, Any]) -> str:
    own, bare = run[OWN], run[BARE]
    peers = {name: row for name, row in run.items() if name not in (OWN, BARE)}
    rows = [["", "of bare ASGI", "throughput", "p99", "rows/s in batches of 32"]]
    for words, kept in (("the best peer", "sklearn"), ("the best peer with this runtime within", "punchline")):
        chosen = [row for name, row in peers.items() if ("runtime" in name) == (kept == "punchline")]
        if chosen:
            rows.append(
                [
                    f"against {words}",
                    f"{own['req_s'] / bare['req_s']:.2f}",
                    f"{own['req_s'] / max(row['req_s'] for row in chosen):.1f}x",
                    f"1/{min(row['p99_ms'] for row in chosen) / own['p99_ms']:.1f}",
                    f"{own['batch_rows_s'] / max(row['batch_rows_s'] for row in chosen):.1f}x",
                ]
            )
    return _table(rows)


def variants(found: dict[str, int]) -> str:
    first = next(iter(found.values()))
    rows = ([kind, f"{rate:,}", f"{rate / first:.2f}"] for kind, rate in found.items())
    return _table([["request", "req/s", "of the first"], *rows])


def open_loop(found: dict[str, Any]) -> str:
    rows = [["server", "capacity, req/s", *(f"at {share}: p50 / p99 / p99.9 ms" for share in ("25%", "50%", "75%"))]]
    for name, at in found.items():
        shares = [
            " / ".join(f"{at[share][key]:.2f}" for key in ("p50", "p99", "p999")) if at[share] else "void"
            for share in ("25%", "50%", "75%")
        ]
        rows.append([name, f"{at['capacity']:,}", *shares])
    return _table(rows)


def overload(found: dict[str, Any]) -> str:
    keys = {
        "capacity": "capacity, req/s",
        "goodput": "goodput / capacity",
        "refused": "answered 503",
        "errors": "errors",
        "p50_ms": "p50 ms",
        "p99_ms": "p99 ms",
        "rss_mb": "memory MB before, after",
        "right_after": "capacity right after",
    }
    return _table([["request", *keys.values()], *([k, *(str(v[key]) for key in keys)] for k, v in found.items())])


def layers(found: dict[str, float]) -> str:
    return _table([["server", "us a request"], *([name, f"{time:.1f}"] for name, time in found.items())])


def profile(found: dict[str, float]) -> str:
    rows = ([name, f"{share:.1f} %"] for name, share in found.items() if share >= 1)
    return _table([["code", "share of samples"], *rows])


def scaling(found: dict[str, int]) -> str:
    return _table([["processes", "req/s", ""], *([n, f"{r:,}", f"{r / found['1']:.2f}x"] for n, r in found.items())])


def services(found: dict[str, float]) -> str:
    return _table(
        [
            ["", ""],
            *(
                [name.replace("_s", ", requests a second").replace("_p50_ms", ", p50 in ms"), f"{value:,}"]
                for name, value in found.items()
            ),
        ]
    )


def _table(rows: list[Row]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture(runs: dict[str, Any]) -> str:
    """Throughput as bars, as long as the rates are."""
    run = max(runs.values(), key=len)
    rows = sorted(((name, row["req_s"]) for name, row in run.items()), key=lambda item: -item[1])
    most, step, left, width = rows[0][1], 26, 250, 430
    parts = []
    for i, (name, rate) in enumerate(rows):
        y = 20 + i * step
        colour = {OWN: "#0a7d5a", BARE: "#9aa0a6"}.get(name, "#c2703d")
        parts.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>')
        parts.append(
            f'<rect x="{left}" y="{y}" width="{max(1, width * rate / most):.0f}" height="18" fill="{colour}"/>'
        )
        parts.append(f'<text x="{left + width * rate / most + 6:.0f}" y="{y + 13}">{rate:,.0f}</text>')
    height = 30 + len(rows) * step
    style = "text{font:13px system-ui,sans-serif;fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
    title = "Requests a second, one text each, one core"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {height}" role="img" aria-label="{title}">'
        f"<style>{style}</style><title>{title}</title>{''.join(parts)}</svg>\n"
    )


SECTIONS: dict[str, Callable[[Any], str]] = {
    "rounds": rounds,
    "variants": variants,
    "open": open_loop,
    "overload": overload,
    "layers": layers,
    "profile": profile,
    "scaling": scaling,
    "services": services,
}
