"""Fine, regular patterns that a detector takes for text, each drawn into an area (height, width, 3) BGR."""

from __future__ import annotations

import math
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from training.scenes.textures import Colour, bars, colour, grid, marks, near

Image = NDArray[np.uint8]
WHITE: Colour = (255, 255, 255)


def keyboard(rng: Random, image: Image) -> None:
    """Blank keys in staggered rows, as on keyboards, calculators and remote controls."""
    height, width = image.shape[:2]
    rows = rng.randint(3, 7)
    side = max(5, height // rows)
    base, key, gap = colour(rng), colour(rng), max(1, side // rng.randint(6, 14))
    image[:] = base
    for row in range(rows + 1):
        x = -rng.randint(0, side)
        while x < width:
            wide = int(side * rng.choice((1, 1, 1, 1, 1.5, 2, rng.choice((1, 5)))))
            box = (x + gap, row * side + gap, x + wide - gap, (row + 1) * side - gap)
            slab(image, box, near(rng, key, 10), rng.random() < 0.5)
            x += wide


def teeth(rng: Random, image: Image) -> None:
    """A zip, a comb, a saw, a ruler without numbers, a radiator: short strokes in a row."""
    height, width = image.shape[:2]
    tone, y, pitch = colour(rng), rng.randint(0, height), rng.randint(3, 14)
    for _ in range(rng.randint(1, 3)):
        for step, x in enumerate(range(0, width, pitch)):
            reach = rng.choice((6, 10)) if rng.random() < 0.1 else 8 + 6 * (step % 5 == 0)
            cv2.line(image, (x, y), (x, y + reach), tone, max(1, pitch // 3), cv2.LINE_AA)
        cv2.line(image, (0, y), (width, y), tone, 1)
        y += rng.randint(15, 60)


def glints(rng: Random, image: Image) -> None:
    """Highlights on glass and metal: small bright spots and streaks, some with soft edges."""
    height, width = image.shape[:2]
    light = np.zeros((height, width), np.uint8)
    for _ in range(rng.randint(3, 30)):
        at, turn = (rng.randint(0, width), rng.randint(0, height)), rng.choice((0, 90, rng.randint(0, 180)))
        cv2.ellipse(
            light,
            at,
            (rng.randint(2, 40), rng.randint(1, 5)),
            turn,
            0,
            360,
            rng.randint(80, 255),
            -1,
            cv2.LINE_AA,
        )
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.5, 3)), np.uint8)
    image[:] = cv2.add(image, cv2.merge([light] * 3))


def heap(rng: Random, image: Image) -> None:
    """Rows of like small things: pills, bolts, sweets, eggs, books' backs without titles, coins."""
    height, width = image.shape[:2]
    size, tone, drift = rng.randint(5, 36), colour(rng), rng.uniform(0, 0.3)
    wide, round_ones = int(size * rng.uniform(0.4, 2.5)) + 2, rng.random() < 0.6
    for y in range(0, height + size, size + rng.randint(0, size)):
        for x in range(rng.randint(-wide, 0), width + wide, wide + rng.randint(0, 4)):
            at = int(x + rng.gauss(0, drift * wide)), int(y + rng.gauss(0, drift * size))
            one = near(rng, tone, 30)
            if round_ones:
                axes = max(1, wide // 2), max(1, size // 2)
                cv2.ellipse(image, at, axes, rng.gauss(0, 90 * drift), 0, 360, one, -1, cv2.LINE_AA)
                cv2.ellipse(image, at, (axes[0] // 2, axes[1] // 3), 0, 180, 270, near(rng, WHITE, 40), 1)
            else:
                slab(image, (*at, at[0] + wide, at[1] + size), one, rng.random() < 0.5)


def arrows(rng: Random, image: Image) -> None:
    """Arrows, triangles, stars and discs: what signs show besides letters."""
    height, width = image.shape[:2]
    size, tone = rng.randint(8, max(9, min(height, width) // 2)), colour(rng)
    for x in range(size, width, int(size * rng.uniform(2, 4))):
        at, kind = (x, rng.randint(0, height)), rng.randint(0, 3)
        if kind == 0:
            tip = at[0] + rng.choice((-size, size)), at[1] + rng.choice((-size, 0, size))
            cv2.arrowedLine(image, at, tip, tone, max(1, size // 6), cv2.LINE_AA, tipLength=0.5)
        elif kind == 1:
            cv2.circle(image, at, size // 2, tone, -1, cv2.LINE_AA)
        else:
            spikes, inner = rng.choice(((3, 0.5), (5, 0.4), (6, 0.87), (12, 0.8)))
            cv2.fillPoly(image, [_star(at, size / 2, spikes, inner)], tone, cv2.LINE_AA)


def net(rng: Random, image: Image) -> None:
    """Wire mesh, fences of diamonds, gratings, nets."""
    height, width = image.shape[:2]
    pitch, tone, thick = rng.randint(5, 40), colour(rng), rng.choice((1, 1, 2, 3))
    lean = rng.uniform(0.6, 1.8)
    for x in range(-int(height * lean), width + int(height * lean), pitch):
        cv2.line(image, (x, 0), (int(x + height * lean), height), tone, thick, cv2.LINE_AA)
        cv2.line(image, (x, 0), (int(x - height * lean), height), tone, thick, cv2.LINE_AA)


def cloth(rng: Random, image: Image) -> None:
    """Chequered, dotted or striped cloth with soft folds."""
    patterned(rng, image)
    wave = np.sin(np.linspace(0, rng.uniform(5, 40), image.shape[1]) + rng.uniform(0, 6)) * rng.uniform(5, 30)
    image[:] = np.clip(image + wave[None, :, None], 0, 255)


def branches(rng: Random, image: Image) -> None:
    """A bare tree: a trunk that parts into thinner and thinner twigs."""
    height, width = image.shape[:2]
    tone = colour(rng, 0, 110)
    _branch(
        rng, image, (width * rng.random(), float(height)), -math.pi / 2, height / 4, height / 40 + 1, tone
    )


def patterned(rng: Random, image: Image) -> None:
    """Plain cloth, or with stripes, checks, dots."""
    if image.size:
        image[:] = colour(rng)
        for _ in range(rng.choice((0, 1, 1, 2))):
            rng.choice((bars, grid, marks))(rng, image)


def slab(image: Image, box: tuple[int, int, int, int], tone: Colour, lit: bool) -> None:
    """A filled box, lit from above left if asked."""
    x0, y0, x1, y1 = box
    cv2.rectangle(image, (x0, y0), (x1, y1), tone, -1)
    if lit:
        bright = tuple(min(255, channel + 50) for channel in tone)
        cv2.line(image, (x0, y0), (x1, y0), bright, 1)
        cv2.line(image, (x0, y0), (x0, y1), bright, 1)


def _branch(
    rng: Random,
    image: Image,
    root: tuple[float, float],
    angle: float,
    length: float,
    thick: float,
    tone: Colour,
) -> None:
    tip = root[0] + length * math.cos(angle), root[1] + length * math.sin(angle)
    ends = (int(root[0]), int(root[1])), (int(tip[0]), int(tip[1]))
    cv2.line(image, *ends, tone, max(1, int(thick)), cv2.LINE_AA)
    if length > 6:
        for turn in (rng.uniform(-0.7, -0.1), rng.uniform(0.1, 0.7)):
            _branch(rng, image, tip, angle + turn, length * rng.uniform(0.6, 0.85), thick * 0.65, tone)


def _star(at: tuple[int, int], radius: float, spikes: int, inner: float) -> NDArray[np.int32]:
    turns = [math.pi * step / spikes for step in range(2 * spikes)]
    reach = [radius * (inner if step % 2 else 1) for step in range(2 * spikes)]
    return np.array(
        [(at[0] + r * math.sin(t), at[1] - r * math.cos(t)) for r, t in zip(reach, turns, strict=True)],
        np.int32,
    )
