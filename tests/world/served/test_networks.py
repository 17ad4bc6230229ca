"""Networks of other programs, and files that are none, at every entry of one real server."""

import codecs
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.world.served.checks import BOX_WITHIN, FILMS, PICTURES, answers, expected, finds, places
from tests.world.served.entries import Site

pytestmark = pytest.mark.model
COLOURS = ("red", "green", "blue")
NETWORKS = {
    "W1-oblong-input": ("spots-free", "spots-lying", "spots-standing"),
    "W2-foreign-onnx": (
        *("end2end", "nms-inside-free", "nms-inside"),
        *("nothing-noted-640", "nothing-noted", "rows-nothing-noted"),
    ),
}
CANNOT_RUN = ("git-lfs.pt", "not-weights.onnx", "whole-picture.pt", "yolov5-best.pt")


def three(boxes: dict[str, Any]) -> dict[str, Any]:
    """The places alone, without how exact they are."""
    return {colour: boxes[colour] for colour in COLOURS}


@pytest.mark.parametrize("entry", PICTURES)
@pytest.mark.parametrize("case", NETWORKS)
def test_foreign_networks(served: Site, cases: Path, case: str, entry: str) -> None:
    boxes = expected(cases / case)
    boxes = three(boxes.get("boxes") or boxes["boxes, whichever network and picture"])
    paths = sorted((cases / case).glob("*.jpg"))
    for name in NETWORKS[case]:
        for path, answer in answers(served, entry, f"{name}_onnx", paths):
            try:
                finds(boxes)(answer)
            except AssertionError as error:
                raise AssertionError(f"{name}, {path.name}: {error}") from error


@pytest.mark.parametrize("name", NETWORKS["W2-foreign-onnx"])
def test_a_class_that_a_foreign_network_lacks_is_refused(served: Site, name: str) -> None:
    definition = served.definitions[f"{name}_onnx"]
    [node] = definition["nodes"]

    assert served.validate(definition) == []
    [said] = served.validate(
        {**definition, "nodes": [{**node, "params": {**node["params"], "classes": ["person"]}}]}
    )
    assert f"'{name}.onnx' has no class person" in said


@pytest.mark.parametrize("name", CANNOT_RUN)
def test_what_cannot_run_is_told_alike_everywhere(served: Site, cases: Path, name: str) -> None:
    pipeline_id = name.replace(".", "_")
    [sentence] = served.validate(served.definitions[pipeline_id])
    listed = {one["id"]: one for one in served.get("/pipelines/list").json()["pipelines"]}[pipeline_id]
    picture = cases / "W1-oblong-input" / "spots-640x480.jpg"

    assert name in sentence
    assert (listed["available"], listed["reason"]) == (False, sentence)
    assert [answer.error for answer in served.socket(pipeline_id, picture)] == [sentence]
    for entry in ("run", "job", "command"):
        assert getattr(served, entry)(pipeline_id, picture).error == sentence, entry
    assert sentence in served.trial(pipeline_id, picture).error


@pytest.mark.parametrize("entry", PICTURES)
def test_turned_boxes_run(served: Site, cases: Path, entry: str) -> None:
    picture = cases / "W1-oblong-input" / "spots-640x480.jpg"
    [(_, answer)] = answers(served, entry, "turned-boxes_pt", [picture])

    assert answer.error == ""
    assert len(answer.results) == 1


class TestNamesOfTheWorld:
    @pytest.mark.parametrize("entry", PICTURES)
    def test_pictures(self, served: Site, cases: Path, entry: str) -> None:
        folder = cases / "W5-names-of-the-world"
        said = expected(folder)
        boxes = {said["labels"][str(at)]: said["boxes"][colour] for at, colour in enumerate(COLOURS)}
        for _, answer in answers(served, entry, "names", sorted(folder.glob("*.jpg"))):
            finds(boxes)(answer)

    @pytest.mark.parametrize("entry", FILMS)
    def test_films(self, served: Site, cases: Path, entry: str) -> None:
        folder = cases / "W5-names-of-the-world"
        answer = getattr(served, entry)("names", folder / "spots.mp4")

        assert answer.error == ""
        assert answer.results
        for result in answer.results:
            assert sorted(places(result)) == sorted(expected(folder)["labels"].values())

    def test_a_spreadsheet_opens_the_table(self, served: Site, cases: Path) -> None:
        folder = cases / "W5-names-of-the-world"
        table = served.export(served.job("names", folder / "spots.mp4"), "csv").content
        labels = {row["label"] for row in csv.DictReader(io.StringIO(table.decode("utf-8-sig")))}

        assert table.startswith(codecs.BOM_UTF8)
        assert labels == {"消火栓", 'Vélo, "rouge"', "'=1+1 🚗"}

    def test_the_letters_are_drawn(self, served: Site, cases: Path, tmp_path: Path) -> None:
        folder = cases / "W5-names-of-the-world"
        job = served.job("names", folder / "spots-1280x720.jpg")
        drawn = served.annotated(job, tmp_path / "drawn.jpg")

        text = served.run("ocr_only", drawn).texts[0]
        assert "消火栓" in text
        assert "lo" in text


@pytest.mark.parametrize("entry", PICTURES)
def test_turned_by_a_note(served: Site, cases: Path, entry: str) -> None:
    folder = cases / "L2-exif-frames"
    box = expected(folder)["red"]
    for path, answer in answers(served, entry, "spots_onnx", sorted(folder.glob("*.jpg"))):
        assert answer.error == ""
        assert places(answer.results[0])["red"] == pytest.approx(box, abs=BOX_WITHIN), path.name
