"""A live session whose lines change, with a clock and a reader of the test's own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipelines.detections import Detection
from pipelines.engine.devices import DeviceChoice
from pipelines.engine.readers.text_reader import FoundText, PixelBox, Reading
from pipelines.tools.base import RunContext
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from pipelines.tools.ocr.track_text import STALE_AFTER_S
from tests.pipelines.tools.conftest import Image, MakeContext

FRAME_S = 1 / 15
ROWS = 8


class Board:
    """Eight rows, drawn and read as they are; reading takes no time."""

    def __init__(self) -> None:
        self.rows = [f"Gate {row}" for row in range(ROWS)]
        self.reads = 0
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    @contextmanager
    def borrow(self) -> Iterator["Board"]:
        yield self

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        raise NotImplementedError

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        self.reads += len(boxes_xyxy)
        return [Reading(self.rows[(y1 + y2) // 2 // 50], 0.97) for _, y1, _, y2 in boxes_xyxy]

    def picture(self) -> tuple[Image, list[Detection]]:
        frame = Pillow.new("RGB", (640, 480), "white")
        canvas, font, boxes = ImageDraw.Draw(frame), ImageFont.load_default(28), []
        for row, text in enumerate(self.rows):
            canvas.text((100, 50 * row + 10), text, fill="black", font=font)
            x1, y1, x2, y2 = canvas.textbbox((100, 50 * row + 10), text, font=font)
            box = x1 / 640, y1 / 480, (x2 - x1) / 640, (y2 - y1) / 480
            boxes.append(Detection(*box, "text", 0.9, track_id=row))
        return np.asarray(frame)[:, :, ::-1].copy(), boxes


class Session:
    """A live session before a board."""

    def __init__(self, board: Board, make_context: MakeContext, params: ReadParams) -> None:
        self.board = board
        self.tool = ReadTool(params, make_context(live=True), board.clock)

    def frame(self, spare_s: float | None = None) -> list[dict[str, Any]]:
        self.board.now += FRAME_S
        image, boxes = self.board.picture()
        now = self.board.now
        context = RunContext(1, deadline=None if spare_s is None else now + spare_s, begun=now)
        outputs = self.tool.run({"frame_index": 1, "image": image, "detections": boxes}, context)
        return [box.as_dict() for box in outputs["detections"]]

    def texts(self, spare_s: float | None = None) -> list[str | None]:
        return [box.get("text") for box in self.frame(spare_s)]


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board()
    found = DeviceChoice("cpu", "cpu", None), board
    monkeypatch.setattr("pipelines.tools.ocr.read.load_reader", lambda *_: found)
    return board


@pytest.fixture
def session(board: Board, make_context: MakeContext) -> Session:
    return Session(board, make_context, ReadParams())


def test_what_stands_still_is_read_once_in_a_while(session: Session) -> None:
    for _ in range(15 * 4):
        session.frame()
    assert session.board.reads == ROWS


@pytest.mark.parametrize("seconds", [1, 10, 60])
def test_a_row_that_changes_is_read_on_that_frame(session: Session, seconds: int) -> None:
    for _ in range(3):
        session.frame()
    session.board.now += seconds
    for _ in range(15):
        session.frame()
    session.board.rows[3] = "Gate 5"
    assert session.texts() == session.board.rows


def test_eight_rows_that_change_at_once_are_read_on_two_frames(session: Session) -> None:
    for _ in range(15):
        session.frame()
    old, session.board.rows = session.board.rows, [f"Exit {row}" for row in range(ROWS)]
    first, second = session.frame(), session.frame()
    waiting = [box for box in first if "text_age_ms" in box]
    assert [box["text"] for box in first if "text_age_ms" not in box] == session.board.rows[:4]
    assert [(box["text"], box["text_age_ms"]) for box in waiting] == [(text, 67) for text in old[4:]]
    assert [box["text"] for box in second] == session.board.rows
    assert not any("text_age_ms" in box for box in second)


def test_a_row_that_nobody_has_time_to_read_says_nothing_in_the_end(session: Session) -> None:
    for _ in range(15):
        session.frame()
    session.board.rows[3] = "Gate 5"
    ages = []
    while "text" in (box := session.frame(spare_s=-1.0)[3]):
        assert box["text"] == "Gate 3"
        ages.append(box["text_age_ms"])
    assert ages == sorted(ages)
    assert STALE_AFTER_S * 1000 - 100 < ages[-1] < STALE_AFTER_S * 1000
    assert session.texts() == session.board.rows
