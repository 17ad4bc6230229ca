"""The kind of a network's file is found out when it is named; every entry says the same sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from pipelines.engine.weights.facts import facts_of
from pipelines.engine.weights.store import WeightsStore
from pipelines.models import Pipeline
from pipelines.tools.yolo.detect import DetectParams, conflict
from tests.world.conftest import pipeline
from tests.world.entries import ADD, World, operator
from tests.world.networks import builders as b
from tests.world.networks.table import REFUSED, RUNS, Refused, Runs
from tests.world.pictures.builders import jpeg

runs = pytest.mark.parametrize("row", RUNS, ids=lambda row: row.name)
refused = pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)


def finding(weights: str, **params: object) -> dict[str, object]:
    """A pipeline that finds boxes with these weights."""
    node = {"plugin_id": "yolo", "tool_id": "detect", "params": {"weights": weights, **params}}
    return pipeline("finding", node)


def store_with(folder: Path, row: Runs | Refused) -> WeightsStore:
    (folder / row.name).write_bytes(row.build())
    return WeightsStore(folder, folder / "cache")


@runs
def test_what_a_network_is_without_running_it(row: Runs, tmp_path: Path) -> None:
    facts = store_with(tmp_path, row).facts(row.name)

    assert facts is not None
    assert (facts.problem, facts.task, facts.names) == ("", "detect", row.names)
    assert (facts.channels, facts.precision) == (row.channels, row.precision)


@refused
def test_the_sentence_names_the_file_what_it_is_and_what_to_do(row: Refused, tmp_path: Path) -> None:
    said = conflict(DetectParams(weights=row.name), store_with(tmp_path, row))

    assert said is not None
    assert said.startswith(f"'{row.name}' ")
    for words in row.words:
        assert words in said


def test_a_checkpoint_tells_its_task_and_classes_and_runs_nothing(tmp_path: Path) -> None:
    state = {"names": {0: "cup", 1: "plate"}, "yaml": {"nc": 2, "channels": 1}}
    path = tmp_path / "x.pt"
    path.write_bytes(b.checkpoint("ultralytics.nn.tasks", "OBBModel", state))
    facts = facts_of(path)

    assert (facts.task, facts.names, facts.channels) == ("obb", {0: "cup", 1: "plate"}, 1)
    assert facts.summary() == "turned boxes (obb) of 2 classes: cup, plate, one channel"

    trap = tmp_path / "trap"
    path.write_bytes(b.archive(f"cos\nsystem\n(S'touch {trap}'\ntR.".encode()))
    assert "another program" in facts_of(path).problem
    assert not trap.exists()


@refused
def test_another_file_of_the_name_is_looked_at_anew(row: Refused, tmp_path: Path) -> None:
    weights = store_with(tmp_path, row)
    assert conflict(DetectParams(weights=row.name), weights)
    (tmp_path / row.name).unlink()

    assert conflict(DetectParams(weights=row.name), weights) is None


@pytest.mark.parametrize(
    ("build", "labels", "said"),
    [
        (lambda: b.network(notes=b.noted()), ["red"], None),
        (
            lambda: b.network(notes=b.noted()),
            ["red", "pink"],
            "'n.onnx' has no class pink; it has: red, green, blue",
        ),
        (b.network, ["class2"], None),
        (b.network, ["class3"], "'n.onnx' has no class class3; it has: class0, class1, class2"),
        (lambda: b.network(rows=b.sorted_rows()), ["class7"], None),
        (
            lambda: b.network(rows=b.sorted_rows()),
            ["person"],
            "'n.onnx' has no class person; it has: only numbers, from class0 on",
        ),
    ],
)  # fmt: skip
def test_classes_that_a_network_does_not_have(
    build: Callable[[], bytes], labels: list[str], said: str | None, tmp_path: Path
) -> None:
    (tmp_path / "n.onnx").write_bytes(build())
    weights = WeightsStore(tmp_path, tmp_path / "cache")

    assert conflict(DetectParams(weights="n.onnx", classes=labels), weights) == said


def test_every_entry_says_the_same_sentence(world: World) -> None:
    """`YOLO inference failed` was all that some of them said."""
    row = next(row for row in REFUSED if row.name == "v5.pt")
    (world.weights_dir / row.name).write_bytes(row.build())
    definition = finding(row.name)
    sentence = conflict(DetectParams(weights=row.name), WeightsStore(world.weights_dir, world.folder))
    assert sentence
    world.store(definition)
    client = Client()

    listed = {item["id"]: item for item in client.get("/pipelines/list").json()["pipelines"]}["finding"]
    verdict = client.post(
        "/pipelines/validate", json.dumps(definition), content_type="application/json"
    ).json()
    saved = operator().post(ADD, {"definition": json.dumps({**definition, "id": "new"}), "_save": "Save"})

    assert (listed["available"], listed["reason"]) == (False, sentence)
    assert verdict == {"valid": False, "errors": [{"where": "nodes[n0].params", "message": sentence}]}
    assert sentence in saved.content.decode().replace("&#x27;", "'")
    assert not Pipeline.objects.filter(pk="new").exists()
    for entry in ("run", "job", "command"):
        assert getattr(world, entry)("finding", jpeg()).error == sentence, entry
    assert world.socket("finding", jpeg())[0].error == sentence
    assert sentence in world.trial("finding", jpeg()).error


def test_the_weights_list_tells_what_each_file_is(
    world: World, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.PIPELINES = replace(settings.PIPELINES, weights_dir=world.weights_dir)
    (world.weights_dir / "noted.onnx").write_bytes(b.network(notes=b.noted()))
    (world.weights_dir / "page.onnx").write_bytes(b"<html>")
    call_command("weights", "list")
    said = capsys.readouterr().out

    assert "boxes (detect) of 3 classes: red, green, blue, 64x64 pixels, FP32" in said
    assert "CANNOT RUN" in said
    assert "'page.onnx' is a web page" in said


@pytest.mark.model
def test_networks_of_all_kinds_find_their_box(world: World) -> None:
    for row in RUNS:
        (world.weights_dir / row.name).write_bytes(row.build())
        world.store(finding(row.name, conf=0.3, imgsz=64))
        answer = world.run("finding", jpeg())

        assert (row.name, answer.error) == (row.name, "")
        assert [box["label"] for box in answer.results[0]["detections"]] == [row.label], row.name
