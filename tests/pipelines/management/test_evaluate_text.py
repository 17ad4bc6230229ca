"""Evaluating text from the command line: what it prints, what it draws and what it refuses."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.models import Pipeline
from pipelines.runtime import Runtime, override_engine
from pipelines.tools.base import RunContext
from tests.pipelines.kit import definition, detection, registry, tool
from tests.pipelines.pictures import drawn

ROOT = Path(__file__).resolve().parents[3]


def look(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    """Read the size of the picture, twice over."""
    height, width, _ = payload["image"].shape
    boxes = [detection(text=f"{width} by {height}", text_score=0.9), detection(x=0.5)]
    return {"detections": boxes, "text": f"{width} by {height}"}


def stop(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    raise KeyboardInterrupt


def fail(payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
    raise RuntimeError("secret inner workings")


@pytest.fixture
def engine(tmp_path: Path, db: None) -> Iterator[Runtime]:
    tools = (
        tool("look", look, gives=["detections", "text"]),
        tool("fail", fail, gives=["text"], failure="Looking failed"),
        tool("stop", stop, gives=["text"]),
    )
    store = WeightsStore(tmp_path / "weights", tmp_path / "cache")
    made = Runtime(slots=1, networks=NetworkCache(), weights=store, registry=registry(*tools), device="cpu")
    for tool_id in ("look", "fail", "stop"):
        data = {**definition({"look": tool_id}).as_dict(), "id": tool_id}
        Pipeline.objects.create(pipeline_id=tool_id, name=tool_id, definition=data)
    with override_engine(made):
        yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and their words: one that `look` reads right, and one that it reads in part."""
    made = tmp_path / "pictures"
    made.mkdir()
    Image.new("RGB", (320, 240), (90, 90, 90)).save(made / "plain.png")
    Image.new("RGB", (64, 48), (90, 90, 90)).save(made / "small.jpg")
    write_words(made, {"plain.png": ["320", "By", "240"], "small.jpg": ["64", "times", "48"]})
    return made


def write_words(folder: Path, words: Any) -> None:
    (folder / "words.json").write_text(json.dumps(words))


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("evaluate_text", *(str(argument) for argument in arguments), stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("engine")
class TestFigures:
    def test_pictures_are_turned_as_a_whole(self, folder: Path) -> None:
        write_words(folder, {"plain.png": ["240", "by", "320"]})

        found = json.loads(run("look", folder, "--json", "--turn", "-90"))

        assert (found["turned"], found["all"]["recall"]) == (-90, 1)

    def test_tells_a_person_how_much_was_read(self, folder: Path) -> None:
        lines = run("look", folder).splitlines()

        assert lines[:3] == ["pipeline: look", f"folder: {folder}", "size: as they are"]
        assert lines[4:10] == [
            "look: device_used=cpu",
            "picture    words  right  recall  precision     cer  boxes  with text",
            "plain.png      3      3   1.000      1.000   0.000      2          1",
            "small.jpg      3      2   0.667      0.667   0.556      2          1",
            "all            6      5   0.833      0.833   0.294      4          2",
            "missed on small.jpg: times",
        ]
        assert lines[10].startswith("median ms: decode ")
        assert "lists every word" in lines[11]

    def test_gives_one_object_of_json(self, folder: Path) -> None:
        found = json.loads(run("look", folder, "--json"))

        assert found["pictures"].keys() == {"plain.png", "small.jpg"}
        assert found["pictures"]["small.jpg"]["missed"] == ["times"]
        assert found["pictures"]["small.jpg"]["unexpected"] == ["by"]
        assert found["pictures"]["plain.png"]["recall"] == 1
        assert (found["all"]["expected"], found["all"]["right"]) == (6, 5)
        assert found["stages_ms"].keys() == {"decode", "look", "rest", "total"}
        assert found["nodes"] == {"look": {"device_used": "cpu"}}

    def test_letterboxes(self, folder: Path) -> None:
        write_words(folder, {"plain.png": ["640", "by", "100"], "small.jpg": ["640", "by", "100"]})

        found = json.loads(run("look", folder, "--json", "--size", "640x100"))

        assert (found["size"], found["all"]["recall"]) == ("640x100", 1)

    def test_pictures_without_words_have_no_recall(self, folder: Path) -> None:
        write_words(folder, {"plain.png": []})

        found = json.loads(run("look", folder, "--json"))["pictures"]["plain.png"]

        assert (found["recall"], found["precision"], found["detections"]) == (None, 0, 2)


@pytest.mark.usefixtures("engine")
class TestDrawing:
    def test_draws_every_picture(self, folder: Path, tmp_path: Path) -> None:
        run("look", folder, "--annotate", tmp_path / "made/drawn")

        drawing = np.asarray(Image.open(tmp_path / "made/drawn/plain.png"), int)
        assert drawing.shape == (240, 320, 3)
        assert np.abs(drawing[48, 32:128] - 90).sum(axis=1).min() > 50
        assert np.asarray(Image.open(tmp_path / "made/drawn/small.jpg")).shape == (48, 64, 3)

    def test_leaves_the_pictures_alone(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="would overwrite"):
            run("look", folder, "--annotate", folder / "../pictures")

    def test_needs_a_folder_to_draw_into(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="cannot be made"):
            run("look", folder, "--annotate", folder / "plain.png")


@pytest.mark.usefixtures("engine")
class TestRefusals:
    def test_needs_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no folder"):
            run("look", tmp_path / "gone")

    def test_needs_words(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"There is no words\.json"):
            run("look", tmp_path)

    @pytest.mark.parametrize("content", ["{", "[]", '{"plain.png": "320"}', '{"../plain.png": []}'])
    def test_needs_words_as_they_should_be(self, folder: Path, content: str) -> None:
        (folder / "words.json").write_text(content)

        with pytest.raises(CommandError, match=r"words\.json cannot be used"):
            run("look", folder)

    def test_names_all_pictures_that_are_missing(self, folder: Path) -> None:
        write_words(folder, {"one.jpg": [], "plain.png": [], "two.jpg": []})

        with pytest.raises(CommandError, match=r"not there: one\.jpg, two\.jpg"):
            run("look", folder)

    def test_names_the_file_that_is_no_picture(self, folder: Path) -> None:
        (folder / "small.jpg").write_bytes(b"\xff\xd8 no more")

        with pytest.raises(CommandError, match=r"small\.jpg: Not a valid JPEG image"):
            run("look", folder)

    def test_names_the_pipelines_that_are_there(self, folder: Path) -> None:
        with pytest.raises(CommandError, match="Unknown pipeline_id: nobody; there are: fail, look, stop"):
            run("nobody", folder)

    def test_a_failing_tool_says_its_own_sentence(self, folder: Path) -> None:
        with pytest.raises(CommandError) as caught:
            run("fail", folder)
        assert str(caught.value) == "Looking failed"

    def test_can_be_stopped(self, folder: Path) -> None:
        with pytest.raises(CommandError) as caught:
            run("stop", folder)
        assert caught.value.returncode == 130


@pytest.mark.model
@pytest.mark.parametrize("pipeline", ["yolo_ocr", "ocr_only"])
def test_real_networks_read_what_is_written(pipeline: str, tmp_path: Path) -> None:
    drawn("Quiet garden", (640, 480)).save(tmp_path / "garden.png")
    drawn("Fresh bread", (640, 480)).save(tmp_path / "bread.jpg", quality=80)
    drawn("", (640, 480)).save(tmp_path / "nothing.jpg")
    write_words(
        tmp_path, {"garden.png": ["quiet", "garden"], "bread.jpg": ["fresh", "bread"], "nothing.jpg": []}
    )

    found = json.loads(run(ROOT / f"pipelines/defaults/{pipeline}.json", tmp_path, "--json"))

    assert found["all"]["recall"] == 1
    assert found["all"]["precision"] == 1
    assert found["all"]["cer"] == 0
    assert found["pictures"]["nothing.jpg"]["detections"] == 0
    assert found["stages_ms"]["read"] > 0


@pytest.mark.model
def test_the_default_pipeline_reads_what_a_webcam_sees() -> None:
    found = json.loads(
        run(ROOT / "pipelines/defaults/yolo_ocr.json", ROOT / "tests/data/webcam_text", "--json")
    )

    assert found["all"]["recall"] > 0.965
    assert found["all"]["precision"] > 0.97
    assert found["all"]["cer"] < 0.02
