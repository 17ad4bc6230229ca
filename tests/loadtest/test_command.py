"""`manage.py load_test` as a person calls it."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError

from loadtest import presets, run
from loadtest.management.commands import load_test
from loadtest.own_server import OwnServer
from loadtest.plan import LoadPlan, Pattern
from loadtest.soak import soak as soaks
from pipelines.errors import UnknownPipeline
from tests.loadtest.servers import answers_twice, by_index, closes_after, running
from tests.streaming.live import ROOT, environment, prepare

SHORT = ("--fps", "20", "--duration", "0.5", "--warm-up", "0", "--answer-within", "2")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(run, "REST_S", 0.01)
    monkeypatch.setattr(presets, "CAPACITY_S", 0.3)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def load(*arguments: str) -> str:
    """The output of the command without its progress."""
    said = io.StringIO()
    call_command("load_test", *SHORT, *arguments, stdout=said, stderr=io.StringIO())
    return said.getvalue()


def test_a_server_that_runs(tmp_path: Path) -> None:
    report = tmp_path / "out.html"
    with running(by_index) as url:
        said = load("--url", url, "--sessions", "2", "--report", str(report))
    assert "yolo_ocr: 2 sessions, 20 frames a second each, steady, 0.5 s" in said
    assert "Every frame got exactly one answer" in said
    assert "Fairness" in report.read_text()


def test_figures_as_json(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    with running(by_index) as url:
        printed = json.loads(load("--url", url, "--json"))
        load("--url", url, "--json", str(file))
    assert printed["problems"] == json.loads(file.read_text())["problems"] == []
    assert printed["machine"]["cores"] >= 1
    assert printed["url"].endswith("/ws/video/stream?pipeline_id=yolo_ocr")


def test_a_check_that_fails_ends_with_1() -> None:
    with running(answers_twice) as url, pytest.raises(SystemExit) as ended:
        load("--url", url)
    assert ended.value.code == 1


def test_overload_measures_first_what_is_too_much() -> None:
    with running(by_index) as url:
        figures = json.loads(load("--url", url, "--preset", "overload", "--sessions", "4", "--json"))
    assert figures["capacity_per_s"] > 0
    assert figures["plan"]["fps"] == pytest.approx(figures["capacity_per_s"], abs=0.1)
    assert figures["age_bound_ms"] > 0


def test_overload_of_a_server_that_answers_nothing() -> None:
    with (
        running(closes_after(1, 1011, "out of order")) as url,
        pytest.raises(CommandError, match="out of order"),
    ):
        load("--url", url, "--preset", "overload")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sessions", "0"), "At least one session"),
        (("--url", "nowhere://"), "Not an address"),
        (("--url", "ws://127.0.0.1:1/x", "--source", "nowhere.mp4"), "no file nowhere.mp4"),
    ],
)
def test_nonsense_is_told_in_a_line(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        load(*arguments)


@pytest.mark.parametrize(
    ("error", "words"),
    [(UnknownPipeline("yolo_foo"), "Unknown pipeline_id: yolo_foo"), (DatabaseError("no table"), "migrate")],
)
def test_what_a_server_of_its_own_could_not_serve(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pipeline_id: str) -> None:
        raise error

    monkeypatch.setattr(load_test, "definition_of", refuse)
    with pytest.raises(CommandError, match=words):
        load("--pipeline", "yolo_foo")


def test_whoever_ends_it_is_told() -> None:
    def interrupt(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_test, "the_server", interrupt)
        with pytest.raises(CommandError, match="Ended before it was done") as ended:
            load()
    assert ended.value.returncode == 130


def test_a_server_of_its_own_is_started_and_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running(by_index) as url:
        pretends = f"print('ForgeSyte is ready at {url.replace('ws', 'http', 1)}', flush=True); input()"
        command = [sys.executable, "-c", pretends]
        monkeypatch.setattr(load_test, "definition_of", lambda pipeline_id: None)
        monkeypatch.setattr(load_test, "serve_command", lambda manage, pipeline_id: command)
        monkeypatch.setattr("sys.stdin", subprocess.PIPE)
        with load_test.the_server(None, LoadPlan()) as server:
            assert isinstance(server, OwnServer)
            assert server.url == url.replace("ws", "http", 1)


@pytest.mark.model
def test_the_default_pipeline_answers(tmp_path: Path) -> None:
    """Real networks, read from the page that is sent where no source is given."""
    env = environment(tmp_path)
    for command in (["migrate", "--verbosity", "0"], ["restore_pipelines", "--if-empty"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, timeout=120)
    arguments = ["--fps", "5", "--duration", "2", "--json", "--report", str(tmp_path / "out.html")]
    done = subprocess.run(
        [sys.executable, "manage.py", "load_test", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["run"]["answered"] > 0
    assert figures["problems"] == []
    assert "The server&#x27;s memory" in (tmp_path / "out.html").read_text()


def test_from_the_command_line(tmp_path: Path) -> None:
    """The real server, with a tool that takes its time, and more than it can do."""
    prepare(tmp_path, {"steady": {"run_s": 0.03}})
    arguments = [
        "--pipeline",
        "steady",
        "--sessions",
        "4",
        "--fps",
        "20",
        "--duration",
        "2",
        "--warm-up",
        "0",
    ]
    done = subprocess.run(
        [sys.executable, "manage.py", "load_test", *arguments, "--json"],
        cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "steady: 4 sessions, 20 frames a second each" in done.stderr
    figures = json.loads(done.stdout)
    assert figures["problems"] == []
    assert figures["run"]["dropped"] > 0
    assert figures["run"]["answered"] > 0
    assert figures["server"]["memory_mb_max"] > 30


def test_a_soak_of_a_server_that_is_no_forgesyte(monkeypatch: pytest.MonkeyPatch) -> None:
    """All clients are turned away, and all of it is told."""
    monkeypatch.setattr(soaks, "REST_S", 0)
    monkeypatch.setattr(soaks, "PAUSE_S", 0.05)
    with running(by_index) as url, pytest.raises(SystemExit) as ended:
        load("--url", url, "--pattern", "soak")
    assert ended.value.code == 1


def test_a_server_for_a_soak_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def command(*arguments: Any) -> list[str]:
        asked.extend(arguments)
        return [
            sys.executable,
            "-c",
            "print('ForgeSyte is ready at http://127.0.0.1:9', flush=True); input()",
        ]

    monkeypatch.setattr(load_test, "soak_command", command)
    with load_test.the_server(None, LoadPlan(pattern=Pattern.SOAK)) as server:
        assert server.url == "http://127.0.0.1:9"
    assert asked[1] == "yolo_ocr"


@pytest.mark.model
def test_a_short_soak_of_the_real_server(tmp_path: Path) -> None:
    """Every kind of client comes, and none meets what it must not; too short to judge what is held."""
    arguments = ["--preset", "soak", "--duration", "12", "--sessions", "2", "--fps", "2", "--json"]
    done = subprocess.run(
        [sys.executable, "manage.py", "load_test", *arguments, "--report", str(tmp_path / "out.html")],
        cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    figures = json.loads(done.stdout)
    assert figures["problems"] == []
    assert done.returncode == 0
    clients = figures["soak"]["clients"]
    quick = {"loses its connection", "sends no more", "sends nonsense", "has a picture run", "looks around"}
    assert all(clients[name]["done"] for name in quick)
    held = {name: judged["max"] for name, judged in figures["soak"]["flatness"].items()}
    assert held["server memory (private, MB)"] > 100
    assert min(held.values()) >= 1
    assert "Server descriptors" in (tmp_path / "out.html").read_text()
