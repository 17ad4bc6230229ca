"""`ocr.read` on lines at any angle: boxes, whole frames and live sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.engine.devices import DeviceChoice
from pipelines.engine.readers.text_reader import FoundText, Image, Reading, corners_from
from pipelines.tools.base import RunContext
from pipelines.tools.ocr import read
from pipelines.tools.ocr.line_axes import direction_of, upside_down
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from tests.pipelines.kit import open_context
from tests.pipelines.tools.ocr.turned_lines import SIZE_WH, WayReader, frame_with, line_at

RIGHT, WRONG = Reading("HOTEL 24", 0.99), Reading("HO24", 0.9)


class FrameReader(WayReader):
    """Finds the line that it is given, and reads it as it stands there."""

    def __init__(self) -> None:
        super().__init__(RIGHT, WRONG)
        self.found: list[FoundText] = []

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """The lines."""
        return self.found

    @contextmanager
    def borrow(self) -> Iterator["FrameReader"]:
        yield self


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> FrameReader:
    made = FrameReader()
    monkeypatch.setattr(read, "load_reader", lambda *_: (DeviceChoice("cpu", "cpu"), made))
    return made


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, 270])
@pytest.mark.parametrize("turned_by", [0, 180])
def test_a_line_is_read_whichever_way_up_its_box_is(
    reader: FrameReader, tmp_path: Path, degrees: float, turned_by: float
) -> None:
    standing = line_at((320, 240), (200, 30), degrees)
    given = standing if turned_by == 0 else upside_down(standing)
    tool = ReadTool(ReadParams(), open_context(tmp_path))

    outputs = tool.run({"image": frame_with(standing), "detections": [given]}, RunContext(1))

    (box,) = outputs["detections"]
    assert outputs["text"] == box.text == "HOTEL 24"
    assert box.polygon == pytest.approx(np.array(standing.polygon))


def test_lines_of_whole_frames_have_corners_the_right_way_up(reader: FrameReader, tmp_path: Path) -> None:
    standing = line_at((320, 240), (200, 30), 150)
    corners = upside_down(standing).polygon_pixels(SIZE_WH)
    reader.found = [FoundText(corners_from(corners), 0.8, WRONG)]
    tool = ReadTool(ReadParams(), open_context(tmp_path))

    (box,) = tool.run({"image": frame_with(standing)}, RunContext(1))["detections"]

    assert (box.text, box.text_score, box.score) == ("HOTEL 24", 0.99, 0.8)
    assert box.polygon == pytest.approx(np.array(standing.polygon))


def test_a_live_session_reads_both_ways_once_and_remembers(reader: FrameReader, tmp_path: Path) -> None:
    """The sheet turns slowly, and its detector begins each line at the left, whichever way up it is."""
    now = 0.0
    tool = ReadTool(ReadParams(reread_interval_s=1), open_context(tmp_path, live=True), clock=lambda: now)
    reads, directions = [], []
    for frame, degrees in enumerate((150, 140, 120, 100, 80, 60)):
        now = 1.5 * frame
        standing = line_at((320, 240), (200, 30), degrees)
        given = replace(standing if degrees < 90 else upside_down(standing), track_id=3)
        before = len(reader.crops)
        (box,) = tool.run(
            {"image": frame_with(standing), "detections": [given], "tracks": [given]}, RunContext(frame)
        )["detections"]
        assert box.text == "HOTEL 24"
        reads.append(len(reader.crops) - before)
        directions.append(round(np.degrees(direction_of(box, SIZE_WH))))

    assert reads == [2, 1, 1, 1, 1, 1]
    assert directions == [150, 140, 120, 100, 80, 60]
