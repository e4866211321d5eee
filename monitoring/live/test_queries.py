"""Every query of every dashboard and rule, put to a Prometheus that scrapes the services under traffic and faults."""

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from monitoring.queries import DASHBOARDS, ROOT, all_rules, dashboard_queries
from monitoring.scenarios import SCENARIOS, watched
from monitoring.stack import Prometheus

INTERVAL, RANGE = "5s", "30s"
"""For $__rate_interval and $__range, at a scrape a second."""

SHOWN_SECONDS, STEP = 60.0, 1.0
"""What a panel over time looks at."""

EVAL_SECONDS = 0.1
"""What a query may take Prometheus, by its own clock. The best of three counts: the machine has other things to do."""

FILLED_BY: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "monitoring/scenarios.yaml").read_text())


@dataclass(frozen=True)
class Asked:
    """A query as Prometheus gets it. An `instant` one is asked for now, others for the last minute."""

    file: str
    item: str
    place: str
    expr: str
    instant: bool


@dataclass
class Outcome:
    """What came of a query: `values` of all series, `seconds` that it took."""

    values: list[float] = field(default_factory=list)
    seconds: float = math.inf
    error: str = ""


def asked() -> list[Asked]:
    queries = [query for path in DASHBOARDS for query in dashboard_queries(path, INTERVAL, RANGE)]
    return [Asked(query.file, query.item, query.place, query.expr, query.instant) for query in queries] + [
        Asked(rule.file, rule.name, f"{rule.place} {rule.own_labels or ''}", rule.expr, True) for rule in all_rules()
    ]


ASKED = asked()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[Asked, Outcome]:
    """Every query's outcome after the scenario that is to fill it."""
    found: dict[Asked, Outcome] = {}
    with watched(tmp_path_factory.mktemp("prometheus")) as system:
        for name, play in SCENARIOS.items():
            play(system)
            for query in ASKED:
                if FILLED_BY.get(query.file, {}).get(query.item) == name:
                    found[query] = outcome(system.prometheus, query)
    return found


def outcome(prometheus: Prometheus, query: Asked) -> Outcome:
    result = Outcome()
    for _ in range(3):
        try:
            data = prometheus.query(query.expr, None if query.instant else (SHOWN_SECONDS, STEP))
        except AssertionError as error:
            result.error = str(error)
            break
        result.seconds = min(result.seconds, data["stats"]["timings"]["evalTotalTime"])
        result.values = [value for series in data["result"] for value in numbers(series)]
        if result.seconds <= EVAL_SECONDS:
            break
    return result


def numbers(series: dict[str, Any]) -> list[float]:
    samples = series.get("values") or [series["value"]]
    return [number for _, text in samples if math.isfinite(number := float(text))]


def test_every_query_has_a_scenario_and_every_scenario_a_query() -> None:
    assert {(file, item) for file, items in FILLED_BY.items() for item in items} == {(q.file, q.item) for q in ASKED}
    assert {name for items in FILLED_BY.values() for name in items.values()} == set(SCENARIOS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("query", ASKED, ids=lambda query: query.place)
def test_the_query_has_data(outcomes: dict[Asked, Outcome], query: Asked) -> None:
    result = outcomes[query]
    after = f"after '{FILLED_BY[query.file][query.item]}': {query.expr}"
    assert not result.error, result.error
    assert result.values, f"no data {after}"
    # ServiceDown's value is the number of instances that answer.
    assert any(result.values) or query.item == "ServiceDown", f"nothing but zeros {after}"


@pytest.mark.timeout(300)
def test_no_query_takes_long(outcomes: dict[Asked, Outcome]) -> None:
    slowest = sorted(outcomes.items(), key=lambda pair: -pair[1].seconds)[:5]
    for query, result in slowest:
        print(f"{result.seconds * 1000:6.1f} ms  {query.place}")
    assert slowest[0][1].seconds <= EVAL_SECONDS
