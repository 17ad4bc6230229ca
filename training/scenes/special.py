"""More kinds of written things: huge letters, lone signs, boards of lamps, bent and carved lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np

from training.scenes import lettering, scripts, textures, words
from training.scenes.blocks import decorated, fitted, plain_sheet
from training.scenes.sheet import Pen, Sheet, readable_on
from training.scenes.textures import Colour

Fonts = Sequence[Path]
LAMP_TONES: tuple[Colour, ...] = (
    (0, 140, 255),
    (30, 30, 255),
    (60, 255, 80),
    (255, 255, 255),
    (255, 160, 40),
    (0, 220, 255),
)


def huge(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """One to three words that fill the sheet, painted on a wall, a van or a board, or on nothing."""
    sheet, ink = _bare(rng, width, height) if rng.random() < 0.6 else _plain(rng, width, height)
    rows = rng.choice((1, 1, 2, 2, 3))
    pen = Pen(
        rng.choice(fonts), min(250, int(height / rows * rng.uniform(0.65, 1.05))), ink, rng.choice((0, 0, 3))
    )
    if rng.random() < 0.25:
        pen = decorated(rng, pen)
    for row in range(rows):
        text = rng.choice(
            (words.word(rng), words.word(rng).upper(), words.word(rng).title(), words.code(rng))
        )
        baseline = height * ((row + 0.8) / rows)
        if rng.random() < 0.3:  # cut off by the sheet's edge, as paint on a van that stands too near
            sheet.write(text, rng.uniform(-0.2, 0.1) * width, baseline, pen)
        else:
            fitted(sheet, text, width / 2, baseline, pen, width * 0.97, "m")
    return sheet


def lone(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A digit, a pair or a short code with air around it: house and platform numbers, prices, speed signs."""
    if rng.random() < 0.4:
        sheet, ink = _bare(rng, width, height)
    else:
        sheet, ink = _plain(rng, width, height)
        _framed(rng, sheet, ink)
    text = words.code(rng)
    pen = Pen(rng.choice(fonts), max(9, int(min(height, 250) * rng.uniform(0.35, 0.8))), ink)
    fitted(sheet, text, width / 2, height / 2 + pen.size * 0.36, pen, width * rng.uniform(0.4, 0.85), "m")
    return sheet


def columns(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """Rows of short entries far apart: timetables, departures, scores, price lists, keypads, calendars."""
    sheet, ink = _plain(rng, width, height, dark=rng.random() < 0.5)
    pen = Pen(rng.choice(fonts), rng.randint(10, max(11, min(40, height // 5))), ink)
    named, count = rng.random() < 0.6, rng.randint(2, 7)
    first = width * (0.4 if named else 0.06)
    step, y = (width * 0.95 - first) / count, pen.size * 1.5
    while y < height - pen.size * 0.3:
        if named:
            fitted(sheet, words.phrase(rng, rng.randint(1, 2)), width * 0.04, y, pen, first - width * 0.08)
        for column in range(count):
            text = words.code(rng) if rng.random() < 0.8 else words.number(rng)
            fitted(sheet, text, first + step * (column + 0.5), y, pen, max(10.0, step - 1.6 * pen.size), "m")
        y += pen.size * rng.uniform(1.4, 2.6)
    return sheet


def lamps(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A board of lamps or of seven-segment digits: buses, platforms, clocks, scales, pumps."""
    tone, dim = textures.colour(rng, 0, 45), rng.uniform(0, 0.3)
    sheet, lit = plain_sheet(width, height, tone), textures.near(rng, rng.choice(LAMP_TONES), 30)
    digits, y, high = rng.random() < 0.4, 4, rng.randint(14, max(15, min(110, height - 8)))
    while y + high * 1.4 < height:
        on, off = _lit(rng, fonts, digits, high)
        if on.shape[1] < width - 8:
            x = rng.choice((4, (width - on.shape[1]) // 2, width - on.shape[1] - 4))
            dark = [int(low + (bright - low) * dim) for low, bright in zip(tone, lit, strict=True)]
            sheet.shade(off, (dark[0], dark[1], dark[2]), x, y)
            sheet.lay(on, lit, x, y)
        y += on.shape[0] + rng.randint(2, 20)
    return sheet


def bent(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """One or two lines on a curve: seals, badges, cups, flags."""
    sheet, ink = _bare(rng, width, height) if rng.random() < 0.5 else _plain(rng, width, height)
    size = rng.randint(14, max(15, min(90, height // 3)))
    pen = Pen(rng.choice(fonts), size, ink, rng.choice((0, 0, 1, 2)))
    y = 0
    for _ in range(rng.choice((1, 1, 2))):
        text = words.phrase(rng, rng.randint(1, 4))
        mask = rng.choice((lettering.waved, lettering.arched, lettering.arched))(
            rng, lettering.line_mask(text, pen)
        )
        scale = min(1.0, width / mask.shape[1], (height - y) / mask.shape[0])
        if size * scale >= 10:
            mask = np.asarray(
                cv2.resize(mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
            sheet.lay(mask, ink, (width - mask.shape[1]) // 2, y)
            y += mask.shape[0]
    return sheet


def carved(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """Letters pressed into a material or raised from it: stone, metal, plastic, leather."""
    black, white = (0, 0, 0), (255, 255, 255)
    mask, rows = plain_sheet(width, height, black), rng.choice((1, 1, 2, 3))
    pen = Pen(rng.choice(fonts), max(16, int(height * rng.uniform(0.5, 0.8) / rows)), white)
    for row in range(rows):
        text = words.short(rng).upper() if rng.random() < 0.6 else words.short(rng)
        fitted(mask, text, width / 2, height * (row + 0.75) / rows, pen, width * 0.9, "m")
    material = rng.choice((textures.rough, textures.smooth))(rng, width, height)
    tamed = np.clip(material.astype(np.float32) * 0.6 + 50, 0, 255).astype(np.uint8)
    sheet = Sheet(lettering.carved(rng, tamed, mask.pixels()[0][..., 0]))
    sheet.runs = mask.runs
    return sheet


def foreign(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """Lines in another script than Latin, where a font for one is installed."""
    sheet, ink = _plain(rng, width, height)
    font, letters = scripts.choose(rng, fonts)
    pen = Pen(font, rng.randint(12, max(13, min(70, height // 3))), ink)
    y = pen.size * 1.3
    while y < height - pen.size * 0.3:
        text = scripts.phrase(rng, letters, rng.randint(1, 5))
        fitted(sheet, text, width / 2, y, pen, width * 0.94, "m")
        y += pen.size * rng.uniform(1.3, 1.9)
    return sheet


def _bare(rng: Random, width: int, height: int) -> tuple[Sheet, Colour]:
    """A sheet of nothing, and an ink."""
    ink = textures.colour(rng, 0, 70) if rng.random() < 0.4 else textures.colour(rng, 170, 255)
    return Sheet(np.full((height, width, 3), ink, np.uint8), alpha=0), ink


def _plain(rng: Random, width: int, height: int, dark: bool = False) -> tuple[Sheet, Colour]:
    """A sheet of one colour, and an ink that can be read on it."""
    tone = textures.colour(rng, 0, 60) if dark else textures.colour(rng)
    return plain_sheet(width, height, tone), readable_on(rng, tone)


def _framed(rng: Random, sheet: Sheet, ink: Colour) -> None:
    """Make the sheet round or give it a frame, as signs have."""
    kind, inset = rng.random(), rng.uniform(1, 5)
    frame = inset, inset, sheet.width - inset, sheet.height - inset
    if kind < 0.3:
        round_off = min(sheet.width, sheet.height) / 2
        ring = textures.near(rng, (30, 30, 200), 40)
        sheet.rectangle(
            frame, None, ring, max(0, round_off - inset - 1), max(2, int(round_off * rng.uniform(0.1, 0.25)))
        )
        sheet.round_corners(round_off)
    elif kind < 0.6:
        sheet.rectangle(frame, None, ink, rng.choice((0, 5)), rng.randint(1, 4))


def _lit(rng: Random, fonts: Fonts, digits: bool, high: int) -> tuple[lettering.Image, lettering.Image]:
    if digits:
        text = rng.choice(
            (f"{rng.randrange(24)}:{rng.randrange(60):02d}", str(rng.randrange(10 ** rng.randint(1, 5))))
        )
        return lettering.segments(rng, text, high)
    text = rng.choice((words.short(rng), words.code(rng), words.phrase(rng, rng.randint(1, 3)).upper()))
    return lettering.lamps(rng, text, rng.choice(fonts), max(2, high // 9))


SPECIAL: tuple[tuple[float, Callable[[Random, Fonts, int, int], Sheet]], ...] = (
    (0.08, huge), (0.10, lone), (0.07, columns), (0.06, lamps), (0.07, bent), (0.05, carved), (0.03, foreign),
)  # fmt: skip
