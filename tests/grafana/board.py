"""The dashboard and the alerts, as far as tests need to know them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "grafana"
ALERTS = FOLDER / "alerts.yml"
README = FOLDER / "README.md"


@dataclass(frozen=True)
class Query:
    """One expression, where it stands, and the labels that what shows it asks for."""

    where: str
    text: str
    shown_labels: frozenset[str] = frozenset()

    def filled(self, window: str = "1m") -> str:
        """The expression as Grafana would send it, for every server."""
        return self.text.replace("$__rate_interval", window).replace("$instance", ".*")

    def compared(self, window: str) -> str:
        """The same without the limit that it is compared with, if there is one."""
        return re.sub(r" (>|>=|==) [\d.]+$", "", self.filled(window))


def dashboard() -> dict[str, Any]:
    """The dashboard's JSON."""
    board: dict[str, Any] = json.loads((FOLDER / "forgesyte.json").read_text())
    return board


def panels() -> list[dict[str, Any]]:
    """Every panel that shows something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def alerts() -> list[dict[str, Any]]:
    """Every alert."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def prometheus_config() -> str:
    """The configuration that the page recommends."""
    found = re.search(r"```yaml\n(global:.*?)```", README.read_text(), re.DOTALL)
    assert found
    return found[1]


def queries() -> list[Query]:
    """Every expression of the dashboard and of the alerts."""
    return [*of_panels(), *of_the_rest(), *of_alerts()]


def of_panels() -> Iterator[Query]:
    """The queries of panels."""
    for panel in panels():
        for target in panel["targets"]:
            labels = re.findall(r"{{(\w+)}}", target["legendFormat"])
            yield Query(f"{panel['title']} {target['refId']}", target["expr"], frozenset(labels))


def of_the_rest() -> Iterator[Query]:
    """The queries of annotations and of the variables at the top."""
    board = dashboard()
    for mark in board["annotations"]["list"]:
        if "expr" in mark:
            yield Query(mark["name"], mark["expr"], frozenset([mark["tagKeys"]]))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert found
            yield Query(variable["name"], found[1], frozenset([found[2]]))


def of_alerts() -> Iterator[Query]:
    """The queries of alerts."""
    for alert in alerts():
        labels = re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values()))
        yield Query(alert["alert"], alert["expr"], frozenset(labels))
