"""Reads text with RapidOCR, whose networks come inside its package, through OpenVINO on the CPU."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.readers.deskew import straightened
from pipelines.engine.readers.pieces import MOST_PIECES, pieces_of, pieces_of_frame
from pipelines.engine.readers.text_finder_input import LONGEST, MAX_INPUT_PIXELS, TextFinderInput, normalised
from pipelines.engine.readers.text_reader import (
    TALL,
    FoundText,
    Image,
    PixelBox,
    Reading,
    best_of,
    corners_from,
    joined,
    quarter_turns,
)

HEIGHT = 48
BATCH = 4
# About what both networks take in memory: measured.
BYTES = 220 * 2**20
# OpenVINO prepares itself anew for each width that it has not seen: with widths in whole steps it has soon
# seen all.
WIDTH_STEP = 48
WARM_UP_STEPS = 14
# Half-way between black and white is zero to the network, as where RapidOCR pads by itself.
GREY = 127
# A line is read in pieces of at most so many times its height: 48x4800 pixels of input.
MOST_HEIGHTS = 100
# No letter can be told from another with fewer pixels.
LEAST_LETTER = 5
# So many lines are laid out for the network at once.
LINES_AT_ONCE = 64


class RapidOcrReader:
    """One recogniser and one detector; the constructor loads and warms both."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_rec import TextRecInput
        from rapidocr.utils.typings import EngineType

        self._input = TextRecInput
        kinds = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
        # RapidOCR sorts lines by width and pads each batch to its widest: small batches pad little.
        widths = {"Rec.rec_batch_num": BATCH, "Rec.rec_img_shape": [3, HEIGHT, WIDTH_STEP]}
        self._ocr: Any = RapidOCR(params={"Global.log_level": "error", **kinds, **widths})
        # RapidOCR writes to the terminal with a handler of its own; its errors belong into the log.
        logger = logging.getLogger("RapidOCR")
        logger.handlers.clear()
        logger.propagate = True
        self._warm_up()

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """Cut every box out, make its line level, and read all in one call; tall ones also turned."""
        views = [
            (number, straightened(np.rot90(image_bgr[y1:y2, x1:x2], turns)))
            for number, (x1, y1, x2, y2) in enumerate(boxes_xyxy)
            for turns in quarter_turns((x1, y1, x2, y2))
        ]
        readings = self._recognise([crop for _, crop in views])
        numbered = [(number, reading) for (number, _), reading in zip(views, readings, strict=True)]
        return best_of(numbered, len(boxes_xyxy))

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Every line that RapidOCR's own detector finds, in no special order; large frames piece by piece."""
        if min(image_bgr.shape[:2]) < LEAST_LETTER:
            return []
        return [
            replace(found, corners=piece.back(found.corners))
            for piece in pieces_of_frame(image_bgr, LONGEST, MAX_INPUT_PIXELS)
            for found in self._find_and_read(piece.image_bgr)
        ]

    def _find_and_read(self, image_bgr: Image) -> list[FoundText]:
        given = TextFinderInput.of(image_bgr)
        found = self._detector(given.picture)
        if found.boxes is None:
            return []
        readings = self._recognise(self._ocr.crop_text_regions(given.picture, found.boxes))
        lines = zip(found.boxes, given.back(found.boxes), found.scores, readings, strict=True)
        return [
            FoundText(corners_from(quad.tolist(), first_corner(cut)), float(score), reading)
            for cut, quad, score, reading in lines
        ]

    def _recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """One reading for each crop; those that are too long for one line are read in pieces."""
        parts = [
            (number, part)
            for number, crop in enumerate(crops)
            for _, _, part in pieces_of(crop, longest_line(crop))
        ]
        # All lines at once would take much memory; like RapidOCR, pad little by reading short ones first.
        if len(parts) > LINES_AT_ONCE:
            parts.sort(key=lambda part: part[1].shape[1] / part[1].shape[0])
        readings: list[list[Reading]] = [[] for _ in crops]
        for start in range(0, len(parts), LINES_AT_ONCE):
            some = parts[start : start + LINES_AT_ONCE]
            lines = [to_line(part) for _, part in some]
            answer = self._ocr.text_rec(self._input(img=lines, return_word_box=False))
            for (number, _), text, score in zip(some, answer.txts, answer.scores, strict=True):
                readings[number].append(Reading(text.strip(), float(score)))
        return [joined(several) for several in readings]

    def _warm_up(self) -> None:
        recogniser = self._ocr._load_rec_model()
        self._detector = self._ocr._load_det_model()
        # RapidOCR sorts the boxes but not their scores: we keep both as they come and order lines ourselves.
        self._detector.sorted_boxes = as_they_come
        mean, deviation = self._detector.mean[0], self._detector.std[0]
        self._detector.get_preprocess = lambda: partial(normalised, mean=mean, deviation=deviation)
        self._detector(np.full((480, 640, 3), 255, np.uint8))
        for steps in range(1, WARM_UP_STEPS + 1):
            blank = np.full((HEIGHT, steps * WIDTH_STEP, 3), 255, np.uint8)
            recogniser(self._input(img=[blank], return_word_box=False))


def as_they_come(boxes: Any) -> Any:
    """No order."""
    return boxes


def longest_line(crop: Image) -> int:
    """The longest that a piece of a line may be, in pixels; a hairline has few pieces, too."""
    height, width = crop.shape[:2]
    return int(max(MOST_HEIGHTS * height, math.ceil(width / MOST_PIECES)))


def to_line(crop: Image) -> Image:
    """The crop at the height that the network reads, padded to the right to a whole number of steps."""
    import cv2

    height, width = crop.shape[:2]
    scaled = min(max(1, math.ceil(width * HEIGHT / height)), MOST_HEIGHTS * HEIGHT)
    line = np.full((HEIGHT, math.ceil(scaled / WIDTH_STEP) * WIDTH_STEP, 3), GREY, np.uint8)
    line[:, :scaled] = cv2.resize(np.ascontiguousarray(crop), (scaled, HEIGHT))
    return line


def first_corner(quad: NDArray[np.float32]) -> int:
    """The corner of a quadrilateral (4, 2) where its line begins: RapidOCR turns tall crops to the left."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    width, height = int(sides[::2].max()), int(sides[1::2].max())
    return 1 if height >= TALL * width else 0
