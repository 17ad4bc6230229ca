"""Compares the time of finding text with RapidOCR's own detector, at the same input size, in one run.

By hand: `python -m training.compare FOLDER` with a folder of pictures, as `tests/data/webcam_text`.
Every picture is resized to the input size first. Then both detectors find text on it in turns, each with its
own work before and after the network, through OpenVINO and with as many threads as OpenVINO takes by itself.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from pipelines.tools.base import OpenContext
from training.detector import Detector, Image, markdown_table, opened, pictures_in

SIZES_HW = ((320, 320), (416, 416), (480, 480), (480, 640), (640, 640))
CONF = 0.25
COLUMNS = ("input", "ours, ms", "RapidOCR's, ms", "share")
Find = Callable[[Image], float]


@dataclass(frozen=True)
class Cost:
    """Median milliseconds a picture at one input size, height and width."""

    size_hw: tuple[int, int]
    ours_ms: float
    rapidocr_ms: float

    @property
    def share(self) -> float:
        """Ours in parts of RapidOCR's."""
        return self.ours_ms / self.rapidocr_ms

    def cells(self) -> list[str]:
        """The cost as a row of a table."""
        height, width = self.size_hw
        return [f"{width}x{height}", f"{self.ours_ms:.1f}", f"{self.rapidocr_ms:.1f}", f"{self.share:.2f}"]


def compare(context: OpenContext, weights: str, pictures: Sequence[Image], rounds: int) -> list[Cost]:
    """The cost of both at every size; each picture is looked at `rounds` times by each."""
    theirs = rapidocr_detector()
    costs = []
    for height, width in SIZES_HW:
        ours = Detector.of(context, weights, max(height, width), CONF)
        resized = [np.asarray(cv2.resize(picture, (width, height)), np.uint8) for picture in pictures]
        theirs.limit_side_len = min(height, width)
        spent = in_turns((ours.cost, partial(timed, theirs)), resized, rounds)
        costs.append(Cost((height, width), *spent))
    return costs


def in_turns(finders: Sequence[Find], pictures: Sequence[Image], rounds: int) -> list[float]:
    """The median milliseconds of each finder, which take turns picture by picture; a first round warms up."""
    spent: list[list[float]] = [[] for _ in finders]
    for round_number in range(rounds + 1):
        for picture in pictures:
            for times, find in zip(spent, finders, strict=True):
                took = find(picture)
                if round_number:
                    times.append(took)
    return [median(times) for times in spent]


def rapidocr_detector() -> Any:
    """RapidOCR's detector as `ocr.read` has it, through OpenVINO; `limit_side_len` is the shorter side."""
    from rapidocr import RapidOCR
    from rapidocr.utils.typings import EngineType

    return RapidOCR(
        params={"Global.log_level": "error", "Det.engine_type": EngineType.OPENVINO}
    )._load_det_model()


def timed(detector: Callable[[Image], object], picture: Image) -> float:
    """The milliseconds that a detector takes for a picture."""
    start = time.perf_counter()
    detector(picture)
    return (time.perf_counter() - start) * 1000


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a folder of pictures")
    parser.add_argument("--weights", default="forgesyte-text-n", help="a name or a path")
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each picture is looked at (default 5)"
    )
    values = parser.parse_args(argv)
    with opened() as context:
        costs = compare(context, values.weights, pictures_in(values.folder), values.rounds)
    sys.stdout.write(markdown_table(COLUMNS, [cost.cells() for cost in costs]) + "\n")


if __name__ == "__main__":  # pragma: no cover
    main()
