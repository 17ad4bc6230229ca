"""Scores a text-line detector on held-out scenes.

By hand: `python -m training.evaluate WEIGHTS --out FOLDER` prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from pipelines.engine.detectors.yolo_networks import noted_task
from training.scenes import fonts, photos
from training.scenes.photos import Photos
from training.scenes.scene import HEIGHT, WIDTH, scene

FIRST_SEED = 950_000_000
CONF = 0.25


@dataclass(frozen=True)
class Scores:
    """The scores of a detector: precision and recall at the best F1; false boxes where no text is."""

    scenes: int
    lines: int
    precision: float
    recall: float
    map50: float
    map50_95: float
    empty_scenes: int
    boxes_on_empty: int


def evaluate(
    weights: Path,
    folder: Path,
    scenes: int = 400,
    first_seed: int = FIRST_SEED,
    pictures: Photos | None = None,
) -> Scores:
    """Draw held-out scenes into a folder and score weights (any format Ultralytics loads) on them at 480x640.

    Networks of oriented boxes are scored by the lines' own boxes, others by the upright hulls of these.
    `boxes_on_empty` counts boxes above a confidence of 0.25 on the scenes that show no text.
    """
    from ultralytics import YOLO

    counts = [_write(folder, first_seed + index, pictures) for index in range(scenes)]
    data = folder / "data.yaml"
    data.write_text(f"path: {folder.resolve()}\ntrain: images\nval: images\nnames: {{0: text}}\n")
    network = YOLO(weights, task=noted_task(weights))
    found = network.val(data=str(data), imgsz=WIDTH, rect=True, batch=1, plots=False, device="cpu",
                        project=str(folder), name="val", exist_ok=True, verbose=False)  # fmt: skip
    empty = [_picture(folder, first_seed + index) for index, count in enumerate(counts) if not count]
    false = [len(network.predict(p, imgsz=(HEIGHT, WIDTH), conf=CONF, verbose=False)[0]) for p in empty]
    precision, recall, map50, map50_95 = (round(float(value), 4) for value in found.box.mean_results())
    return Scores(scenes, sum(counts), precision, recall, map50, map50_95, len(empty), sum(false))


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for the scenes")
    parser.add_argument("--scenes", type=int, default=400, help="how many scenes (default 400)")
    parser.add_argument("--photos", type=Path, help="photographs that a training run kept (OUT/photos)")
    values = parser.parse_args(argv)
    pictures = photos.photos_in(values.photos, held_out=True) if values.photos else None
    scores = evaluate(values.weights, values.out, values.scenes, pictures=pictures)
    sys.stdout.write(json.dumps(asdict(scores)) + "\n")


def _write(folder: Path, seed: int, pictures: Photos | None) -> int:
    """Write one scene and its lines' corners in YOLO's format; returns how many lines it has."""
    image, quads = scene(seed, fonts.held_out_fonts(), pictures)
    picture, labels = _picture(folder, seed), folder / "labels" / f"{seed}.txt"
    for path in (picture, labels):
        path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(picture), image)
    fractions = (quads / np.array([WIDTH, HEIGHT], np.float32)).reshape(-1, 8)
    labels.write_text("".join(f"0 {' '.join(map(str, corners))}\n" for corners in fractions.tolist()))
    return len(quads)


def _picture(folder: Path, seed: int) -> Path:
    return folder / "images" / f"{seed}.png"


if __name__ == "__main__":  # pragma: no cover
    main()
