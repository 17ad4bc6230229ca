"""Things that stand before cameras and show no text, each drawn into an area (height, width, 3) BGR."""

from __future__ import annotations

import math
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from training.scenes.lookalikes.patterns import WHITE, Image, arrows, patterned, slab
from training.scenes.textures import Colour, bars, colour, marks, near, rough


def bottles(rng: Random, image: Image) -> None:
    """A row of bottles, cans or jars: shine down the sides, caps, blank or patterned labels."""
    height, width = image.shape[:2]
    wide, liquid, tag = max(10, int(height * rng.uniform(0.2, 0.6))), colour(rng), colour(rng)
    pitch, capped, tall = int(wide * rng.uniform(1.02, 1.6)), rng.random() < 0.7, rng.uniform(0, 0.4)
    for x in range(-rng.randint(0, wide), width, pitch):
        top = int(height * tall)
        body = _shaded(near(rng, liquid, 12), wide, height - top, rng)
        if rng.random() < 0.7:
            _tag(rng, body, tag)
        _put(image, body, x, top)
        if capped:
            neck = max(3, wide // rng.choice((2, 3)))
            _put(image, _shaded(near(rng, tag, 30), neck, max(2, top), rng), x + (wide - neck) // 2, 0)
        if rng.random() < 0.4:
            cv2.ellipse(
                image, (x + wide // 2, top), (wide // 2, max(1, wide // 8)), 0, 0, 360, WHITE, 1, cv2.LINE_AA
            )


def cars(rng: Random, image: Image) -> None:
    """Car-like shapes in a row: windows, wheels, lamps, a blank plate, lines of parking bays."""
    height, width = image.shape[:2]
    long = int(height * rng.uniform(0.7, 2.2))
    for x in range(-rng.randint(0, long), width, int(long * rng.uniform(1.05, 1.5))):
        paint, low = colour(rng), int(height * 0.8)
        roof = [(0.2, 0.45), (0.32, 0.15), (0.72, 0.15), (0.85, 0.45)]
        cv2.fillPoly(image, [_points(roof, x, long, height)], paint, cv2.LINE_AA)
        cv2.rectangle(image, (x, int(height * 0.42)), (x + long, low), paint, -1)
        for left, right in ((0.28, 0.5), (0.53, 0.75)):
            glass = [(left, 0.43), (left + 0.05, 0.2), (right - 0.04, 0.2), (right, 0.43)]
            cv2.fillPoly(image, [_points(glass, x, long, height)], near(rng, (70, 60, 55), 40), cv2.LINE_AA)
        for at in (0.2, 0.8):
            _wheel(rng, image, (x + int(long * at), low), max(3, height // 6))
        for at in (0.02, 0.9):
            lamp = (x + int(long * at), int(height * 0.5))
            cv2.rectangle(
                image,
                lamp,
                (lamp[0] + max(2, long // 12), lamp[1] + max(2, height // 12)),
                colour(rng, 120),
                -1,
            )
        middle = x + long // 2
        cv2.rectangle(
            image, (middle, low - height // 8), (middle + long // 6, low - 2), near(rng, (210,) * 3, 40), -1
        )


def people(rng: Random, image: Image) -> None:
    """Standing figures in plain, striped and checked clothes."""
    height, width = image.shape[:2]
    high = int(height * rng.uniform(0.5, 1))
    wide = max(8, high // 4)
    for x in range(rng.randint(0, wide), width, int(wide * rng.uniform(1.1, 3.5))):
        top, skin = height - high, rng.choice(((140, 170, 220), (90, 120, 180), (50, 70, 110)))
        cv2.ellipse(
            image, (x, top + high // 12), (high // 20 + 1, high // 13 + 1), 0, 0, 360, skin, -1, cv2.LINE_AA
        )
        cv2.ellipse(
            image,
            (x, top + high // 22),
            (high // 18 + 1, high // 18 + 1),
            0,
            180,
            360,
            colour(rng, 0, 90),
            -1,
        )
        shirt = image[top + high // 7 : top + high // 2, max(0, x - wide // 2) : x + wide // 2]
        patterned(rng, shirt)
        for side in (-1, 1):
            leg = (x + side * wide // 5, top + high // 2), (x + side * wide // 4, height)
            cv2.line(image, *leg, colour(rng, 0, 140), max(2, wide // 3))


def facade(rng: Random, image: Image) -> None:
    """The front of a building: rows of windows with frames, sills and reflections."""
    height, width = image.shape[:2]
    wall, glass = colour(rng), near(rng, (90, 80, 70), 60)
    w, h = rng.randint(6, 60), rng.randint(8, 70)
    image[:] = np.clip(rough(rng, width, height).astype(np.int16) // 5 + np.array(wall) - 20, 0, 255)
    for y in range(h // 3, height, int(h * rng.uniform(1.3, 2))):
        for x in range(w // 3, width, int(w * rng.uniform(1.3, 2))):
            slab(image, (x, y, x + w, y + h), near(rng, glass, 35), True)
            cv2.line(image, (x + w // 2, y), (x + w // 2, y + h), near(rng, WHITE, 60), 1)
            cv2.line(image, (x, y + h // 3), (x + w, y + h // 3), near(rng, WHITE, 60), 1)


def circuit(rng: Random, image: Image) -> None:
    """A circuit board: tracks with bends, pads, chips with legs."""
    height, width = image.shape[:2]
    image[:] = near(rng, rng.choice(((60, 100, 30), (110, 60, 20), (40, 40, 40))), 20)
    track = near(rng, (110, 160, 120), 40)
    for _ in range(rng.randint(8, 30)):
        x, y, points = rng.randint(0, width), rng.randint(0, height), []
        for _ in range(rng.randint(2, 5)):
            points.append((x, y))
            dx, dy = rng.choice(((1, 0), (0, 1), (1, 1), (1, -1), (-1, 0), (0, -1)))
            x, y = x + dx * rng.randint(8, 60), y + dy * rng.randint(8, 60)
        cv2.polylines(image, [np.array(points, np.int32)], False, track, rng.choice((1, 1, 2)), cv2.LINE_AA)
        cv2.circle(image, points[-1], rng.randint(2, 4), near(rng, (170, 200, 210), 25), -1)
    for _ in range(rng.randint(1, 4)):
        x, y, side = rng.randint(0, width), rng.randint(0, height), rng.randint(10, 50)
        marks(rng, image[max(0, y - 4) : y + side, max(0, x - 4) : x + 2 * side])
        cv2.rectangle(image, (x, y), (x + 2 * side, y + side - 4), (35, 35, 35), -1)


def parking(rng: Random, image: Image) -> None:
    """Painted lines, dashes and arrows on asphalt, seen at a slant."""
    height, width = image.shape[:2]
    image[:] = rough(rng, width, height) // 3 + np.uint8(rng.randint(20, 120))
    paint, lean = near(rng, (215, 225, 225), 25), rng.randint(-height, height)
    dashed, pitch = rng.random() < 0.5, max(12, width // rng.randint(3, 9))
    for x in range(-abs(lean), width + abs(lean), pitch):
        for part in range(0, 8, 2 if dashed else 1):
            ends = [(int(x + lean * at / 8), height * at // 8) for at in (part, part + 1)]
            cv2.line(image, ends[0], ends[1], paint, rng.choice((2, 3, 5)), cv2.LINE_AA)
    if rng.random() < 0.4:
        tip = (rng.randint(0, width), rng.randint(0, height))
        cv2.arrowedLine(
            image, (tip[0] - rng.randint(-40, 40), tip[1] + 50), tip, paint, rng.randint(2, 8), tipLength=0.4
        )


def _tag(rng: Random, body: Image, tone: Colour) -> None:
    """A label around a bottle: blank, or with bands and ornaments."""
    height = body.shape[0]
    top = int(height * rng.uniform(0.2, 0.5))
    area = body[top : top + int(height * rng.uniform(0.15, 0.45))]
    if not area.size:
        return
    shade = area.astype(np.float32).mean(axis=(0, 2)) / max(1.0, float(area.mean()))
    area[:] = tone
    if rng.random() < 0.5:
        rng.choice((marks, bars, arrows))(rng, area[area.shape[0] // 4 : area.shape[0] * 3 // 4])
    area[:] = np.clip(area * shade[None, :, None], 0, 255)


def _shaded(tone: Colour, width: int, height: int, rng: Random) -> Image:
    """A cylinder: dark at its sides, with one or two streaks of light."""
    across = np.linspace(-1, 1, width)
    light = 0.35 + 0.65 * np.sqrt(np.clip(1 - across**2, 0, 1))
    for _ in range(rng.randint(1, 2)):
        light = light + rng.uniform(0.2, 1.2) * np.exp(-(((across - rng.uniform(-0.8, 0.8)) / 0.08) ** 2))
    row = np.clip(light[:, None] * np.array(tone) + 10, 0, 255).astype(np.uint8)
    return np.repeat(row[None], height, axis=0)


def _wheel(rng: Random, image: Image, at: tuple[int, int], radius: int) -> None:
    cv2.circle(image, at, radius, (30, 30, 30), -1, cv2.LINE_AA)
    cv2.circle(
        image, at, max(1, radius * 2 // 3), near(rng, (150,) * 3, 50), max(1, radius // 4), cv2.LINE_AA
    )
    for turn in range(0, 360, rng.choice((45, 60, 72))):
        angle = math.radians(turn)
        end = int(at[0] + radius * 0.6 * math.cos(angle)), int(at[1] + radius * 0.6 * math.sin(angle))
        cv2.line(image, at, end, (160, 160, 160), 1, cv2.LINE_AA)


def _put(image: Image, part: Image, x: int, y: int) -> None:
    """Copy a part into the picture, cut at its edges."""
    height, width = image.shape[:2]
    left, right, low = max(0, x), min(width, x + part.shape[1]), min(height, y + part.shape[0])
    if right > left and low > y:
        image[y:low, left:right] = part[: low - y, left - x : right - x]


def _points(shape: list[tuple[float, float]], x: int, width: int, height: int) -> NDArray[np.int32]:
    return np.array([(x + across * width, down * height) for across, down in shape], np.int32)
