"""Displays of seven segments and pages full of small lines, which are hard to read live; drawn from seeds."""

from collections.abc import Sequence
from random import Random

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFilter, ImageFont

from tests.browser.videos import FONT
from tests.pipelines.tools.conftest import Image
from tests.world.pictures.seven_segments import ENDS, LIT

# Background, dark segment, and lit segment: a red clock, a meter, a green scale.
KINDS = {
    "led": ((24, 10, 10), (40, 14, 14), (255, 48, 36)),
    "lcd": ((158, 170, 148), (150, 162, 140), (28, 34, 30)),
    "green": ((8, 20, 12), (10, 32, 18), (60, 250, 130)),
}
WORDS = [
    "river",
    "market",
    "copper",
    "window",
    "garden",
    "letter",
    "bridge",
    "silver",
    "number",
    "winter",
    "paper",
    "station",
    "yellow",
    "harbour",
    "kettle",
    "orange",
    "summer",
    "doctor",
    "village",
    "engine",
    "basket",
    "candle",
    "forest",
    "pocket",
    "island",
    "mirror",
]


def display(text: str, kind: str, seed: int) -> Image:
    """A frame of 640x480 with a lit display of digits, points and colons, BGR."""
    ground, off, on = KINDS[kind]
    chance = Random(seed)
    width, gap, thick = 32 + chance.randint(0, 8), 20, 7 + chance.randint(0, 3)
    pitch = width + gap + thick
    left = (640 - sum(pitch if char.isdigit() else pitch // 2 for char in text)) // 2 + gap // 2
    top = 190 + chance.randint(-40, 40)
    frame = Pictures.new("RGB", (640, 480), (70, 72, 76))
    pen = ImageDraw.Draw(frame)
    pen.rectangle((left - 40, top - 45, 640 - left + 40, top + 2 * width + 45), ground)
    for char in text:
        if char.isdigit():
            for name, ends in ENDS.items():
                (x1, y1), (x2, y2) = ((left + x * width, top + y * width) for x, y in ends)
                pen.line((x1, y1, x2, y2), on if name in LIT[int(char)] else off, thick)
            left += pitch
        else:
            for height in (0.6, 1.4) if char == ":" else (2,):
                x, y = left + thick, top + height * width
                pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), on)
            left += pitch // 2
    return camera(frame, seed)


def page(rows: int, seed: int, size_wh: tuple[int, int] = (1280, 960)) -> tuple[Image, Sequence[str]]:
    """A page with so many lines of small print, BGR, and the lines."""
    chance, height = Random(seed), size_wh[1]
    frame = Pictures.new("RGB", size_wh, (238, 236, 230))
    pen, pitch = ImageDraw.Draw(frame), (height - 30) / rows
    font = ImageFont.truetype(str(FONT).replace("-Bold", ""), round(pitch * 0.68))
    lines = []
    for row in range(rows):
        words = [f"{row + 1}.", *chance.choices(WORDS, k=chance.randint(3, 7))]
        lines.append(" ".join(words))
        pen.text((90, 15 + pitch * row), lines[-1], (28, 28, 34), font)
    return camera(frame, seed), lines


def camera(frame: Pictures.Image, seed: int) -> Image:
    """The picture as a camera sees it: a little soft, with noise."""
    soft = np.asarray(frame.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    noise = np.random.default_rng(seed).normal(0, 3, soft.shape)
    return np.ascontiguousarray(np.clip(soft + noise, 0, 255).astype(np.uint8)[:, :, ::-1])
