"""Reading in live sessions, with the real networks."""

import time
from dataclasses import replace

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.tools.base import Pressure, RunContext
from pipelines.tools.ocr.follower import Follower
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from tests.pipelines.tools.conftest import Image, MakeContext
from tests.pipelines.tools.ocr.test_read import SIGN, CountingReader, draw_sign

pytestmark = pytest.mark.model


def test_a_live_session_reads_each_line_once(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, boxes = draw_sign()
    live, counting = (
        ReadTool(ReadParams(reads_per_frame=2), make_context(live=True)),
        CountingReader(monkeypatch),
    )
    texts, saved = [], []
    for index in range(1, 7):
        context = RunContext(index)
        outputs = live.run({"frame_index": index, "image": image, "detections": boxes}, context)
        texts.append([box.text for box in outputs["detections"]])
        saved.append(context.counters["ocr_reads_saved"])
        assert all(box.track_id is None for box in outputs["detections"])
    # The two larger lines come first.
    assert texts[0] == ["NO ENTRY", "Platform 7", None]
    assert texts[1:] == [SIGN] * 5
    assert counting.calls == [2, 1]
    assert saved == [0, 2, 3, 3, 3, 3]


def test_a_live_session_trusts_the_track_numbers_of_the_tool_before(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, boxes = draw_sign()
    live, counting = ReadTool(ReadParams(), make_context(live=True)), CountingReader(monkeypatch)
    tracked = [replace(box, track_id=number) for number, box in enumerate(boxes[:2], start=5)]
    far_away = [replace(box, x=box.x + 0.5) for box in tracked]
    moved = np.roll(image, image.shape[1] // 2, axis=1)
    payload = {"frame_index": 1, "image": image, "detections": [*tracked, boxes[2]], "tracks": tracked}
    first = live.run(payload, RunContext(1))
    assert [box.text for box in first["detections"]] == ["NO ENTRY", "Platform 7", None]
    second = live.run({**payload, "image": moved, "detections": far_away, "tracks": far_away}, RunContext(2))
    assert [(box.text, box.track_id) for box in second["detections"]] == [("NO ENTRY", 5), ("Platform 7", 6)]
    assert counting.calls == [2]


def test_a_session_in_trouble_reads_less(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    image, boxes = draw_sign()
    live, counting = ReadTool(ReadParams(), make_context(live=True)), CountingReader(monkeypatch)
    payload = {"frame_index": 1, "image": image, "detections": boxes}
    for pressure in (Pressure.WARNING, Pressure.CRITICAL, Pressure.CRITICAL, Pressure.CRITICAL):
        live.run(payload, RunContext(1, pressure))
    assert counting.calls == [1, 1, 1]


def test_a_time_budget_bounds_the_reads_of_a_frame(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, boxes = draw_sign()
    tight = ReadTool(ReadParams(time_budget_ms=0.001), make_context(live=True))
    counting = CountingReader(monkeypatch)
    for _ in range(4):
        tight.run({"frame_index": 1, "image": image, "detections": boxes}, RunContext(1))
    assert counting.calls == [1, 1, 1]
    loose = ReadTool(ReadParams(time_budget_ms=60_000), make_context(live=True))
    loose.run({"frame_index": 1, "image": image, "detections": boxes}, RunContext(1))
    assert counting.calls[-1] == 3


def test_reading_makes_no_frame_late(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    image, boxes = draw_sign()
    live, counting = ReadTool(ReadParams(), make_context(live=True)), CountingReader(monkeypatch)
    payload = {"frame_index": 1, "image": image, "detections": boxes}
    now = time.monotonic()
    hurried = RunContext(1, deadline=now, begun=now)
    live.run(payload, hurried)
    assert counting.calls == []
    assert hurried.counters["ocr_reads_put_off"] == 3
    # A frame that took so long pays for a line, so that lines come to be known even where no time is left.
    outputs = live.run(payload, RunContext(2, deadline=now, begun=now - 60))
    assert counting.calls == [1]
    assert [box.text for box in outputs["detections"]] == [None, "Platform 7", None]
    leisurely = RunContext(3, deadline=now + 60, begun=now)
    live.run(payload, leisurely)
    assert counting.calls == [1, 2]
    assert leisurely.counters["ocr_reads_put_off"] == 0


def draw_sheet(left: int, top: int, rows: int = 12) -> tuple[Image, list[Detection]]:
    """A sheet of close lines before a patterned wall, and the lines' boxes."""
    import cv2

    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    image = cv2.resize(noise, (640, 480))
    cv2.rectangle(image, (left, top), (left + 400, top + 26 * rows + 20), (255, 255, 255), -1)
    boxes = []
    for row in range(rows):
        y = top + 30 + 26 * row
        text = f"{row * 7919 % 9973} line {row * row + 17} of {row * 31}"
        cv2.putText(image, text, (left + 20, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 2, cv2.LINE_AA)
        boxes.append(Detection((left + 20) / 640, (y - 17) / 480, 300 / 640, 20 / 480, "text", 0.3))
    return image, boxes


@pytest.mark.parametrize("step", [1, 3, 6])
def test_lines_of_a_sheet_that_is_shaken_keep_their_keys(step: int) -> None:
    follower = Follower()
    seen = []
    for frame in range(30):
        moved = frame * step
        image, boxes = draw_sheet(60 + abs(moved * 2 % 80 - 40), 20 + abs(moved * 3 % 60 - 30))
        seen.append(follower.keys(boxes, image))
    assert seen == [list(range(1, 13))] * 30
