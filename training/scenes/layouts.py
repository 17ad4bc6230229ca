"""Kinds of written things: pages, posters, signs, plates, screens, labels and captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from training.scenes import textures, words
from training.scenes.blocks import (
    Place,
    accented,
    buttons,
    code,
    column,
    decorated,
    fitted,
    ground_sheet,
    group,
    menu,
    plain_sheet,
    table,
)  # fmt: skip
from training.scenes.sheet import Pen, Sheet, readable_on

Fonts = Sequence[Path]


def page(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A printed or typed page: a heading, paragraphs in one or two columns, sometimes a table or a figure."""
    tone = textures.near(rng, (rng.randint(195, 250),) * 3, 8)
    sheet = plain_sheet(width, height, tone)
    size = rng.randint(9, max(10, min(22, height // 14)))
    pen = Pen(rng.choice(fonts), size, textures.near(rng, (rng.randint(0, 70),) * 3, 10))
    margin = width * rng.uniform(0.03, 0.12)
    y = size * rng.uniform(1.2, 4)
    if rng.random() < 0.6:
        heading = pen.sized(size * rng.uniform(1.2, 2.5))
        y += heading.size
        fitted(sheet, words.phrase(rng, rng.randint(1, 6)), margin, y, heading, width - 2 * margin)
        y += heading.size
    columns = 2 if width > 25 * size and rng.random() < 0.25 else 1
    gutter = size * 2.2
    span = (width - 2 * margin - gutter * (columns - 1)) / columns
    for index in range(columns):
        left = margin + index * (span + gutter)
        column(rng, sheet, pen, (left, y, left + span, height - size))
    return sheet


def poster(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A slide, poster or book cover: a title and groups of large lines, with drawings beside them."""
    sheet, tone = ground_sheet(rng, width, height)
    ink, accent = readable_on(rng, tone), readable_on(rng, tone)
    size = rng.randint(12, max(13, height // 14))
    body = Pen(rng.choice(fonts), size, ink)
    title = Pen(rng.choice((body.font, rng.choice(fonts))), size, rng.choice((ink, accent)))
    title = title.sized(size * rng.uniform(1.1, 3))
    if rng.random() < 0.2:
        title = decorated(rng, title)
    left = width * rng.uniform(0.04, 0.3)
    centred = Place(width / 2, width * 0.94, "m")
    place = rng.choice((Place(left, (width - left) * 0.94, "l"), centred, centred))
    y = title.size * rng.uniform(1.1, 2)
    for _ in range(rng.randint(0, 2)):
        accented(rng, sheet, words.phrase(rng, rng.randint(1, 5)), place, y, title, accent)
        y += title.size * rng.uniform(1.05, 1.4)
    while y < height - size:
        y = group(rng, sheet, body, accent, place, y + size)
        y += size * rng.uniform(0.5, 3)
    return sheet


def sign(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A street, shop or warning sign: one to four large centred lines in a frame."""
    sheet, tone = ground_sheet(rng, width, height)
    ink = readable_on(rng, tone)
    if rng.random() < 0.5:
        inset = rng.uniform(1, 6)
        frame = inset, inset, width - inset, height - inset
        sheet.rectangle(frame, None, ink, rng.choice((0, 4, 10)), rng.randint(1, 4))
    if rng.random() < 0.3:
        sheet.round_corners(min(width, height) * rng.uniform(0.05, 0.4))
    rows = rng.choice((1, 1, 2, 2, 3, 4))
    pen = Pen(rng.choice(fonts), max(8, int(height * 0.6 / rows)), ink, tracking=rng.choice((0, 0, 0, 1, 3)))
    if rng.random() < 0.15:
        pen = decorated(rng, pen)
    for row in range(rows):
        baseline = height * (0.14 + 0.72 * (row + 0.75) / rows)
        text = words.short(rng) if rng.random() < 0.7 else words.phrase(rng, 1).upper()
        smaller = pen.sized(pen.size * rng.choice((1, 1, 0.7)))
        fitted(sheet, text, width / 2, baseline, smaller, width * 0.88, "m")
    return sheet


def plate(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A number plate or house number."""
    tone = rng.choice(((240, 240, 240), (60, 200, 240), (40, 40, 40), textures.colour(rng)))
    height = max(14, min(height, int(width / rng.uniform(2.2, 5))))
    sheet = plain_sheet(width, height, tone)
    ink = readable_on(rng, tone)
    sheet.rectangle((1, 1, width - 2, height - 2), None, ink, height * 0.1, rng.randint(1, 3))
    left = 0.0
    if rng.random() < 0.4:
        left = width * 0.1
        sheet.rectangle((2, 2, left, height - 3), (150, 50, 20))
    pen = Pen(rng.choice(fonts), 8, ink, tracking=rng.choice((0, 0, 2))).sized(height * rng.uniform(0.6, 0.9))
    text = words.plate(rng) if rng.random() < 0.8 else str(rng.randint(1, 999))
    fitted(sheet, text, (left + width) / 2, height * 0.78, pen, (width - left) * 0.92, "m")
    return sheet


def screen(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A window on a screen: a title bar, a menu, buttons, and code or a table."""
    tone = rng.choice(((30, 30, 30), (250, 250, 250), (60, 40, 35), textures.colour(rng)))
    sheet = plain_sheet(width, height, tone)
    size = rng.randint(9, 17)
    pen = Pen(rng.choice(fonts), size, readable_on(rng, tone))
    bar = size * 2
    bar_tone = textures.colour(rng)
    sheet.rectangle((0, 0, width, bar), bar_tone)
    bar_pen = pen.inked(readable_on(rng, bar_tone))
    fitted(sheet, words.phrase(rng, rng.randint(1, 4)), size, size * 1.4, bar_pen, width * 0.5)
    left = float(size)
    if rng.random() < 0.4:
        left += menu(rng, sheet, pen, bar, width * 0.3)
    body = (left, bar + size * 1.5, width - size, height - size * 0.5)
    rng.choice((code, table, column, buttons))(rng, sheet, pen, body)
    return sheet


def label(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A product label or a receipt: a brand, small print, and pairs far apart on one baseline."""
    tone = textures.colour(rng, 90, 255)
    sheet = plain_sheet(width, height, tone)
    size = rng.randint(9, 15)
    pen = Pen(rng.choice(fonts), size, readable_on(rng, tone))
    brand = Pen(rng.choice(fonts), size, readable_on(rng, tone)).sized(size * rng.uniform(1.3, 3))
    y = brand.size * 1.2
    fitted(sheet, words.phrase(rng, rng.randint(1, 2)), width / 2, y, brand, width * 0.9, "m")
    y += size * 1.6
    while y < height - size * 0.5:
        if rng.random() < 0.5:
            end = fitted(sheet, words.phrase(rng, rng.randint(1, 3)), size, y, pen, width * 0.6)
            value = words.number(rng)
            if width - size - pen.length(value) > end + size * 0.3:
                sheet.write(value, width - size, y, pen, "r")
        else:
            fitted(sheet, words.phrase(rng, rng.randint(1, 6)), width / 2, y, pen, width * 0.9, "m")
        y += size * rng.uniform(1.15, 1.8)
    return sheet


def caption(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """Text on nothing: painted on a wall, laid over a film, stuck on glass."""
    dark = rng.random() < 0.4
    ink = textures.colour(rng, 0, 60) if dark else textures.colour(rng, 190, 255)
    sheet = Sheet(np.full((height, width, 3), ink, np.uint8), alpha=0)
    size = rng.randint(12, max(13, min(110, int(height * 0.7))))
    pen = Pen(rng.choice(fonts), size, ink, tracking=rng.choice((0, 0, 0, 2, 5)))
    if rng.random() < 0.6:
        outline = (255, 255, 255) if dark else (0, 0, 0)
        pen = replace(pen, stroke=rng.choice((0, 1, 2)), stroke_ink=outline)
        pen = replace(pen, shadow=outline if rng.random() < 0.4 else None)
    y = size * 1.0
    while y < height - size * 0.3:
        fitted(sheet, words.short(rng), width / 2, y, pen, width * 0.94, "m")
        y += size * rng.uniform(1.1, 1.6)
        if rng.random() < 0.3:
            break
    return sheet


LAYOUTS: tuple[tuple[float, Callable[[Random, Fonts, int, int], Sheet]], ...] = (
    (0.20, page), (0.24, poster), (0.18, sign), (0.08, plate), (0.10, screen), (0.08, label), (0.12, caption),
)  # fmt: skip
