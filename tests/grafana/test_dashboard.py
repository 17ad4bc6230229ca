"""The dashboard's file is one that Grafana loads and a person can read."""

from itertools import combinations
from typing import Any

import pytest

from tests.grafana.board import alerts, dashboard, panels

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24


def name(panel: dict[str, Any]) -> str:
    title: str = panel["title"]
    return title


def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """The cells of the grid that a panel covers."""
    place = panel["gridPos"]
    across = range(place["x"], place["x"] + place["w"])
    down = range(place["y"], place["y"] + place["h"])
    return {(column, line) for column in across for line in down}


def test_panels_have_ids_and_places_of_their_own() -> None:
    everything = dashboard()["panels"]
    ids = [panel["id"] for panel in everything]
    assert len(ids) == len(set(ids))
    covered = {panel["id"]: cells(panel) for panel in everything}
    assert [pair for pair in combinations(ids, 2) if covered[pair[0]] & covered[pair[1]]] == []
    assert all(0 <= column < COLUMNS for place in covered.values() for column, _ in place)


def test_the_dashboard_names_its_schema_and_chooses_its_source() -> None:
    board = dashboard()
    assert (board["uid"], board["id"], board["schemaVersion"]) == ("forgesyte", None, 42)
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "instance"]


@pytest.mark.parametrize("panel", panels(), ids=name)
class TestPanel:
    def test_it_says_what_it_shows(self, panel: dict[str, Any]) -> None:
        assert panel["title"]
        assert panel["description"].endswith(".")

    def test_it_has_a_unit(self, panel: dict[str, Any]) -> None:
        assert panel["fieldConfig"]["defaults"]["unit"]

    def test_its_thresholds_rise_from_nothing(self, panel: dict[str, Any]) -> None:
        if panel["type"] == "heatmap":
            assert "thresholds" not in panel["fieldConfig"]["defaults"]
            return
        first, *others = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        assert first is None
        assert others == sorted(others)

    def test_its_queries_differ_and_go_to_the_chosen_source(self, panel: dict[str, Any]) -> None:
        assert panel["targets"]
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters))
        assert all(target["datasource"] == panel["datasource"] == SOURCE for target in panel["targets"])
        assert all('instance=~"$instance"' in target["expr"] for target in panel["targets"])

    def test_what_is_set_for_one_line_is_set_for_one_there_is(self, panel: dict[str, Any]) -> None:
        lines = {target["legendFormat"] for target in panel["targets"]}
        named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
        by_label = any("{{" in line for line in lines)
        assert by_label or named <= lines


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["annotations"].keys() == {"summary", "description"}
    assert alert["labels"]["severity"] in {"critical", "warning"}
