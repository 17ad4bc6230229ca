"""Each alert is raised by what it is for, and by nothing less; Prometheus' own tool plays it through."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import require_tool
from tests.grafana.board import ALERTS, alerts

SERVER = 'instance="a:8000",job="forgesyte"'
OF_SERVER = f"{{{SERVER}}}"


@dataclass(frozen=True)
class Case:
    """Series, one sample a minute in promtool's own notation, that must raise an alert and that must not."""

    alert: str
    raising: dict[str, str]
    silent: dict[str, str]
    at: str = "20m"


def ages(slow_seconds: int) -> dict[str, str]:
    """Sixty frames a minute, of which so many are older than a second."""
    name = "stream_frame_age_seconds_bucket"
    return {
        f'{name}{{le="0.5",{SERVER}}}': f"0+{60 - slow_seconds}x60",
        f'{name}{{le="1.0",{SERVER}}}': "0+60x60",
        f'{name}{{le="+Inf",{SERVER}}}': "0+60x60",
    }


def delays(late: int) -> dict[str, str]:
    """240 beats a minute, of which so many are late by more than a tenth of a second."""
    name = "stream_loop_delay_seconds_bucket"
    return {
        f'{name}{{le="0.1",{SERVER}}}': f"0+{240 - late}x60",
        f'{name}{{le="0.5",{SERVER}}}': "0+240x60",
        f'{name}{{le="+Inf",{SERVER}}}': "0+240x60",
    }


def answers(results: int, dropped: int) -> dict[str, str]:
    name = "stream_answers_total"
    return {
        f'{name}{{kind="result",{SERVER}}}': f"0+{results}x60",
        f'{name}{{kind="dropped",{SERVER}}}': f"0+{dropped}x60",
    }


def responses(good: int, bad: int) -> dict[str, str]:
    name = "django_http_responses_total_by_status_total"
    return {
        f'{name}{{status="200",{SERVER}}}': f"0+{good}x60",
        f'{name}{{status="500",{SERVER}}}': f"0+{bad}x60",
    }


def errors(code: str) -> dict[str, str]:
    """One error after a quarter of an hour without."""
    return {f'stream_errors_total{{code="{code}",{SERVER}}}': "0x17 1x60"}


def files(used: int) -> dict[str, str]:
    return {f"process_open_fds{OF_SERVER}": f"{used}x60", f"process_max_fds{OF_SERVER}": "1000x60"}


CASES = [
    Case("ForgeSyteDown", {f"up{OF_SERVER}": "1x10 0x60"}, {f"up{OF_SERVER}": "1x60"}),
    Case("StreamFails", errors("internal_error"), errors("idle_timeout")),
    Case("PicturesAreOld", ages(slow_seconds=6), ages(slow_seconds=2)),
    Case("StreamOverloaded", answers(40, 60), answers(60, 40)),
    Case("EventLoopLate", delays(late=20), delays(late=5)),
    Case("HttpFails", responses(90, 10), responses(98, 2)),
    Case("FilesRunOut", files(900), files(700)),
    Case(
        "NoWorkers",
        {f"jobs_workers_missing{OF_SERVER}": "1x60"},
        {f"jobs_workers_missing{OF_SERVER}": "0x60"},
    ),
    Case(
        "JobsWait",
        {f"jobs_oldest_waiting_seconds{OF_SERVER}": "0+60x60"},
        {f"jobs_oldest_waiting_seconds{OF_SERVER}": "0+30x60"},
        at="25m",
    ),
    Case(
        "JobWorkersDie",
        {f"jobs_lease_losses{OF_SERVER}": "3x10 4x60"},
        {f"jobs_lease_losses{OF_SERVER}": "3x10 2x60"},
    ),
]


def test_every_alert_has_a_case() -> None:
    assert [case.alert for case in CASES] == [alert["alert"] for alert in alerts()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_alerts_are_raised_by_what_they_are_for(case: Case, tmp_path: Path) -> None:
    assert raised(case.raising, case, tmp_path) == {case.alert}
    assert raised(case.silent, case, tmp_path) == set()


def raised(series: dict[str, str], case: Case, folder: Path) -> set[str]:
    """The alerts that these series raise, found by telling promtool to expect none."""
    names = [alert["alert"] for alert in alerts()]
    expected_none = [{"eval_time": case.at, "alertname": name, "exp_alerts": []} for name in names]
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": inputs, "alert_rule_test": expected_none}
    path = folder / "alerts_test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": [test]}))
    command = [require_tool("promtool", "prometheus"), "test", "rules", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told = done.stdout + done.stderr
    found = {name for name in names if f"alertname: {name}," in told}
    assert bool(found) == bool(done.returncode), told
    return found
