"""Reads text with RapidOCR, whose networks come inside its package, through OpenVINO on the CPU."""

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.engine.straighten import straightened
from pipelines.engine.text_readers import FoundText, Image, PixelBox, Reading, best_of, quarter_turns

HEIGHT = 48
BATCH = 4
# OpenVINO prepares itself anew for each width that it has not seen: with widths in whole steps it has soon
# seen all.
WIDTH_STEP = 48
WARM_UP_STEPS = 14
# Half-way between black and white is zero to the network, as where RapidOCR pads by itself.
GREY = 127


class RapidOcrReader:
    """One recogniser and one detector; the constructor loads and warms both."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_rec import TextRecInput
        from rapidocr.main import RapidOCRError
        from rapidocr.utils.process_img import map_boxes_to_original
        from rapidocr.utils.typings import EngineType

        self._input = TextRecInput
        self._nothing_found = RapidOCRError
        self._to_original = map_boxes_to_original
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
        """Every line that RapidOCR's own detector finds, in no special order."""
        height, width = image_bgr.shape[:2]
        picture, changes = self._ocr.preprocess_img(image_bgr)
        try:
            crops, found = self._ocr.detect_and_crop(picture, changes)
        except self._nothing_found:
            return []
        corners = self._to_original(found.boxes, changes, height, width)
        readings = self._recognise(crops)
        return [
            FoundText(bounds_of(quad), float(score), reading)
            for quad, score, reading in zip(corners, found.scores, readings, strict=True)
        ]

    def _recognise(self, crops: Sequence[Image]) -> list[Reading]:
        if not crops:
            return []
        lines = [to_line(crop) for crop in crops]
        answer = self._ocr.text_rec(self._input(img=lines, return_word_box=False))
        return [
            Reading(text.strip(), float(score))
            for text, score in zip(answer.txts, answer.scores, strict=True)
        ]

    def _warm_up(self) -> None:
        recogniser = self._ocr._load_rec_model()
        detector = self._ocr._load_det_model()
        # RapidOCR sorts the boxes but not their scores: we keep both as they come and order lines ourselves.
        detector.sorted_boxes = as_they_come
        detector(np.full((480, 640, 3), 255, np.uint8))
        for steps in range(1, WARM_UP_STEPS + 1):
            blank = np.full((HEIGHT, steps * WIDTH_STEP, 3), 255, np.uint8)
            recogniser(self._input(img=[blank], return_word_box=False))


def as_they_come(boxes: Any) -> Any:
    """No order."""
    return boxes


def to_line(crop: Image) -> Image:
    """The crop at the height that the network reads, padded to the right to a whole number of steps."""
    import cv2

    height, width = crop.shape[:2]
    scaled = max(1, math.ceil(width * HEIGHT / height))
    line = np.full((HEIGHT, math.ceil(scaled / WIDTH_STEP) * WIDTH_STEP, 3), GREY, np.uint8)
    line[:, :scaled] = cv2.resize(np.ascontiguousarray(crop), (scaled, HEIGHT))
    return line


def bounds_of(quad: Any) -> tuple[float, float, float, float]:
    """The upright box around four corners, 4x2."""
    (x1, y1), (x2, y2) = np.min(quad, axis=0), np.max(quad, axis=0)
    return float(x1), float(y1), float(x2), float(y2)
