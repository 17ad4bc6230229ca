"""Every query of the dashboard and every alert, asked of what a real server tells."""

import asyncio
import math
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require_tool
from tests.grafana.board import ALERTS, Query, prometheus_config, queries
from tests.grafana.prometheus import Prometheus, running_prometheus, short_steps
from tests.grafana.promql import Page, faults
from tests.grafana.traffic import one_round
from tests.streaming.live import LiveServer

# A network that batches needs a GPU.
WITHOUT_DATA = {"Batch size A", "Batch size B"}
SCRAPES = 4
PATIENCE_S = 60.0


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.where)
def test_a_query_asks_for_what_there_is(query: Query, page: Page) -> None:
    assert faults(query.filled(), page, query.shown_labels) == []


def test_every_metric_of_the_stream_and_of_jobs_is_shown(page: Page) -> None:
    asked = " ".join(query.text for query in queries())
    ours = {name for name, series in page.series.items() if name.startswith(("stream_", "jobs"))}
    bases = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in ours}
    # An operator sees these as a kind of stream_answers_total.
    elsewhere = {"stream_frames_dropped_total"}
    shown = {base for base in bases if base in asked}
    assert {base for base in bases - shown - elsewhere if not base.endswith("_created")} == set()


async def test_a_real_prometheus_answers_every_query(server: LiveServer, tmp_path: Path) -> None:
    config = short_steps(prometheus_config(), f"127.0.0.1:{server.port}", ALERTS)
    with running_prometheus(tmp_path, config) as prometheus:
        await watch_some_traffic(server, prometheus)
        empty = {query.where for query in queries() if not tells(prometheus, query)}
        raised = alerts_raised(prometheus)
    assert empty == WITHOUT_DATA
    assert {"StreamFails", "HttpFails"} <= raised, "so it was"
    assert not raised & {"ForgeSyteDown", "FilesRunOut", "JobsWait", "JobWorkersDie"}


async def watch_some_traffic(server: LiveServer, prometheus: Prometheus) -> None:
    """Keep the server busy until Prometheus has looked often enough and raised alerts."""
    looks = "count_over_time(stream_sessions_active[1m])"
    async with asyncio.timeout(PATIENCE_S):
        while max(numbers(prometheus.query(looks)), default=0) < SCRAPES or not alerts_raised(prometheus):
            await one_round(server)


def tells(prometheus: Prometheus, query: Query) -> bool:
    """True if the query answers with a number; of an alert, if what it compares does."""
    return bool(numbers(prometheus.query(query.compared("10s"))))


def numbers(series: list[dict[str, Any]]) -> list[float]:
    """The values of all series that have one."""
    values = [float(found["value"][1]) for found in series]
    return [value for value in values if not math.isnan(value)]


def alerts_raised(prometheus: Prometheus) -> set[str]:
    """The alerts that hold, for however long."""
    return {rule["metric"]["alertname"] for rule in prometheus.query("ALERTS")}


def test_promtool_accepts_the_alerts_and_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(prometheus_config())
    (tmp_path / "alerts.yml").write_text(ALERTS.read_text())
    command = [require_tool("promtool", "prometheus"), "check", "config", "prometheus.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
