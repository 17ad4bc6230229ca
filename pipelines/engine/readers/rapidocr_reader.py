"""Reads text with RapidOCR, whose networks come inside its package, through OpenVINO on the CPU."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.networks import SharedNetwork
from pipelines.engine.readers.deskew import straightened
from pipelines.engine.readers.line_quads import whole_lines, with_air
from pipelines.engine.readers.pieces import MOST_PIECES, pieces_of, pieces_of_frame
from pipelines.engine.readers.text_finder_input import LONGEST, MAX_INPUT_PIXELS, TextFinderInput
from pipelines.engine.readers.text_finders import TextFinders, load_finder
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
from pipelines.engine.scheduling.yielding import others_wait, yield_slot

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
# A line is read in pieces of at most so many times its height.
MOST_HEIGHTS = 50
# No letter can be told from another with fewer pixels.
LEAST_LETTER = 5
# A batch of lines has at most so many columns of input: others wait for as long as it is read.
MOST_BATCH_WIDTH = MOST_HEIGHTS * HEIGHT


class RapidOcrReader:
    """A recogniser, which all threads share, and a detector or a few; the constructor loads and warms both.

    Several threads may use it at once. It gives way to shorter calls between its steps, and holds the
    recogniser for one step only.
    """

    concurrent: bool = True

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
        self._finders = TextFinders(partial(load_finder, self._ocr))
        self._recognisers = SharedNetwork(self._load_recogniser)

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """Cut every box out, make its line level, and read it; tall ones also turned."""
        numbers, crops = [], []
        for number, (x1, y1, x2, y2) in enumerate(boxes_xyxy):
            yield_slot()
            for turns in quarter_turns((x1, y1, x2, y2)):
                numbers.append(number)
                crops.append(straightened(np.rot90(image_bgr[y1:y2, x1:x2], turns)))
        readings = self._recognise(crops)
        return best_of(list(zip(numbers, readings, strict=True)), len(boxes_xyxy))

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
        yield_slot()
        given = TextFinderInput.of(image_bgr)
        yield_slot()
        with self._finders.borrow() as finder:
            found = finder(given.picture)
        if found.boxes is None:
            return []
        quads, scores = whole_lines(np.asarray(found.boxes, np.float32), list(found.scores))
        aired = with_air(quads, given.picture.shape[1::-1])
        readings = self._recognise([self._cut_out(given.picture, quad) for quad in aired])
        lines = zip(quads, given.back(np.stack(quads)), scores, readings, strict=True)
        return [
            FoundText(corners_from(quad.tolist(), first_corner(cut)), float(score), reading)
            for cut, quad, score, reading in lines
        ]

    def _cut_out(self, picture: Image, quad: Any) -> Image:
        yield_slot()
        crop: Image = self._ocr.crop_text_regions(picture, [quad])[0]
        return crop

    def _recognise(self, crops: Sequence[Image]) -> list[Reading]:
        """One reading for each crop; those that are too long for one line are read in pieces."""
        parts = [
            (number, part)
            for number, crop in enumerate(crops)
            for _, _, part in pieces_of(crop, longest_line(crop))
        ]
        readings: list[dict[int, Reading]] = [{} for _ in crops]
        for places in batches([line_width(part) for _, part in parts]):
            yield_slot()
            texts = self._read_lines([to_line(parts[place][1]) for place in places])
            for place, reading in zip(places, texts, strict=True):
                readings[parts[place][0]][place] = reading
        return [joined([several[place] for place in sorted(several)]) for several in readings]

    def _read_lines(self, lines: Sequence[Image]) -> list[Reading]:
        with self._recognisers.borrow() as recognise:
            answer = recognise(self._input(img=list(lines), return_word_box=False))
            pairs = zip(answer.txts, answer.scores, strict=True)
            return [Reading(text.strip(), float(score)) for text, score in pairs]

    def _load_recogniser(self) -> Any:
        """A recogniser that has seen lines of all usual widths."""
        # RapidOCR keeps the one that it has loaded.
        self._ocr.text_rec = None
        recognise = self._ocr._load_rec_model()
        for steps in range(1, WARM_UP_STEPS + 1):
            blank = np.full((HEIGHT, steps * WIDTH_STEP, 3), 255, np.uint8)
            recognise(self._input(img=[blank], return_word_box=False))
        return recognise


def batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """The places of lines of these widths that are read in one call: BATCH or, of long lines, fewer.

    Short ones come first, so that little is padded: a batch is as wide as its widest line. While others wait
    for the slot, batches are smaller, for they cannot be interrupted.
    """
    batch: list[int] = []
    for place in sorted(range(len(widths)), key=lambda place: widths[place]):
        most_width = MOST_BATCH_WIDTH // BATCH if others_wait() else MOST_BATCH_WIDTH
        if len(batch) == BATCH or (batch and (len(batch) + 1) * widths[place] > most_width):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def longest_line(crop: Image) -> int:
    """The longest that a piece of a line may be, in pixels; a hairline has few pieces, too."""
    height, width = crop.shape[:2]
    return int(max(MOST_HEIGHTS * height, math.ceil(width / MOST_PIECES)))


def to_line(crop: Image) -> Image:
    """The crop at the height that the network reads, padded to the right to a whole number of steps."""
    import cv2

    scaled = scaled_width(crop)
    line = np.full((HEIGHT, line_width(crop), 3), GREY, np.uint8)
    line[:, :scaled] = cv2.resize(np.ascontiguousarray(crop), (scaled, HEIGHT))
    return line


def scaled_width(crop: Image) -> int:
    """The width of a crop at the height that the network reads."""
    height, width = crop.shape[:2]
    return int(min(max(1, math.ceil(width * HEIGHT / height)), MOST_HEIGHTS * HEIGHT))


def line_width(crop: Image) -> int:
    """The same, padded to a whole number of steps."""
    return math.ceil(scaled_width(crop) / WIDTH_STEP) * WIDTH_STEP


def first_corner(quad: NDArray[np.float32]) -> int:
    """The corner of a quadrilateral (4, 2) where its line begins: RapidOCR turns tall crops to the left."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    width, height = int(sides[::2].max()), int(sides[1::2].max())
    return 1 if height >= TALL * width else 0
