"""Draws one scene: a webcam picture and the corners of its lines of text, all from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from training.scenes import fonts as font_files
from training.scenes import layouts, photos, special, textures
from training.scenes.camera import photograph
from training.scenes.lines import Quads, box_corners, clip_lines, project, shifted
from training.scenes.lookalikes import LOOKALIKES
from training.scenes.photos import Photos
from training.scenes.sheet import Sheet

Image = NDArray[np.uint8]
Homography = NDArray[np.float64]
WIDTH, HEIGHT = 640, 480
EMPTY_SHARE = 0.3
PHOTO_SHARE = 0.6
CROWDED = 0.05
FAINT = 13
LAYOUTS = (*layouts.LAYOUTS, *special.SPECIAL)


def scene(
    seed: int, fonts: Sequence[Path] | None = None, pictures: Photos | None = None
) -> tuple[Image, Quads]:
    """A picture (480, 640, 3) BGR and its text lines' corners (n, 4, 2) in pixels, clockwise from the text's
    own upper left.

    The same seed, fonts, photographs and library versions give the same picture. About three scenes in ten
    have no text. Raises RuntimeError where no font is installed.
    """
    rng = Random(seed)
    fonts, pictures = fonts or font_files.training_fonts(), pictures or Photos()
    empty, quads = rng.random() < EMPTY_SHARE, np.zeros((0, 4, 2), np.float32)
    image = _ground(rng, pictures, rng.choice((1, 2, 3, 5) if empty else (0, 0, 1, 1, 2, 4)))
    if not empty:
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
            image, quads = _add_sheet(rng, fonts, image, quads)
    if rng.random() < 0.06:
        quads = _letterbox(rng, image, quads)
    image = photograph(rng, image)
    return image, _visible(image, clip_lines(quads, WIDTH, HEIGHT))


def _visible(image: Image, quads: Quads) -> Quads:
    """The lines in which something stands out: what nobody can see is no text."""
    grey = cv2.blur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3))
    seen = [_stands_out(grey, quad) for quad in quads]
    kept: Quads = quads[np.array(seen, bool)]
    return kept


def _stands_out(grey: Image, quad: Quads) -> bool:
    x0, y0 = np.floor(quad.min(axis=0)).astype(int)
    x1, y1 = np.ceil(quad.max(axis=0)).astype(int)
    part = grey[max(0, y0) : y1 + 1, max(0, x0) : x1 + 1]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad - (max(0, x0), max(0, y0))).astype(np.int32), 1)
    return bool(np.ptp(np.percentile(part[mask > 0], (4, 96))) >= FAINT)


def _ground(rng: Random, pictures: Photos, things: int) -> Image:
    """A photograph or a drawn ground, with a number of things on it that are no text."""
    if pictures.grounds and rng.random() < PHOTO_SHARE:
        image = photos.ground(rng, pictures, WIDTH, HEIGHT)
    else:
        image = rng.choice(textures.GROUNDS)(rng, WIDTH, HEIGHT)
    for _ in range(things):
        kind = rng.random()
        if kind < 0.3 and pictures.cutouts:
            photos.paste_cutout(rng, pictures, image)
        elif kind < 0.45 and pictures.grounds:
            _frame(rng, pictures, image)
        else:
            textures.clutter(rng, image, rng.choice((LOOKALIKES, LOOKALIKES, textures.CLUTTER)))
    return image


def _frame(rng: Random, pictures: Photos, image: Image) -> None:
    """Put a part of a photograph into the picture, as on a wall or a screen."""
    w, h = rng.randint(40, WIDTH * 2 // 3), rng.randint(40, HEIGHT * 2 // 3)
    x, y = rng.randint(0, WIDTH - w), rng.randint(0, HEIGHT - h)
    image[y : y + h, x : x + w] = photos.ground(rng, pictures, w, h)


def _add_sheet(rng: Random, fonts: Sequence[Path], image: Image, quads: Quads) -> tuple[Image, Quads]:
    """Put one written thing into the picture, unless it would hide text that is there."""
    first = not len(quads)
    layout = rng.choices([kind for _, kind in LAYOUTS], [share for share, _ in LAYOUTS])[0]
    width, height = _sheet_size(rng, layout, first)
    homography, corners = _placement(rng, width, height, first and width >= WIDTH * 0.9)
    if _hides(corners, quads):
        return image, quads
    sheet = layout(rng, fonts, width, height)
    image = _laid_on(image, sheet, homography, shadow=rng.choice((0.0, 0.0, rng.uniform(0.2, 0.6))))
    lines = project(box_corners(sheet.lines()), homography)
    return image, np.concatenate([quads, clip_lines(lines, WIDTH, HEIGHT)])


def _sheet_size(rng: Random, layout: object, first: bool) -> tuple[int, int]:
    if layout in (layouts.page, layouts.poster, layouts.screen, special.columns):
        if first and rng.random() < 0.5:
            return WIDTH, HEIGHT
        return rng.randint(200, 620), rng.randint(160, 470)
    if layout is layouts.label:
        return rng.randint(110, 320), rng.randint(100, 440)
    if layout is layouts.plate:
        return rng.randint(50, 360), rng.randint(16, 130)
    if layout is special.huge:
        return (WIDTH, rng.randint(150, HEIGHT)) if first else (rng.randint(240, 640), rng.randint(100, 400))
    if layout is special.lone:
        side = int(20 * 18 ** rng.random())
        return max(20, int(side * rng.uniform(0.8, 1.8))), side
    if layout in (special.bent, special.carved):
        return rng.randint(140, 600), rng.randint(80, 400)
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
    angle = _angle(rng)
    slant = 0.0 if rng.random() < 0.4 else rng.uniform(0, 0.16)
    if fills:
        away = rng.choice((20, 40, 160))
        centre = WIDTH / 2 + rng.uniform(-away, away), HEIGHT / 2 + rng.uniform(-away, away) * 0.6
        return (0.0, 0.0, (WIDTH / 2, HEIGHT / 2)) if rng.random() < 0.2 else (angle, slant / 2, centre)
    across, down = 0.4 * min(1.0, width / WIDTH), 0.4 * min(1.0, height / HEIGHT)
    return angle, slant, (WIDTH * rng.uniform(across, 1 - across), HEIGHT * rng.uniform(down, 1 - down))


def _angle(rng: Random) -> float:
    """Degrees: level or nearly so in half of the cases, slanted, on its side or upside down in the others."""
    kind = rng.random()
    if kind < 0.25:
        return 0.0
    if kind < 0.5:
        return rng.gauss(0, 5)
    if kind < 0.75:
        return rng.uniform(-50, 50)
    if kind < 0.88:
        return rng.choice((90.0, -90.0, 180.0)) + rng.choice((0.0, rng.gauss(0, 5)))
    return rng.uniform(-180, 180)


def _hides(corners: NDArray[np.float32], quads: Quads) -> bool:
    """True if a sheet at these corners would cover a visible part of a line that is already there."""
    if not len(quads):
        return False
    sheet = np.zeros((HEIGHT // 4, WIDTH // 4), np.uint8)
    cv2.fillConvexPoly(sheet, (corners / 4).astype(np.int32), 1)
    for quad in quads:
        line = np.zeros_like(sheet)
        cv2.fillConvexPoly(line, (quad / 4).astype(np.int32), 1)
        if sheet[line > 0].mean() > CROWDED:
            return True
    return False


def _laid_on(image: Image, sheet: Sheet, homography: Homography, shadow: float = 0) -> Image:
    """The picture with a sheet in it, which darkens what is behind and below it by a share."""
    pixels, alpha = sheet.pixels()
    size = (WIDTH, HEIGHT)
    moved = cv2.warpPerspective(pixels, homography, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(alpha, homography, size)
    wide = cv2.merge([mask] * 3)
    if shadow and alpha.min() == 255:
        fall = np.array([[0.25, 0, 3], [0, 0.25, 4]], np.float32)  # at a quarter of the size: quick, and soft
        soft = cv2.blur(cv2.warpAffine(mask, fall, (WIDTH // 4, HEIGHT // 4)), (7, 7))
        light = 255 - np.asarray(cv2.resize(soft, size) * shadow, np.uint8)
        image = np.asarray(cv2.multiply(image, cv2.merge([light] * 3), scale=1 / 255), np.uint8)
    front = cv2.multiply(moved, wide, scale=1 / 255)
    return np.asarray(cv2.add(front, cv2.multiply(image, cv2.bitwise_not(wide), scale=1 / 255)), np.uint8)


def _letterbox(rng: Random, image: Image, quads: Quads) -> Quads:
    """Cover the picture's top and bottom with bars, as for a wide picture; returns the lines left."""
    bar = rng.randint(20, 100)
    image[:bar] = image[-bar:] = rng.choice((0, 0, 114, 255))
    return shifted(clip_lines(shifted(quads, 0, -bar), WIDTH, HEIGHT - 2 * bar), 0, bar)
