"""Grounds of the webcam-like benchmark set, drawn in ways that no training scene is.

Each takes a random generator and gives a picture (`HEIGHT`, `WIDTH`, 3), BGR.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Field = NDArray[np.float32]
Random = np.random.Generator
# Twice the size of a frame: a sensor's pixel sees an area, not a point.
WIDTH, HEIGHT = 1280, 960


def wood(rng: Random) -> Image:
    """A table of planks with grain along them."""
    high = int(rng.integers(150, 260))
    rows = np.arange(HEIGHT) // high
    shift = rng.uniform(0, 900, rows.max() + 1)[rows][:, None]
    bent = _cloud(rng, 3, 12) * 60 + _cloud(rng, 40, 160) * 4
    grain = np.sin((np.arange(HEIGHT)[:, None] + shift + bent) * 0.22) * 0.5 + _cloud(rng, 6, 320)
    tone = rng.uniform(0.85, 1.05, rows.max() + 1)[rows][:, None]
    gap = np.where(np.arange(HEIGHT) % high < 3, 0.45, 1.0)[:, None]
    return _tinted((0.8 + 0.14 * grain) * tone * gap, (88, 128, 172))


def tartan(rng: Random) -> Image:
    """A checked cloth."""
    colours = rng.uniform(20, 200, (5, 3))
    widths = rng.integers(14, 90, 5)
    bands = np.repeat(colours, widths, axis=0)
    across = np.resize(np.tile(bands, (WIDTH // len(bands) + 1, 1))[:WIDTH], (WIDTH, 3))
    down = np.tile(bands, (HEIGHT // len(bands) + 1, 1))[:HEIGHT]
    cloth = (across[None] + down[:, None]) / 2
    thread = 1 + 0.08 * np.sin(np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) * 1.6)
    return _clipped(cloth * thread[..., None])


def marble(rng: Random) -> Image:
    """Pale stone with veins."""
    rough = sum(_cloud(rng, 3 * 2**octave, 4 * 2**octave) / 1.7**octave for octave in range(5))
    along = np.add.outer(np.arange(HEIGHT) * 0.4, np.arange(WIDTH)) * 0.006
    vein = np.abs(np.sin(along + 5 * np.asarray(rough, np.float32))) ** 0.25
    return _tinted(0.62 + 0.38 * vein, (236, 240, 242))


def cork(rng: Random) -> Image:
    """A pin board."""
    image = _tinted(0.9 + 0.1 * _cloud(rng, 60, 80), (108, 156, 196))
    for _ in range(2600):
        centre = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        axes = int(rng.integers(2, 9)), int(rng.integers(2, 6))
        tone = tuple(float(value) * rng.uniform(0.6, 1.15) for value in (108, 156, 196))
        cv2.ellipse(image, centre, axes, float(rng.integers(180)), 0, 360, tone, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.2), np.uint8)


def terrazzo(rng: Random) -> Image:
    """A pale floor with chips of stone in it."""
    image = _tinted(0.95 + 0.05 * _cloud(rng, 90, 120), (205, 210, 214))
    for _ in range(420):
        centre = rng.uniform((0, 0), (WIDTH, HEIGHT))
        angles = np.sort(rng.uniform(0, 2 * np.pi, 6))
        radius = rng.uniform(4, 26) * rng.uniform(0.6, 1, 6)
        chip = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]
        cv2.fillPoly(image, [chip.astype(np.int32)], tuple(rng.uniform(60, 200, 3)), cv2.LINE_AA)
    return image


def room(rng: Random) -> Image:
    """A room far out of focus, with lamps and a window as soft discs of light."""
    image = _tinted(0.55 + 0.3 * _cloud(rng, 3, 4), tuple(rng.uniform(70, 150, 3)))
    for _ in range(14):
        lit = tuple(rng.uniform(120, 250, 3))
        at = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        layer = image.copy()
        cv2.circle(layer, at, int(rng.integers(25, 110)), lit, -1, cv2.LINE_AA)
        image = np.asarray(cv2.addWeighted(image, 0.7, layer, 0.3, 0), np.uint8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 9), np.uint8)


def hedge(rng: Random) -> Image:
    """Leaves on leaves."""
    image = np.full((HEIGHT, WIDTH, 3), (18, 34, 20), np.uint8)
    for _ in range(3200):
        centre = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        length, angle = int(rng.integers(9, 30)), float(rng.integers(360))
        light = rng.uniform(0.35, 1.1)
        tone = tuple(light * value for value in (62 + rng.uniform(-20, 20), 150, 92 + rng.uniform(-30, 40)))
        cv2.ellipse(image, centre, (length, length // 3 + 1), angle, 0, 360, tone, -1, cv2.LINE_AA)
        rib = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length
        start, end = ((int(centre[0] + sign * rib[0]), int(centre[1] + sign * rib[1])) for sign in (-1, 1))
        cv2.line(image, start, end, tuple(value * 0.8 for value in tone), 1, cv2.LINE_AA)
    return image


def shelf(rng: Random) -> Image:
    """Two boards of books without titles, some with bands on their spines."""
    image = np.full((HEIGHT, WIDTH, 3), (34, 46, 58), np.uint8)
    for floor in (HEIGHT // 2 - 14, HEIGHT - 14):
        x = 0
        while x < WIDTH:
            wide, high = int(rng.integers(22, 80)), int(rng.integers(300, 440))
            tone = tuple(rng.uniform(30, 190, 3))
            cv2.rectangle(image, (x, floor - high), (x + wide - 3, floor), tone, -1)
            for share in rng.uniform(0.08, 0.92, int(rng.integers(0, 4))):
                y = floor - int(high * share)
                cv2.rectangle(image, (x, y), (x + wide - 3, y + int(rng.integers(2, 12))), (90, 190, 215), -1)
            x += wide
        cv2.rectangle(image, (0, floor), (WIDTH, floor + 26), (62, 92, 122), -1)
    return image


def _cloud(rng: Random, rows: int, columns: int) -> Field:
    """Smooth noise of so many cells, -1 to 1."""
    cells = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    return np.asarray(cv2.resize(cells, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _tinted(light: NDArray[np.floating], bgr: tuple[float, ...]) -> Image:
    """A colour at a brightness for each place."""
    return _clipped(np.broadcast_to(light, (HEIGHT, WIDTH))[..., None] * np.array(bgr))


def _clipped(values: NDArray[np.floating]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


GROUNDS: dict[str, Callable[[Random], Image]] = {
    kind.__name__: kind for kind in (wood, tartan, marble, cork, terrazzo, room, hedge, shelf)
}
