"""Backgrounds without text: plain, smooth, rough, and patterns that look a little like text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
Drawing = Callable[[Random, Image], None]


def colour(rng: Random, low: int = 0, high: int = 255) -> Colour:
    """A random BGR colour; most are near grey or muted, as most surfaces are."""
    grey, kind = rng.randint(low, high), rng.random()
    if kind < 0.8:
        spread = 22 if kind < 0.45 else 60
        blue, green, red = (min(high, max(low, grey + rng.randint(-spread, spread))) for _ in range(3))
        return blue, green, red
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def near(rng: Random, base: Colour, spread: int) -> Colour:
    """A colour close to another one."""
    blue, green, red = (min(255, max(0, channel + rng.randint(-spread, spread))) for channel in base)
    return blue, green, red


def background(rng: Random, width: int, height: int) -> Image:
    """A background (height, width, 3) BGR: one ground, mostly with things on it."""
    image = rng.choice(GROUNDS)(rng, width, height)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        clutter(rng, image)
    return image


def clutter(rng: Random, image: Image, kinds: Sequence[Drawing] | None = None) -> None:
    """Draw one group of text-free things of some kind into the picture, in place."""
    height, width = image.shape[:2]
    w, h = int(width * rng.uniform(0.12, 0.9)), int(height * rng.uniform(0.1, 0.9))
    x, y = rng.randint(-w // 4, width - w // 2), rng.randint(-h // 4, height - h // 2)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
    if x1 - x0 >= 16 and y1 - y0 >= 16:
        rng.choice(kinds or CLUTTER)(rng, image[y0:y1, x0:x1])


def plain(rng: Random, width: int, height: int) -> Image:
    """One colour."""
    return np.full((height, width, 3), colour(rng), np.uint8)


def smooth(rng: Random, width: int, height: int) -> Image:
    """Soft blobs or a gradient: walls, sky, blurred rooms."""
    base = colour(rng)
    spread = rng.choice((20, 50, 120))
    columns, rows = rng.choice((2, 3, 5)), rng.choice((2, 3, 5))
    cells = np.array([[near(rng, base, spread) for _ in range(columns)] for _ in range(rows)], np.uint8)
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def rough(rng: Random, width: int, height: int) -> Image:
    """Noise of several sizes: plaster, asphalt, wood, grass, cloth."""
    base = np.full((height, width, 3), colour(rng), np.int16)
    noise = np.random.default_rng(rng.getrandbits(32))
    wide = rng.choice((1, 1, 1, 8, 20))
    for cell in (rng.choice((48, 90)), rng.choice((9, 20)), rng.choice((2, 4))):
        shape = (height // cell + 2, max(2, width // (cell * wide) + 2), rng.choice((1, 1, 3)))
        grains = noise.integers(-128, 128, shape).astype(np.int16) * rng.randint(5, 45) // 128
        layer = cv2.resize(grains, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
        base += layer
    if rng.random() < 0.3:
        base = base.transpose(1, 0, 2)
        base = np.ascontiguousarray(cv2.resize(base, (width, height)))
    return np.clip(base, 0, 255).astype(np.uint8)


def collage(rng: Random, width: int, height: int) -> Image:
    """Shapes of all sizes that hide one another, as things in a photograph do.

    The "dead leaves" model: edges at every scale, with the statistics of natural pictures.
    """
    image = rough(rng, width, height)
    least, most = rng.choice((2, 3, 6)), rng.choice((20, 60, 120, 220))
    palette = [_muted(colour(rng), rng.uniform(0, 0.9)) for _ in range(rng.randint(3, 9))]
    for _ in range(rng.randint(80, 400)):
        size = least * (most / least) ** rng.random()
        x, y = rng.randint(0, width), rng.randint(0, height)
        _leaf(rng, image, x, y, size, near(rng, rng.choice(palette), 35))
    if rng.random() < 0.6:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.5)), np.uint8)
    share = rng.uniform(0.1, 0.45)
    return np.asarray(cv2.addWeighted(image, 1 - share, rough(rng, width, height), share, 0), np.uint8)


def crowd(rng: Random, image: Image) -> None:
    """A part of a photograph: a collage in an area."""
    height, width = image.shape[:2]
    image[:] = collage(rng, width, height)


def bricks(rng: Random, image: Image) -> None:
    """Courses of bricks or tiles; few and flat ones are lintels."""
    height, width = image.shape[:2]
    h, base, mortar = rng.randint(6, 40), colour(rng), colour(rng)
    w, gap = int(h * rng.uniform(1.2, 4)), rng.randint(1, 4)
    upright = rng.random() < 0.2
    w, h = (h, w) if upright else (w, h)
    image[:] = mortar
    for row, y in enumerate(range(0, height, h + gap)):
        for x in range(-(row % 2) * w // 2, width, w + gap):
            cv2.rectangle(image, (x, y), (x + w - 1, y + h - 1), near(rng, base, 18), -1)


def bars(rng: Random, image: Image) -> None:
    """Stripes, fences, blinds, barcodes, railings."""
    height, width = image.shape[:2]
    across, steady = rng.random() < 0.5, rng.random() < 0.7
    length = height if across else width
    pitch, one, slant = rng.randint(3, 40), colour(rng), rng.choice((0, 0, 0, rng.randint(-60, 60)))
    if rng.random() < 0.6:
        image[:] = colour(rng)
    at = 0
    while at < length:
        thick = max(1, int(pitch * (0.4 if steady else rng.uniform(0.1, 0.8))))
        ends = ((0, at), (width, at + slant)) if across else ((at, 0), (at + slant, height))
        cv2.line(image, ends[0], ends[1], one, thick)
        at += pitch if steady else thick + rng.randint(1, pitch)


def grid(rng: Random, image: Image) -> None:
    """Windows, keyboards without letters, lattices, shelves, check patterns."""
    height, width = image.shape[:2]
    w, h = rng.randint(8, 90), rng.randint(8, 90)
    gap, fill, frame = rng.randint(1, max(2, min(w, h) // 2)), colour(rng), colour(rng)
    outline, varied = rng.random() < 0.3, rng.choice((0, 8, 60))
    image[:] = frame
    for y in range(gap, height, h + gap):
        for x in range(gap, width, w + gap):
            tone = near(rng, fill, varied)
            cv2.rectangle(image, (x, y), (x + w - 1, y + h - 1), tone, 1 if outline else -1)


def leaves(rng: Random, image: Image) -> None:
    """Many small ellipses: foliage, gravel, crowds."""
    height, width = image.shape[:2]
    base, size = colour(rng), rng.randint(2, 16)
    for _ in range(rng.randint(20, 160)):
        centre = (rng.randint(0, width), rng.randint(0, height))
        axes = (rng.randint(1, size), rng.randint(1, size))
        cv2.ellipse(image, centre, axes, rng.randint(0, 180), 0, 360, near(rng, base, 50), -1)


def shapes(rng: Random, image: Image) -> None:
    """A few large things: furniture, people, bottles, drawings."""
    height, width = image.shape[:2]
    for _ in range(rng.randint(1, 9)):
        x, y = rng.randint(0, width), rng.randint(0, height)
        r = rng.randint(4, max(5, min(width, height) // 2))
        kind, tone, thick = rng.random(), colour(rng), rng.choice((-1, -1, -1, 1, 2, 5))
        if kind < 0.35:
            axes = r, int(r * rng.uniform(0.2, 1.5))
            cv2.ellipse(image, (x, y), axes, rng.randint(0, 180), 0, 360, tone, thick)
        elif kind < 0.65:
            cv2.rectangle(image, (x, y), (x + int(r * rng.uniform(0.3, 3)), y + r), tone, thick)
        else:
            points = [(x + rng.randint(-r, r), y + rng.randint(-r, r)) for _ in range(rng.randint(3, 7))]
            _polygon(image, points, tone, thick)


def marks(rng: Random, image: Image) -> None:
    """Rows of small marks that are no letters: dots, dashes, pills, arrows, ornaments."""
    height, width = image.shape[:2]
    size, tone = rng.randint(3, 16), colour(rng)
    draw = rng.choice((_dot, _dash, _chevron, _cross))
    y = size
    while y < height:
        for x in range(size, width, int(size * rng.choice((1.5, 2.5, 4)))):
            draw(image, x, y, size, tone)
        y += int(size * rng.choice((3, 6, 12)))


def scribble(rng: Random, image: Image) -> None:
    """Curves and cracks: cables, branches, wrinkles."""
    height, width = image.shape[:2]
    for _ in range(rng.randint(1, 8)):
        x, y, angle, tone = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 6.3), colour(rng)
        points = []
        for _ in range(rng.randint(4, 30)):
            points.append((int(x), int(y)))
            angle += rng.uniform(-0.5, 0.5)
            x, y = x + 12 * math.cos(angle), y + 12 * math.sin(angle)
        cv2.polylines(image, [np.array(points, np.int32)], False, tone, rng.choice((1, 1, 2, 4)), cv2.LINE_AA)


def icon(rng: Random, image: Image) -> None:
    """A small drawing in one corner of the area, as beside a poster's lines."""
    height, width = image.shape[:2]
    side = min(height, width, rng.randint(16, 90))
    x, y = rng.randint(0, width - side), rng.randint(0, height - side)
    shapes(rng, image[y : y + side, x : x + side])


def _muted(tone: Colour, share: float) -> Colour:
    """A colour moved towards its grey by a share."""
    grey = sum(tone) / 3
    blue, green, red = (int(channel + (grey - channel) * share) for channel in tone)
    return blue, green, red


def _leaf(rng: Random, image: Image, x: int, y: int, size: float, tone: Colour) -> None:
    kind, turn = rng.random(), rng.uniform(0, 180)
    wide, high = size, size * rng.choice((1.0, rng.uniform(0.1, 1)))
    if kind < 0.5:
        cv2.ellipse(image, ((x, y), (2 * wide, 2 * high), turn), tone, -1)
    else:
        turn = turn if kind < 0.75 else rng.choice((0.0, 90.0))
        corners = cv2.boxPoints(((x, y), (2 * wide, 2 * high), turn)).astype(np.int32)
        cv2.fillConvexPoly(image, corners, tone)


def _polygon(image: Image, points: list[tuple[int, int]], tone: Colour, thick: int) -> None:
    outline = np.array(points, np.int32)
    if thick < 0:
        cv2.fillPoly(image, [outline], tone, cv2.LINE_AA)
    else:
        cv2.polylines(image, [outline], True, tone, thick, cv2.LINE_AA)


def _dot(image: Image, x: int, y: int, size: int, tone: Colour) -> None:
    cv2.circle(image, (x, y), size // 2, tone, -1, cv2.LINE_AA)


def _dash(image: Image, x: int, y: int, size: int, tone: Colour) -> None:
    cv2.rectangle(image, (x - size // 2, y - size // 6), (x + size // 2, y + size // 6), tone, -1)


def _chevron(image: Image, x: int, y: int, size: int, tone: Colour) -> None:
    half = size // 2
    points = np.array([(x - half, y - half), (x + half, y), (x - half, y + half)], np.int32)
    cv2.polylines(image, [points], False, tone, max(1, size // 5), cv2.LINE_AA)


def _cross(image: Image, x: int, y: int, size: int, tone: Colour) -> None:
    cv2.drawMarker(image, (x, y), tone, cv2.MARKER_CROSS, size, 1)


GROUNDS: tuple[Callable[[Random, int, int], Image], ...] = (
    plain, smooth, smooth, rough, rough, collage, collage, collage, collage,
)  # fmt: skip
CLUTTER: tuple[Drawing, ...] = (
    bricks, bars, bars, grid, grid, leaves, crowd, crowd, shapes, shapes, marks, scribble, icon,
)  # fmt: skip
