"""The curve of the detector and its cost beside RapidOCR's."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.readers.text_reader import FoundText, PixelBox, Reading
from pipelines.evaluation.text_scores import TextScore
from training import compare, curve
from training.compare import Cost, in_turns
from training.curve import Lines, Point, matches
from training.detector import Image, RememberingReader, above, markdown_table, pictures_in
from training.scenes.lines import Boxes

WEBCAM_SET = Path(__file__).parents[1] / "data" / "webcam_text"
BLANK = np.zeros((100, 200, 3), np.uint8)


def boxes(*corners: tuple[float, float, float, float]) -> Boxes:
    return np.array(corners, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ("found", "truth", "count"),
    [
        pytest.param(boxes(), boxes((0, 0, 10, 10)), 0, id="nothing found"),
        pytest.param(boxes((0, 0, 10, 10)), boxes(), 0, id="nothing there"),
        pytest.param(boxes((0, 0, 10, 6)), boxes((0, 0, 10, 10)), 1, id="well enough"),
        pytest.param(boxes((0, 0, 10, 4)), boxes((0, 0, 10, 10)), 0, id="too little of it"),
        pytest.param(boxes((0, 0, 10, 9), (0, 0, 10, 10)), boxes((0, 0, 10, 10)), 1, id="found twice"),
        pytest.param(boxes((0, 0, 10, 10)), boxes((0, 0, 10, 10), (0, 1, 10, 10)), 1, id="one for two"),
        pytest.param(
            boxes((50, 0, 60, 10), (0, 0, 10, 10)), boxes((0, 0, 10, 10), (50, 1, 60, 11)), 2, id="two of two"
        ),
    ],
)
def test_a_line_counts_as_found_once(found: Boxes, truth: Boxes, count: int) -> None:
    assert matches(found, truth) == count


def test_boxes_on_scenes_without_text_are_false() -> None:
    scenes = [(BLANK, boxes((20, 10, 100, 30))), (BLANK, boxes()), (BLANK, boxes())]
    right, wrong = Detection(0.1, 0.1, 0.4, 0.2, "text", 0.9), Detection(0.6, 0.6, 0.2, 0.2, "text", 0.9)
    lines = Lines.of([[right, wrong], [wrong, right], []], scenes)
    assert lines == Lines(drawn=1, guessed=4, hits=1, empty_scenes=2, false_on_empty=2)
    point = Point(640, 0.25, lines, TextScore(expected=4, read=3, right=2), 12.34)
    assert point.cells() == ["640", "0.25", "1.000", "0.250", "1.000", "0.500", "0.667", "12.3"]


def test_weak_boxes_are_left_out() -> None:
    weak, strong = (Detection(0, 0, 1, 1, "text", score) for score in (0.2, 0.3))
    assert above([weak, strong], 0.3) == [strong]


def test_finders_take_turns_and_the_first_round_does_not_count() -> None:
    seen: list[str] = []
    times = iter([100.0, 1.0, 2.0, 3.0])

    def ours(_image: Image) -> float:
        seen.append("ours")
        return next(times)

    def theirs(_image: Image) -> float:
        seen.append("theirs")
        return 7.0

    assert in_turns((ours, theirs), [BLANK], rounds=3) == [2.0, 7.0]
    assert seen == ["ours", "theirs"] * 4


def test_a_cost_is_told_as_a_share() -> None:
    assert Cost((480, 640), 6.0, 20.0).cells() == ["640x480", "6.0", "20.0", "0.30"]
    assert markdown_table(("a", "b"), [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


class CountingReader:
    def __init__(self) -> None:
        self.asked: list[PixelBox] = []

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        self.asked += boxes_xyxy
        return [Reading(f"{image_bgr.mean():.0f} {box}", 0.9) for box in boxes_xyxy]

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        return []


def test_no_box_of_a_picture_is_read_twice() -> None:
    counting, one, other = CountingReader(), (0, 0, 9, 9), (5, 5, 9, 9)
    reader = RememberingReader(counting)
    first, grey = reader.read(BLANK, [one, other]), BLANK + 100
    assert reader.read(BLANK, [other, one]) == first[::-1]
    assert reader.read(grey, [one]) != first[:1]
    assert reader.find_and_read(grey) == []
    assert counting.asked == [one, other, one]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no pictures"):
        pictures_in(tmp_path)


@pytest.mark.model
def test_the_cost_is_measured_with_the_real_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "SIZES_HW", ((96, 128),))
    cv2.imwrite(str(tmp_path / "wall.jpg"), np.full((96, 128, 3), 90, np.uint8))
    compare.main([str(tmp_path), "--rounds", "1"])
    (row,) = capsys.readouterr().out.splitlines()[2:]
    assert row.startswith("| 128x96 | ")


@pytest.mark.model
def test_the_curve_rises_as_the_confidence_falls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(curve, "CONFS", (0.15, 0.6))
    curve.main(["--words", str(WEBCAM_SET), "--scenes", "6", "--imgsz", "320"])
    low, high = (row.split(" | ") for row in capsys.readouterr().out.splitlines()[2:])
    assert low[1] == "0.15"
    assert float(low[2]) >= float(high[2]) > 0.05
    assert float(low[5]) >= float(high[5]) > 0.1
