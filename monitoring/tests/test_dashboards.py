"""What Grafana expects of a dashboard, and what a reader does: held here, since no Grafana is asked."""

import json
import re
from collections import Counter

import pytest

from monitoring.queries import DASHBOARDS, ROOT, panels

UNITS = {"short", "reqps", "percentunit", "s", "bytes"}

LOADED = [(path.name, json.loads(path.read_text())) for path in DASHBOARDS]
PANELS = [
    pytest.param(panel, id=f"{name} {panel['title']} {panel['type']}")
    for name, board in LOADED
    for panel in panels(board)
]

CLASSIC_SCHEMA = 42
"""Of Grafana 12.2 and later; 13 reads it as it is."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@pytest.fixture(params=LOADED, ids=lambda pair: pair[0])
def board(request):
    return request.param[1]


def test_there_are_the_four():
    assert {name for name, _ in LOADED} == {"services.json", "calls.json", "model.json", "slo.json"}
    assert len({board["uid"] for _, board in LOADED}) == 4


def test_the_frame_of_a_dashboard(board):
    assert board["schemaVersion"] == CLASSIC_SCHEMA
    assert board["uid"].startswith("punchline-")
    assert "id" not in board  # Grafana gives it; one that is set may be another dashboard's
    assert board["timezone"] == "browser"
    assert board["title"]
    assert board["description"]
    assert board["time"]
    assert board["refresh"]


def test_its_variables(board):
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert list(variables)[:3] == ["datasource", "namespace", "service"]
    source = variables.pop("datasource")
    assert (source["type"], source["query"], source["current"]["value"]) == ("datasource", "prometheus", "prometheus")
    for variable in variables.values():
        assert variable["includeAll"], variable["name"]
        assert variable["allValue"] == ".+", variable["name"]
        assert variable["multi"], variable["name"]
        assert variable["current"]["value"] == ["$__all"], variable["name"]
        assert variable["datasource"] == DATASOURCE


def test_panels_have_ids_of_their_own_and_do_not_overlap(board):
    assert max(Counter(panel["id"] for panel in board["panels"]).values()) == 1
    taken = Counter(
        (x, y)
        for panel in board["panels"]
        for box in [panel["gridPos"]]
        for x in range(box["x"], box["x"] + box["w"])
        for y in range(box["y"], box["y"] + box["h"])
    )
    assert max(taken.values()) == 1
    assert max(x for x, _ in taken) < 24


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["datasource"] == DATASOURCE
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
    for target in panel["targets"]:
        assert target["datasource"] == DATASOURCE
        assert target["instant"] is not target["range"]
        assert "$namespace" in target["expr"] or "$service" in target["expr"]
        # A fixed window under a rate leaves gaps when the scrape interval is longer, and hides detail when it is not.
        assert "rate(" not in target["expr"] or "$__rate_interval" in target["expr"] or "$__range" in target["expr"]
    for override in panel["fieldConfig"]["overrides"]:
        # Without slashes Grafana puts ^ and $ around it, and it matches whole names only.
        if override["matcher"]["id"] == "byRegexp":
            assert re.fullmatch(r"/.+/", override["matcher"]["options"])
    if panel["type"] in {"stat", "bargauge"}:
        # Grafana's own turn red at 80.
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    for mapping in panel["fieldConfig"]["defaults"].get("mappings", []):
        # A mapping's color wins over an override's.
        assert not any("color" in value for value in mapping["options"].values())
    for link in panel.get("links", []):
        assert (ROOT / link["url"].partition("/main/")[2]).is_file(), link["url"]


TABLES = [panel for panel in PANELS if panel.values[0]["type"] == "table" and len(panel.values[0]["targets"]) > 1]


@pytest.mark.parametrize("panel", TABLES)
def test_the_queries_of_a_table_make_one_row(panel):
    """`merge` joins what has the same labels, and the metric's name is one, unless an aggregation takes it away."""
    assert panel["transformations"][0]["id"] == "merge"
    for target in panel["targets"]:
        assert re.match(r"\(*(sum|max|count|topk\(\d+, sum|histogram_quantile)\b", target["expr"])


def test_every_alert_is_linked_from_a_panel():
    linked = {
        link["url"].rpartition("/")[2] for _, board in LOADED for p in panels(board) for link in p.get("links", [])
    }
    assert linked == {path.name for path in (ROOT / "docs/runbooks").glob("*.md")}
