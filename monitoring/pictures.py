"""Draws the dashboards from a real Prometheus' answers to their own queries: `make pictures`.

A picture says what data a panel has, not how Grafana paints it.
"""

import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from monitoring.queries import DASHBOARDS, ROOT, filled, panels
from monitoring.scenarios import SCENARIOS, watched
from monitoring.stack import Prometheus

OUT = ROOT / "docs/pictures/dashboards"
CALM_SECONDS = 20.0
"""Of traffic before the first fault, so that a picture shows what is usual, too."""

Series = list[tuple[str, list[tuple[float, float]]]]

STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "grid.alpha": 0.3,
    "font.size": 7,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
}
UNITS = {
    "percentunit": lambda value, _=None: f"{value * 100:.4g} %",
    "s": lambda value, _=None: f"{value * 1000:.3g} ms" if abs(value) < 1 else f"{value:.3g} s",
    "bytes": lambda value, _=None: f"{value / 2**20:.0f} MiB",
    "reqps": lambda value, _=None: f"{value:.3g}/s",
    "short": lambda value, _=None: f"{value:.4g}",
}


def main() -> None:
    """Play the scenarios, ask every panel's queries for all of that time, draw."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, watched(Path(directory)) as system:
        begin = time.time()
        marks: list[tuple[float, str]] = []
        for name, play in SCENARIOS.items():
            if name != "traffic":
                marks.append((time.time() - begin, name))
            play(system)
            time.sleep(CALM_SECONDS if name == "traffic" else 8)
        seconds = time.time() - begin
        for path in DASHBOARDS:
            draw(path, system.prometheus, seconds, marks)


def draw(path: Path, prometheus: Prometheus, seconds: float, marks: list[tuple[float, str]]) -> None:
    """One picture of a dashboard: its panels that show something over time, as bars, or as single values."""
    board = json.loads(path.read_text())
    shown = panels(board)
    columns = 3
    rows = math.ceil(len(shown) / columns)
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(rows, columns, figsize=(15, 2.7 * rows + 0.8), layout="constrained", squeeze=False)
        for axes, panel in zip(grid.flat, shown, strict=False):
            draw_panel(axes, panel, prometheus, seconds, marks)
        for axes in grid.flat[len(shown) :]:
            axes.axis("off")
        figure.suptitle(
            f"{board['title']} - drawn from Prometheus' answers to the dashboard's queries, during {seconds:.0f} s of"
            " traffic with faults; not a screenshot of Grafana",
            fontsize=9,
        )
        figure.savefig(OUT / f"{path.stem}.png", dpi=80)
        plt.close(figure)
    print(f"docs/pictures/dashboards/{path.stem}.png")


def draw_panel(
    axes: Axes, panel: dict[str, Any], prometheus: Prometheus, seconds: float, marks: list[tuple[float, str]]
) -> None:
    """A panel in the nearest form there is."""
    unit = UNITS[panel["fieldConfig"]["defaults"]["unit"]]
    axes.set_title(panel["title"])
    if panel["type"] in {"stat", "table", "bargauge"}:
        draw_values(axes, panel, answers(panel, prometheus, None), unit)
        return
    found = answers(panel, prometheus, seconds)
    if panel["type"] == "heatmap":
        draw_heatmap(axes, found)
    elif stacked(panel):
        draw_stack(axes, found)
    else:
        for name, points in found:
            dashed = name.endswith((" limit", " the hour before"))
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1, linestyle="--" if dashed else "-")
    for at, name in marks:
        axes.axvline(at, color="grey", linewidth=0.6, linestyle=":")
        axes.annotate(
            name, (at, 1), xycoords=("data", "axes fraction"), fontsize=5, rotation=90, va="top", color="grey"
        )
    axes.set_xlim(0, seconds)
    if panel["type"] != "heatmap":
        axes.yaxis.set_major_formatter(FuncFormatter(unit))
        if "log" in json.dumps(panel["fieldConfig"]["defaults"].get("custom", {}).get("scaleDistribution", {})):
            axes.set_yscale("symlog")
        if panel["title"] == "Burn rate":
            axes.set_yscale("symlog")
        if panel["fieldConfig"]["defaults"].get("min") == 0:
            axes.set_ylim(bottom=0)
        if len(found) <= 15:
            axes.legend(fontsize=5, loc="upper left", ncols=1 + len(found) // 6, framealpha=0.6)


def stacked(panel: dict[str, Any]) -> bool:
    """Whether its lines lie on each other."""
    custom = panel["fieldConfig"]["defaults"].get("custom", {})
    return bool(custom.get("stacking", {}).get("mode") == "normal")


def answers(panel: dict[str, Any], prometheus: Prometheus, seconds: float | None) -> Series:
    """By legend the points of each series, as (seconds since the begin, value); single values at 0."""
    found: Series = []
    end = time.time()
    for target in panel["targets"]:
        expr = filled(target["expr"], "10s", f"{int(seconds or 120)}s")
        data = prometheus.query(expr, (seconds, 1.0) if seconds else None)
        for series in data["result"]:
            samples = series.get("values") or [series["value"]]
            begin = end - (seconds or 0)
            points = [(float(at) - begin, float(text)) for at, text in samples if math.isfinite(float(text))]
            if points:
                found.append((legend(target, series["metric"]), points))
    return found


def legend(target: dict[str, Any], labels: dict[str, str]) -> str:
    """What Grafana writes beside a series."""
    text: str = target["legendFormat"]
    if text == "__auto":
        return f"{target['refId']} " + " ".join(
            v for k, v in sorted(labels.items()) if k not in {"__name__", "namespace"}
        )
    for name in labels:
        text = text.replace(f"{{{{{name}}}}}", labels[name])
    return " ".join(text.replace("{{window}}", "").replace("{{service}}", "").split())


def draw_values(axes: Axes, panel: dict[str, Any], found: Series, unit: Any) -> None:
    """Single values as text: of a stat and a table, each with its unit; of bars, as bars."""
    if panel["type"] == "bargauge":
        names, values = [name for name, _ in found], [points[-1][1] for _, points in found]
        axes.barh(names, values)
        axes.tick_params(axis="y", labelsize=4)
        return
    axes.axis("off")
    units = {o["matcher"]["options"][-1]: o["properties"][0]["value"] for o in panel["fieldConfig"]["overrides"]}
    lines = []
    for name, points in found:
        form = UNITS[units[name[0]]] if panel["type"] == "table" and units.get(name[0]) in UNITS else unit
        lines.append((name, form(points[-1][1])))
    size = 12 if len(lines) <= 4 else 5.5
    for number, (name, value) in enumerate(lines[:24]):
        y = 0.92 - number * (0.22 if len(lines) <= 4 else 0.042)
        axes.text(0.02, y, name, fontsize=size * 0.8, va="top", transform=axes.transAxes)
        axes.text(0.98, y, value, fontsize=size, va="top", ha="right", transform=axes.transAxes)


def draw_stack(axes: Axes, found: Series) -> None:
    times = sorted({at for _, points in found for at, _ in points})
    values = [[dict(points).get(at, 0.0) for at in times] for _, points in found]
    axes.stackplot(times, values, labels=[name for name, _ in found], alpha=0.7)


def draw_heatmap(axes: Axes, found: Series) -> None:
    """Prometheus' buckets are cumulative: a cell is the difference to the one below."""
    buckets = sorted(found, key=lambda pair: float(pair[0]))
    times = sorted({at for _, points in buckets for at, _ in points})
    rows, below = [], [0.0] * len(times)
    for _, points in buckets:
        counts = [dict(points).get(at, 0.0) for at in times]
        rows.append([max(0.0, count - lower) or math.nan for count, lower in zip(counts, below, strict=True)])
        below = counts
    axes.pcolormesh(times, range(len(buckets)), rows, cmap="Oranges", shading="nearest")
    axes.set_yticks(range(len(buckets)), [f"≤ {name}" for name, _ in buckets], fontsize=5)
    axes.grid(visible=False)


if __name__ == "__main__":
    main()
