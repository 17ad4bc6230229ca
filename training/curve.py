"""Measures recall and time of the detector over input sizes and confidences, to choose the defaults.

By hand: `python -m training.curve --words tests/data/webcam_text`. Lines are found on
held-out scenes (boxes of one line joined, as `ocr.read` does), words are read on the pictures of `--words`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.evaluation import text_scores
from pipelines.evaluation.text_scores import TextScore
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr.line_joining import joined_lines
from pipelines.tools.ocr.read import ReadTool
from training.detector import Detector, Image, above, markdown_table, opened, reader
from training.evaluate import FIRST_SEED
from training.scenes import fonts, photos
from training.scenes.lines import Boxes, Quads, hulls
from training.scenes.scene import scene

IMGSZ = (320, 416, 480, 640, 800)
CONFS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
MATCH_IOU = 0.5
COLUMNS = (
    "longer side", "conf", "lines found", "of boxes right", "false boxes an empty scene", "words read",
    "of words right", "ms",
)  # fmt: skip
Scene = tuple[Image, Boxes]
Page = tuple[Image, list[str]]


@dataclass(frozen=True)
class Lines:
    """The lines found on scenes, and the number of boxes on the scenes without text."""

    drawn: int
    guessed: int
    hits: int
    empty_scenes: int
    false_on_empty: int

    @classmethod
    def of(cls, found: Sequence[Sequence[Detection]], scenes: Sequence[Scene]) -> Lines:
        """Count; `found` has the boxes of each scene."""
        sizes = [(image.shape[1], image.shape[0]) for image, _ in scenes]
        boxes = [pixels(one, size) for one, size in zip(found, sizes, strict=True)]
        pairs = [(guess, truth) for guess, (_, truth) in zip(boxes, scenes, strict=True)]
        empty = [len(guess) for guess, truth in pairs if not len(truth)]
        return cls(
            drawn=sum(len(truth) for _, truth in pairs),
            guessed=sum(map(len, boxes)),
            hits=sum(matches(guess, truth) for guess, truth in pairs),
            empty_scenes=len(empty),
            false_on_empty=sum(empty),
        )


@dataclass(frozen=True)
class Point:
    """One input size and confidence: lines found, words read, and the median milliseconds of detection."""

    imgsz: int
    conf: float
    lines: Lines
    words: TextScore
    detect_ms: float

    def cells(self) -> list[str]:
        """The point as a row of a table."""
        lines, words = self.lines, self.words
        shares = (
            text_scores.ratio(lines.hits, lines.drawn), text_scores.ratio(lines.hits, lines.guessed),
            text_scores.ratio(lines.false_on_empty, lines.empty_scenes), words.recall, words.precision,
        )  # fmt: skip
        told = ["" if share is None else f"{share:.3f}" for share in shares]
        return [str(self.imgsz), f"{self.conf:.2f}", *told, f"{self.detect_ms:.1f}"]


def measure(
    context: OpenContext, weights: str, scenes: Sequence[Scene], pages: Sequence[Page], imgsz: int
) -> list[Point]:
    """The points of one size; the network runs once a picture, whatever the number of confidences."""
    detector, read = Detector.of(context, weights, imgsz), reader(context)
    for image, _ in scenes[:3]:
        detector.find(image)  # the first runs at a size are slow
    found = [detector.find(image) for image, _ in scenes]
    boxes = [detector.find(image)[0] for image, _ in pages]
    spent = median(took for _, took in found)
    points = []
    for conf in CONFS:
        joined = [
            joined_lines(above(one, conf), (image.shape[1], image.shape[0]))
            for (one, _), (image, _) in zip(found, scenes, strict=True)
        ]
        lines = Lines.of(joined, scenes)
        score = sum(
            (words_read(read, page, above(one, conf)) for page, one in zip(pages, boxes, strict=True)),
            TextScore(),
        )
        points.append(Point(imgsz, conf, lines, score, spent))
    return points


def words_read(read: ReadTool, page: Page, boxes: list[Detection]) -> TextScore:
    """The score of what is read in the boxes on a picture."""
    image_bgr, said = page
    result = read.run({"image": image_bgr, "detections": boxes}, RunContext(frame_index=1))
    texts = [{"text": box.text} for box in result["detections"]]
    return text_scores.score(said, {"text": result["text"], "detections": texts})


def matches(found: Boxes, truth: Boxes) -> int:
    """Count the true boxes (xyxy) that are found, each by another one, best first."""
    if not len(found) or not len(truth):
        return 0
    overlap, count = ious(found, truth), 0
    while overlap.max() >= MATCH_IOU:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        overlap[row], overlap[:, column], count = 0, 0, count + 1
    return count


def ious(one: Boxes, other: Boxes) -> NDArray[np.float32]:
    """Intersection over union of all pairs of boxes xyxy, (n, m)."""
    corner = np.minimum(one[:, None, 2:], other[None, :, 2:]) - np.maximum(
        one[:, None, :2], other[None, :, :2]
    )
    shared = np.clip(corner, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (one, other)]
    return np.asarray(shared / (areas[0][:, None] + areas[1][None] - shared), np.float32)


def with_hulls(image_bgr: Image, quads: Quads) -> Scene:
    """A scene with the upright hulls of its lines."""
    return image_bgr, hulls(quads)


def pixels(boxes: Sequence[Detection], size_wh: tuple[int, int]) -> Boxes:
    """Boxes as corners xyxy in pixels, (n, 4)."""
    return np.array([box.xyxy_pixels(size_wh) for box in boxes], np.float32).reshape(-1, 4)


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", default="forgesyte-text-n", help="a name or a path")
    parser.add_argument("--words", type=Path, required=True, help="a folder with pictures and words.json")
    parser.add_argument("--photos", type=Path, help="photographs that a training run kept (OUT/photos)")
    parser.add_argument("--scenes", type=int, default=300, help="how many held-out scenes (default 300)")
    parser.add_argument("--imgsz", type=int, nargs="*", default=IMGSZ, help="input sizes, the longer side")
    values = parser.parse_args(argv)
    pictures = photos.photos_in(values.photos, held_out=True) if values.photos else None
    numbers = range(values.scenes)
    drawn = [with_hulls(*scene(FIRST_SEED + number, fonts.held_out_fonts(), pictures)) for number in numbers]
    said = json.loads((values.words / "words.json").read_text(encoding="utf-8"))
    pages = [
        (np.asarray(cv2.imread(str(values.words / name)), np.uint8), words) for name, words in said.items()
    ]
    with opened() as context:
        points = [p for imgsz in values.imgsz for p in measure(context, values.weights, drawn, pages, imgsz)]
    sys.stdout.write(markdown_table(COLUMNS, [point.cells() for point in points]) + "\n")


if __name__ == "__main__":  # pragma: no cover
    main()
