"""The documents tell of everything there is, and the demo does what it says."""

import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from forgesyte.conf import ProjectSettings
from jobs.conf import JobSettings
from pipelines.conf import PipelineSettings
from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode
from tests.demo_runner import ROOT, Demo, blocks_of, missing_lines

DOCS = ROOT / "docs"
OF_THE_TESTS = {"DJANGO_SETTINGS_MODULE", "FORGESYTE_PRELOAD"}


class Recorder(Mapping[str, str]):
    """An empty environment that remembers which variables were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def every_setting(tmp_path: Path) -> set[str]:
    env = Recorder()
    ProjectSettings.from_env(env, tmp_path)
    PipelineSettings.from_env(env, tmp_path)
    StreamSettings.from_env(env)
    JobSettings.from_env(env)
    return env.asked


def test_every_setting_is_documented(tmp_path: Path) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "SETTINGS.md").read_text(), re.MULTILINE))
    assert documented == every_setting(tmp_path)


@pytest.mark.parametrize("error", ErrorCode, ids=lambda error: error.code)
def test_every_error_code_is_documented(error: ErrorCode) -> None:
    row = next(
        line
        for line in (DOCS / "ENDPOINTS.md").read_text().splitlines()
        if line.startswith(f"| `{error.code}` |")
    )
    assert f"| {error.close_code} |" in row


@pytest.mark.parametrize(
    "field",
    [
        "frame_index",
        "result",
        "timings_ms",
        "backpressure",
        "dropped",
        "warning",
        "suggested_fps",
        "error",
        "detail",
    ],
)
def test_every_field_of_a_message_is_documented(field: str) -> None:
    messages = [line for line in (DOCS / "ENDPOINTS.md").read_text().splitlines() if line.startswith("| `{")]
    assert any(f'"{field}"' in line for line in messages)


def test_every_metric_is_documented() -> None:
    from pipelines.metrics import NetworksCollector
    from streaming import metrics

    page = (DOCS / "ENDPOINTS.md").read_text()
    names = [metric._name for metric in vars(metrics).values() if hasattr(metric, "_name")]
    names += [f"{metric.name}`" for metric in NetworksCollector().describe() if metric.type == "gauge"]
    assert len(names) >= 8
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("app", ["streaming", "jobs"])
def test_every_event_is_documented(app: str) -> None:
    events = import_module(f"{app}.events")
    page = (DOCS / "ENDPOINTS.md").read_text()
    names = [value for name, value in vars(events).items() if name.isupper()]
    assert names
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_option_of_the_live_page_is_documented() -> None:
    options = (ROOT / "static" / "js" / "live" / "options.js").read_text()
    defaults = re.search(r"DEFAULTS = Object.freeze\({(.*?)}\);", options, re.DOTALL)
    assert defaults
    page = (DOCS / "LIVE_PAGE.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert documented == re.findall(r"^  (\w+):", defaults[1], re.MULTILINE)
    values = re.findall(r"^export const [A-Z]+ = Object.freeze\(\[(.*)\]\);$", options, re.MULTILINE)
    assert len(values) >= 6
    missing = [
        value
        for row in values
        for value in re.findall(r"[\w.]+", row)
        if not re.search(rf"\b{value}\b", page)
    ]
    assert missing == []


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_lines_that_are_missing_are_found() -> None:
    assert missing_lines('{"a": [1]}\nb', '{"a": [*\nb') == []
    assert missing_lines("abc", "b\nab*") == ["b"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.model
def test_the_demo_works(tmp_path: Path) -> None:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    env |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "BASE": f"127.0.0.1:{port}",
        "FORGESYTE_DATA_DIR": str(tmp_path / "data"),
    }
    demo = Demo(env)
    try:
        demo.run(blocks_of((DOCS / "DEMO.md").read_text()))
    finally:
        demo.stop_server()
    assert demo.failures == []
