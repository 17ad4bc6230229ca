"""Draws one scene: a webcam picture and the boxes of its lines of text, all from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.training import fonts as font_files
from pipelines.training import layouts, textures
from pipelines.training.camera import photograph
from pipelines.training.lines import Boxes, box_corners, clip_boxes, hulls, join_runs, project, shifted
from pipelines.training.sheet import Sheet

Image = NDArray[np.uint8]
Homography = NDArray[np.float64]
WIDTH, HEIGHT = 640, 480
EMPTY_SHARE = 0.2
CROWDED = 0.05
SHORT = 220


def scene(seed: int, fonts: Sequence[Path] | None = None) -> tuple[Image, Boxes]:
    """A picture (480, 640, 3) BGR and its text lines' boxes (n, 4) xyxy in pixels.

    The same seed, fonts and library versions give the same picture. About one scene in five has no text.
    Raises RuntimeError where no font is installed.
    """
    rng = Random(seed)
    fonts = fonts or font_files.training_fonts()
    image = textures.background(rng, WIDTH, HEIGHT)
    boxes = np.zeros((0, 4), np.float32)
    if rng.random() < EMPTY_SHARE:
        for _ in range(rng.randint(0, 4)):
            textures.clutter(rng, image)
    else:
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
            image, boxes = _add_sheet(rng, fonts, image, boxes)
    if rng.random() < 0.08:
        boxes = _letterbox(rng, image, boxes)
    return photograph(rng, image), clip_boxes(boxes, WIDTH, HEIGHT)


def _add_sheet(rng: Random, fonts: Sequence[Path], image: Image, boxes: Boxes) -> tuple[Image, Boxes]:
    """Put one written thing into the picture, unless it would hide text that is there."""
    first = not len(boxes)
    layout = rng.choices([kind for _, kind in layouts.LAYOUTS], [share for share, _ in layouts.LAYOUTS])[0]
    width, height = _sheet_size(rng, layout, first)
    homography, corners = _placement(rng, width, height, first and width >= WIDTH * 0.9)
    if _hides(corners, boxes):
        return image, boxes
    sheet = layout(rng, fonts, width, height)
    image = _laid_on(image, sheet, homography)
    lines = hulls(project(box_corners(join_runs(sheet.runs)), homography))
    return image, np.concatenate([boxes, clip_boxes(lines, WIDTH, HEIGHT)])


def _sheet_size(rng: Random, layout: object, first: bool) -> tuple[int, int]:
    if layout in (layouts.page, layouts.poster, layouts.screen):
        if first and rng.random() < 0.5:
            return WIDTH, HEIGHT
        return rng.randint(200, 620), rng.randint(160, 470)
    if layout is layouts.label:
        return rng.randint(110, 320), rng.randint(100, 440)
    if layout is layouts.plate:
        return rng.randint(50, 360), rng.randint(16, 130)
    if layout is layouts.caption and first and rng.random() < 0.5:
        return WIDTH, rng.randint(60, HEIGHT)
    return rng.randint(60, 480), rng.randint(18, 240)


def _placement(rng: Random, width: int, height: int, fills: bool) -> tuple[Homography, NDArray[np.float32]]:
    """A homography from a sheet to the picture, and where it takes the sheet's corners (4, 2)."""
    angle, slant, centre = _pose(rng, width, height, fills)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turn[:, 2] += centre[0] - width / 2, centre[1] - height / 2
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    turned = square @ turn[:, :2].T + turn[:, 2]
    pulls = [(rng.uniform(-1, 1) * width, rng.uniform(-1, 1) * height) for _ in range(4)]
    corners = (turned + np.array(pulls) * slant / 2).astype(np.float32)
    return cv2.getPerspectiveTransform(square, corners), corners


def _pose(rng: Random, width: int, height: int, fills: bool) -> tuple[float, float, tuple[float, float]]:
    """An angle in degrees, a share by which corners may be pulled, and a centre."""
    level = rng.random()
    if width < SHORT:
        angle = 0.0 if level < 0.35 else rng.gauss(0, 4) if level < 0.7 else rng.uniform(-25, 25)
    else:  # a long line's upright box is mostly not text when the line is far from level
        angle = 0.0 if level < 0.4 else rng.gauss(0, 2 if level < 0.85 else 5)
    slant = 0.0 if rng.random() < 0.4 else rng.uniform(0, 0.14)
    if fills:
        centre = WIDTH / 2 + rng.uniform(-30, 30), HEIGHT / 2 + rng.uniform(-30, 30)
        return (0.0, 0.0, (WIDTH / 2, HEIGHT / 2)) if rng.random() < 0.5 else (angle / 2, slant / 2, centre)
    across, down = 0.4 * min(1.0, width / WIDTH), 0.4 * min(1.0, height / HEIGHT)
    return angle, slant, (WIDTH * rng.uniform(across, 1 - across), HEIGHT * rng.uniform(down, 1 - down))


def _hides(corners: NDArray[np.float32], boxes: Boxes) -> bool:
    """Whether a sheet at these corners would cover a visible part of a line that is already there."""
    if not len(boxes):
        return False
    mask = np.zeros((HEIGHT // 4, WIDTH // 4), np.uint8)
    cv2.fillConvexPoly(mask, (corners / 4).astype(np.int32), 1)
    small = (boxes / 4).astype(int)
    return any(mask[y0 : y1 + 1, x0 : x1 + 1].mean() > CROWDED for x0, y0, x1, y1 in small)


def _laid_on(image: Image, sheet: Sheet, homography: Homography) -> Image:
    pixels, alpha = sheet.pixels()
    size = (WIDTH, HEIGHT)
    moved = cv2.warpPerspective(pixels, homography, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(alpha, homography, size)
    wide = cv2.merge([mask] * 3)
    front = cv2.multiply(moved, wide, scale=1 / 255)
    return np.asarray(cv2.add(front, cv2.multiply(image, cv2.bitwise_not(wide), scale=1 / 255)), np.uint8)


def _letterbox(rng: Random, image: Image, boxes: Boxes) -> Boxes:
    """Cover the picture's top and bottom with bars, as for a wide picture; returns the boxes left."""
    bar = rng.randint(20, 100)
    image[:bar] = image[-bar:] = rng.choice((0, 0, 114, 255))
    return shifted(clip_boxes(shifted(boxes, 0, -bar), WIDTH, HEIGHT - 2 * bar), 0, bar)
