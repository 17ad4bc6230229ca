"""Live sessions before displays of seven segments and before pages of small print, with the real networks."""

import time
from collections.abc import Sequence
from itertools import product
from statistics import median

import pytest

from pipelines.detections import Detection
from pipelines.tools.base import RunContext
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from pipelines.tools.yolo.detect import DetectParams, DetectTool
from tests.pipelines.tools.conftest import Image, MakeContext
from tests.pipelines.tools.ocr.live.displays import KINDS, display, page

pytestmark = pytest.mark.model
FRAME_S, WITHIN_S = 1 / 15, 5.0
# The budget of one look on two cores.
LOOK_S = 0.012
NUMBERS = ("12:45", "88.3", "004162", "09876543", "23:07", "510.9")
# A reading of this score is taken for sure.
SURE = 0.8
ROWS = 50


class Clock:
    """The time of a machine that looks for text on a frame of 640x480 in LOOK_S, however busy this one is."""

    def __init__(self, detect: DetectTool) -> None:
        image, _ = page(10, seed=0, size_wh=(640, 480))
        spent = []
        for _ in range(9):
            begun = time.process_time()
            detect.run({"image": image}, RunContext(1))
            spent.append(time.process_time() - begun)
        self._scale = LOOK_S / median(spent)

    def __call__(self) -> float:
        return time.process_time() * self._scale


class Session:
    """A live session of `yolo_ocr`, whose frames come as fast as they are answered."""

    def __init__(self, make_context: MakeContext) -> None:
        context = make_context(live=True)
        weights = DetectParams(weights="forgesyte-text-n", dense_imgsz=1280)
        self._detect = DetectTool(weights, context)
        self.clock = Clock(self._detect)
        self._read = ReadTool(ReadParams(sure_box=0.6), context, self.clock)

    def look(self, image: Image) -> Sequence[Detection]:
        begun = self.clock()
        context = RunContext(1, begun=begun, deadline=begun + FRAME_S)
        found = self._detect.run({"image": image}, context)
        read = self._read.run({"image": image, **found}, context)
        boxes: Sequence[Detection] = read["detections"]
        return boxes


def plain(text: str) -> str:
    return "".join(text.split())


def test_displays_of_seven_segments(make_context: MakeContext) -> None:
    missed = []
    for seed, (kind, number) in enumerate(product(KINDS, NUMBERS)):
        session, image = Session(make_context), display(number, kind, seed)
        for _ in range(3):
            boxes = session.look(image)
        texts = {plain(box.text or ""): box.text_score or 0 for box in boxes}
        assert not [text for text, score in texts.items() if text != number and score > SURE], (kind, number)
        if number not in texts:
            missed.append((kind, number))
    assert len(missed) <= 1, missed


def test_every_line_of_a_dense_page_has_its_text_in_time(make_context: MakeContext) -> None:
    image, lines = page(ROWS, seed=1)
    # Networks see this size for the first time.
    Session(make_context).look(image)
    session, texts = Session(make_context), dict[str, float]()
    begun = session.clock()
    while len(texts) < ROWS and session.clock() - begun < WITHIN_S:
        texts = {plain(box.text): box.text_score or 0 for box in session.look(image) if box.text}
    took_s, known = session.clock() - begun, set(map(plain, lines))

    print(len(texts), took_s, set(texts) - known)
    assert len(texts) == ROWS
    assert took_s <= WITHIN_S
    assert set(texts) == known
