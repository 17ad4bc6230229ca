"""`manage.py weights`: what it lists, fetches, verifies and takes in."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from pipelines.engine.weights import store as weights_module
from pipelines.engine.weights.store import WeightsStore
from tests.pipelines.engine.weights.place import CONTENT, FileServer, Place, known, serving_files


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving_files() as served:
        yield served


@pytest.fixture
def command_place(tmp_path: Path, settings: Settings) -> Place:
    settings.PIPELINES = replace(
        settings.PIPELINES, weights_dir=tmp_path / "weights", cache_dir=tmp_path / "cache"
    )
    return Place(tmp_path)


def test_the_command_lists_as_a_table_and_as_json(
    command_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    command_place.put("weights/mine.onnx")
    call_command("weights", "list")
    assert "mine" in capsys.readouterr().out
    call_command("weights", "list", "--json")
    sources = {entry["name"]: entry["source"] for entry in json.loads(capsys.readouterr().out)}
    assert sources["mine"] == "uploaded"
    assert sources["yolo11n"] == "downloadable"


def test_the_command_fetches(
    command_place: Place,
    server: FileServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights_module, "CATALOG", (known(f"{server.url}/good.pt"),))
    call_command("weights", "fetch", "good")
    path = Path(capsys.readouterr().out.strip())
    assert path.read_bytes() == CONTENT
    call_command("weights", "fetch", "good", "--json")
    assert json.loads(capsys.readouterr().out) == {"name": "good", "path": str(path)}
    with pytest.raises(CommandError, match="'other' are neither uploaded"):
        call_command("weights", "fetch", "other")


def test_the_command_verifies(command_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    command_place.put("weights/mine.onnx")
    call_command("weights", "verify")
    assert "mine.onnx: nothing to compare with" in capsys.readouterr().out
    command_place.put("weights/downloads/yolo11n.pt", b"damaged")
    with pytest.raises(CommandError, match=r"fetch again: .*yolo11n\.pt"):
        call_command("weights", "verify", "--json")
    assert {entry["ok"] for entry in json.loads(capsys.readouterr().out)} >= {None, False}


def test_the_command_takes_a_copy_in(
    command_place: Place, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    file = command_place.put("elsewhere/mine.onnx")
    call_command("weights", "add", file)
    target = command_place.folder / "weights" / "uploads" / "mine.onnx"
    assert capsys.readouterr().out == f"mine: {target}\n"
    assert WeightsStore.build(settings.PIPELINES).resolve("mine") == target
    assert target.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("net.pt", b"", "Only .onnx files are taken in"),
        ("net.engine", b"", "Only .onnx files are taken in"),
        ("net.onnx", b"<html>", "'net.onnx' is a web page"),
        ("net.onnx", b"no network", "'net.onnx' is not an ONNX file"),
        ("my net.onnx", b"", "is no plain name"),
    ],
)
def test_the_command_refuses_what_may_not_be_uploaded(
    command_place: Place, name: str, content: bytes, words: str
) -> None:
    file = command_place.put(f"elsewhere/{name}", content)
    with pytest.raises(CommandError, match=re.escape(words)):
        call_command("weights", "add", file)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("weights", "add", file.with_name("nothing.onnx"))
    assert not (command_place.folder / "weights").exists()


def test_the_command_takes_pickles_where_the_operator_allows_them(
    command_place: Place, settings: Settings
) -> None:
    settings.PIPELINES = replace(settings.PIPELINES, allow_pickles=True)
    call_command("weights", "add", command_place.put("elsewhere/net.pt"))
    assert WeightsStore.build(settings.PIPELINES).resolve("net").name == "net.pt"
