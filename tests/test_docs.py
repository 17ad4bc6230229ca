"""The documents tell of everything there is, and the demo does what it says."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from bench.processes import free_port
from forgesyte.conf import ProjectSettings
from jobs.conf import JobSettings
from pipelines.conf import PipelineSettings
from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode
from tests.demo_runner import ROOT, Demo, blocks_of, missing_lines
from tests.quotes import Sayings

DOCS = ROOT / "docs"
APPS = ("accounts", "forgesyte", "pipelines", "streaming", "jobs", "loadtest", "training", "bench")
FOLDERS = (*APPS, "deploy", "tests", "docs", "static", "templates", ".ci", ".github")
# Packages that every Django app has, or that lie within a room that is named.
UNNAMED = {"management", "commands", "migrations", "templatetags", "clients", "report", "soak"} | {
    *("scenes", "lookalikes", "webcam", "peers")
}
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


@pytest.mark.parametrize("module", ["streaming.monitoring.session_log", "jobs.events"])
def test_every_event_is_documented(module: str) -> None:
    events = import_module(module)
    page = (DOCS / "ENDPOINTS.md").read_text()
    names = [value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)]
    assert len(names) > 5
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


def quoted_sentences(page: str) -> list[str]:
    """The texts in backticks that read as sentences: a capital letter, blanks, and no path."""
    spans = re.findall(r"`([A-Z][a-z]+ [^`]*)`", page)
    return [span for span in spans if not re.search(r"[<>=]|\]$", span)]


def test_every_quoted_sentence_is_one_that_the_server_sends() -> None:
    said = Sayings([ROOT / name for name in ("accounts", "forgesyte", "pipelines", "streaming", "jobs")])
    quoted = quoted_sentences((DOCS / "ENDPOINTS.md").read_text())
    assert len(quoted) >= len(ErrorCode)
    assert [sentence for sentence in quoted if not said.has(sentence)] == []


def test_a_sentence_that_nobody_says_is_found(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(
        'a = f"Frame exceeds {1:g}MB"\nb = "No frame" " arrived"\nc = f"{a} {b}"\n'
    )
    said = Sayings([tmp_path])
    assert said.has("Frame exceeds 5MB")
    assert said.has("No frame arrived")
    assert said.has("No frame ...")
    assert not said.has("No frame for 30 seconds")
    assert not said.has("Frame exceeds 5")


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


def named_paths(page: str) -> list[str]:
    """The paths in backticks that begin with one of the project's folders; made folders aside."""
    begins = "|".join(map(re.escape, FOLDERS))
    return [path for path in re.findall(rf"`((?:{begins})/[\w./-]*)`", page) if "/.venv" not in path]


def named_modules(page: str) -> list[str]:
    """File names without a folder: modules of the room that the sentence names."""
    return re.findall(r"`([\w-]+\.(?:js|py))`", page)


def test_every_path_that_a_page_names_is_there() -> None:
    named = [(page.name, path) for page in pages() for path in named_paths(page.read_text())]
    assert len(named) > 60
    assert [(page, path) for page, path in named if not (ROOT / path).exists()] == []


def test_every_module_that_the_architecture_names_is_there() -> None:
    files = {file.name for folder in (*APPS, "static") for file in (ROOT / folder).rglob("*.[jp][sy]")}
    named = named_modules((DOCS / "ARCHITECTURE.md").read_text())
    assert len(named) > 10
    assert [name for name in named if name not in files] == []


def test_the_map_of_the_architecture_names_every_folder() -> None:
    page = (DOCS / "ARCHITECTURE.md").read_text()
    tree = page[page.index("```\nforgesyte/") : page.index("Imports go one way")]
    packages = {file.parent.name for app in APPS for file in (ROOT / app).rglob("__init__.py")}
    assert len(packages) > 20
    assert [name for name in sorted(packages - UNNAMED) if f"{name}/" not in tree] == []


def test_links_lead_somewhere() -> None:
    for page in pages():
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_lines_that_are_missing_are_found() -> None:
    assert missing_lines('{"a": [1]}\nb', '{"a": [*\nb') == []
    assert missing_lines("abc", "b\nab*") == ["b"]


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
    demo = Demo(env, tmp_path / "demo")
    try:
        demo.run(blocks_of((DOCS / "DEMO.md").read_text()))
    finally:
        demo.stop_server()
    assert demo.failures == []
