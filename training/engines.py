"""Measures how well each engine reads the lines that the text detector finds: margins and least scores.

By hand: `python -m training.engines tests/data/webcam_text`, a folder with pictures and `words.json`.
A word counts as right where it is on the picture, and as wrong where it is not; each once for a picture.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import CALIBRATIONS, Calibration
from pipelines.engine.readers.text_reader import Reading
from pipelines.evaluation.text_scores import checked_words, words_of
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from training.detector import Detector, Image, markdown_table, opened

CONF, IMGSZ = 0.25, 640
SCORES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
COLUMNS = ("least score", "words right", "words wrong")
BEFORE, AFTER = (0.0, 0.1, 0.2, 0.3, 0.6), (0.0, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Picture:
    """A picture, BGR, the words on it, and the boxes of its lines."""

    image_bgr: Image
    words: frozenset[str]
    boxes: Sequence[Detection]


def pictures_of(folder: Path, detector: Detector) -> list[Picture]:
    """The pictures that the folder's `words.json` names."""
    known = checked_words(json.loads((folder / "words.json").read_text(encoding="utf-8")))
    images = {name: np.asarray(cv2.imread(str(folder / name)), np.uint8) for name in known}
    return [
        Picture(images[name], words_of(" ".join(words)), detector.find(images[name])[0])
        for name, words in known.items()
    ]


class Engine:
    """One engine as `ocr.read` runs it, with any margins, and with all that it reads."""

    def __init__(self, name: str, context: OpenContext) -> None:
        self.name = name
        params = {"engine": name, "min_score": 0}
        self._tool = ReadTool(ReadParams.model_validate(params), context)

    def read(self, picture: Picture, calibration: Calibration) -> list[Reading]:
        """The lines that have a text."""
        self._tool.calibration = replace(calibration, min_score=0)
        payload = {"frame_index": 1, "image": picture.image_bgr, "detections": picture.boxes}
        boxes = self._tool.run(payload, RunContext(1))["detections"]
        return [Reading(box.text, box.text_score or 0) for box in boxes if box.text]


def counts(pictures: Sequence[Picture], lines: Sequence[Sequence[Reading]], least: float) -> tuple[int, int]:
    """The words right and wrong of the lines with at least this score."""
    right = wrong = 0
    for picture, readings in zip(pictures, lines, strict=True):
        read = words_of(" ".join(reading.text for reading in readings if reading.score >= least))
        right += len(read & picture.words)
        wrong += len(read - picture.words)
    return right, wrong


def by_score(engine: Engine, pictures: Sequence[Picture]) -> list[list[str]]:
    """Rows: the least score, the words right and wrong."""
    lines = [engine.read(picture, CALIBRATIONS[engine.name]) for picture in pictures]
    return [[f"{least:.1f}", *map(str, counts(pictures, lines, least))] for least in SCORES]


def by_margin(engine: Engine, pictures: Sequence[Picture]) -> list[list[str]]:
    """Rows: the margin before the line, then the words right and wrong for each margin after it."""
    rows = []
    for before in BEFORE:
        cells = [f"{before:g}"]
        for after in AFTER:
            own = replace(CALIBRATIONS[engine.name], padding_before=before, padding_after=after)
            lines = [engine.read(picture, own) for picture in pictures]
            cells.append("{} / {}".format(*counts(pictures, lines, own.min_score)))
        rows.append(cells)
    return rows


def report(folder: Path, engines: Sequence[str], *, margins: bool) -> Mapping[str, str]:
    """The tables of each engine by their titles."""
    tables = {}
    with opened() as context:
        pictures = pictures_of(folder, Detector.of(context, "forgesyte-text-n", IMGSZ, CONF))
        for name in engines:
            engine = Engine(name, context)
            tables[f"{name}, by score"] = markdown_table(COLUMNS, by_score(engine, pictures))
            if margins:
                after = ("before \\ after", *(f"{margin:g}" for margin in AFTER))
                tables[f"{name}, by margin"] = markdown_table(after, by_margin(engine, pictures))
    return tables


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a folder of pictures with words.json")
    parser.add_argument("--engine", action="append", choices=tuple(CALIBRATIONS), help="default all")
    parser.add_argument("--margins", action="store_true", help="try margins, too: 30 times as long")
    values = parser.parse_args(argv)
    for title, table in report(
        values.folder, values.engine or tuple(CALIBRATIONS), margins=values.margins
    ).items():
        sys.stdout.write(f"{title}\n\n{table}\n\n")


if __name__ == "__main__":  # pragma: no cover
    main()
