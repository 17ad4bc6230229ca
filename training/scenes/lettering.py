"""Text that no straight line of a font gives: bent lines, lamps, segments, letters cut into a material.

Masks are (height, width) uint8 planes, 255 where there is ink.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from training.scenes import fonts
from training.scenes.sheet import Pen

Image = NDArray[np.uint8]
Field = NDArray[np.float32]
SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abfgcd")
"""The segments of seven that each digit lights: a is on top, b to f follow clockwise, g is in the middle."""


def line_mask(text: str, pen: Pen) -> Image:
    """A line of text as a mask with half an em of air around it; its baseline is at 1.4 em."""
    width = math.ceil(pen.length(text)) + pen.size
    plane = PilImage.new("L", (width, 2 * pen.size))
    draw, x = ImageDraw.Draw(plane), pen.size / 2
    for part in text if pen.tracking else (text,):
        font = fonts.load_font(pen.font, pen.size)
        draw.text((round(x), round(1.4 * pen.size)), part, fill=255, font=font, anchor="ls")
        x += font.getlength(part) + pen.tracking
    return np.array(plane)


def waved(rng: Random, mask: Image) -> Image:
    """The line on a wave, as on cloth or crumpled paper."""
    height, width = mask.shape
    swing = rng.uniform(0.1, 0.45) * height
    tall = height + 2 * math.ceil(swing)
    x, y = _grid(tall, width)
    drop = swing * np.sin(x / width * rng.uniform(2, 9) + rng.uniform(0, 6))
    return _moved(mask, x, y - swing - drop.astype(np.float32))


def arched(rng: Random, mask: Image) -> Image:
    """The line on a circle, over or under it, as on badges, seals, round signs and cups."""
    height, width = mask.shape
    angle = rng.choice((rng.uniform(0.3, 1.2), rng.uniform(0.6, 2.6)))
    radius, over = width / angle, rng.random() < 0.7
    outer = radius + height
    half = math.sin(min(angle, math.pi) / 2) * outer
    top = radius * math.cos(angle / 2)
    x, y = _grid(math.ceil(outer - top), math.ceil(2 * half))
    across, up = x - half, outer - y
    around = np.arctan2(across, up) * radius + width / 2
    away = np.hypot(across, up) - radius
    bent = _moved(mask if over else mask[::-1, ::-1], around, height - away)
    return bent if over else bent[::-1, ::-1]


def lamps(rng: Random, text: str, font: Path, pitch: int) -> tuple[Image, Image]:
    """A line of a dot-matrix board: the lit lamps' mask, and that of all lamps."""
    rows = rng.choice((7, 8, 10, 12))
    letters = line_mask(text, Pen(font, rows + 2, (255, 255, 255), tracking=rng.choice((0, 1))))
    lit = letters > 110
    shown = (
        lit[np.flatnonzero(lit.any(axis=1))[0] - 1 : np.flatnonzero(lit.any(axis=1))[-1] + 2]
        if lit.any()
        else lit
    )
    lamp = np.zeros((pitch, pitch), np.uint8)
    cv2.circle(
        lamp, (pitch // 2, pitch // 2), max(1, int(pitch * rng.uniform(0.25, 0.5))), 255, -1, cv2.LINE_AA
    )
    if rng.random() < 0.3:
        lamp[: pitch - 1, : pitch - 1] = 255
    return np.kron(shown.astype(np.uint8), lamp), np.tile(lamp, shown.shape)


def segments(rng: Random, text: str, height: int) -> tuple[Image, Image]:
    """Digits of seven bars: the lit bars' mask, and that of all bars; other characters become dots."""
    thick, wide = max(2, int(height * rng.uniform(0.07, 0.16))), int(height * rng.uniform(0.45, 0.6))
    lit, every, pad, gap = [], [], thick, max(2, int(height * rng.uniform(0.12, 0.3)))
    for char in text:
        cell = np.zeros((height + 2 * pad, (wide if char.isdigit() else thick) + gap), np.uint8)
        whole = cell.copy()
        if char.isdigit():
            _bars(cell, SEGMENTS[int(char)], wide, height, thick, pad)
            _bars(whole, "abcdefg", wide, height, thick, pad)
        else:
            for at in (0.3, 0.7) if char == ":" else (0.95,):
                cv2.circle(cell, (thick // 2 + 1, int(pad + at * height)), max(1, thick // 2), 255, -1)
        lit.append(cell)
        every.append(whole)
    lean = rng.choice((0.0, 0.0, 0.1, 0.15))
    return _leant(np.hstack(lit), lean), _leant(np.hstack(every), lean)


def carved(rng: Random, material: Image, mask: Image) -> Image:
    """A material with letters pressed into it or raised from it: told by light and shadow only."""
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, 1.8)).astype(np.float32)
    step, depth = rng.choice((1, 1, 2, 3)), rng.choice((-1, 1)) * rng.uniform(0.25, 0.7)
    slope = np.roll(soft, (step, step), (0, 1)) - np.roll(soft, (-step, -step), (0, 1))
    tone = rng.choice((0.0, 0.0, rng.uniform(-0.25, 0.25)))
    shaded = material + (slope * depth + soft * tone)[..., None]
    return np.asarray(np.clip(shaded, 0, 255), np.uint8)


def _grid(height: int, width: int) -> tuple[Field, Field]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def _moved(mask: Image, x: NDArray[np.floating], y: NDArray[np.floating]) -> Image:
    field = x.astype(np.float32), y.astype(np.float32)
    return np.asarray(cv2.remap(np.ascontiguousarray(mask), *field, cv2.INTER_LINEAR), np.uint8)


def _leant(mask: Image, lean: float) -> Image:
    height, width = mask.shape
    matrix = np.array([[1, -lean, lean * height], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(mask, matrix, (width + math.ceil(lean * height), height)), np.uint8)


def _bars(cell: Image, which: Sequence[str], wide: int, high: int, thick: int, pad: int) -> None:
    """Draw segments of a digit into its cell."""
    right, middle, low = wide - thick, pad + high // 2, pad + high
    ends = {
        "a": ((thick, pad), (right, pad)), "g": ((thick, middle), (right, middle)),
        "d": ((thick, low), (right, low)),
        "f": ((thick // 2, pad + thick), (thick // 2, middle - thick)),
        "b": ((wide - thick // 2, pad + thick), (wide - thick // 2, middle - thick)),
        "e": ((thick // 2, middle + thick), (thick // 2, low - thick)),
        "c": ((wide - thick // 2, middle + thick), (wide - thick // 2, low - thick)),
    }  # fmt: skip
    for name in which:
        cv2.line(cell, *ends[name], 255, thick)
