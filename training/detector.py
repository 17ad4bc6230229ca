"""The text detector as the product runs it, for measuring: in its own engine, through OpenVINO."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.engine.networks import NetworkCache
from pipelines.engine.readers.rapidocr_reader import RapidOcrReader
from pipelines.engine.readers.text_reader import FoundText, PixelBox, Reading, TextReader
from pipelines.engine.weights.store import WeightsStore
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from pipelines.tools.yolo.detect import DetectParams, DetectTool

Image = NDArray[np.uint8]
LEAST_CONF = 0.05


@contextmanager
def opened() -> Iterator[OpenContext]:
    """The context in which tools open, with a cache that goes away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield OpenContext(NetworkCache(), WeightsStore(Path(folder), Path(folder)), device="cpu")


@dataclass
class Detector:
    """One network at one input size; `imgsz` is the longer side in pixels."""

    tool: DetectTool

    @classmethod
    def of(cls, context: OpenContext, weights: str, imgsz: int, conf: float = LEAST_CONF) -> Detector:
        """Open weights, a name or a path."""
        return cls(DetectTool(DetectParams(weights=weights, imgsz=imgsz, conf=conf), context))

    def find(self, image_bgr: Image) -> tuple[list[Detection], float]:
        """Boxes on a picture (height, width, 3), and the milliseconds that they took."""
        start = time.perf_counter()
        found = self.tool.run({"image": image_bgr}, RunContext(frame_index=1))["detections"]
        return list(found), (time.perf_counter() - start) * 1000

    def cost(self, image_bgr: Image) -> float:
        """The milliseconds that a picture takes."""
        return self.find(image_bgr)[1]


class RememberingReader:
    """Reads no box of a picture twice; the pictures must be kept for as long as this is."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._known: dict[tuple[int, PixelBox], Reading] = {}

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """One reading for each box."""
        picture = id(image_bgr)
        fresh = [box for box in boxes_xyxy if (picture, box) not in self._known]
        for box, reading in zip(fresh, self._reader.read(image_bgr, fresh), strict=True):
            self._known[picture, box] = reading
        return [self._known[picture, box] for box in boxes_xyxy]

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Every line on the frame."""
        return self._reader.find_and_read(image_bgr)


def reader(context: OpenContext) -> ReadTool:
    """The reader of the boxes in `yolo_ocr`, quicker where the same pictures come again."""
    context.networks.get(("rapidocr",), lambda: RememberingReader(RapidOcrReader()))
    return ReadTool(ReadParams(), context)


def above(boxes: Sequence[Detection], conf: float) -> list[Detection]:
    """The boxes with a confidence of at least `conf`."""
    return [box for box in boxes if box.score >= conf]


def pictures_in(folder: Path) -> list[Image]:
    """All JPEG and PNG files of a folder, BGR, by name; raises SystemExit where there is none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".jpg", ".png"})
    if not paths:
        raise SystemExit(f"there are no pictures in {folder}")
    return [np.asarray(cv2.imread(str(path)), np.uint8) for path in paths]


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for the model card."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
