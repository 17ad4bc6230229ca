"""Kinds of written things: pages, posters, signs, plates, screens, labels and captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np

from pipelines.training import textures, words
from pipelines.training.sheet import Pen, Sheet, readable_on

Fonts = Sequence[Path]


def page(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A printed or typed page: a heading, paragraphs in one or two columns, sometimes a table or a figure."""
    tone = textures.near(rng, (rng.randint(195, 250),) * 3, 8)
    sheet = _plain_sheet(width, height, tone)
    size = rng.randint(9, max(10, min(22, height // 14)))
    pen = Pen(rng.choice(fonts), size, textures.near(rng, (rng.randint(0, 70),) * 3, 10))
    margin = width * rng.uniform(0.03, 0.12)
    y = size * rng.uniform(1.2, 4)
    if rng.random() < 0.6:
        heading = pen.sized(size * rng.uniform(1.2, 2.5))
        y += heading.size
        _fitted(sheet, words.phrase(rng, rng.randint(1, 6)), margin, y, heading, width - 2 * margin)
        y += heading.size
    columns = 2 if width > 25 * size and rng.random() < 0.25 else 1
    gutter = size * 2.2
    span = (width - 2 * margin - gutter * (columns - 1)) / columns
    for column in range(columns):
        left = margin + column * (span + gutter)
        _column(rng, sheet, pen, (left, y, left + span, height - size))
    return sheet


def poster(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A slide, poster or book cover: a title and groups of large lines, with drawings beside them."""
    sheet, tone = _ground_sheet(rng, width, height)
    ink, accent = readable_on(rng, tone), readable_on(rng, tone)
    size = rng.randint(12, max(13, height // 14))
    body = Pen(rng.choice(fonts), size, ink)
    title = Pen(rng.choice((body.font, rng.choice(fonts))), size, rng.choice((ink, accent))).sized(
        size * rng.uniform(1.1, 3)
    )
    if rng.random() < 0.2:
        title = _decorated(rng, title)
    align, x = rng.choice((("l", width * rng.uniform(0.04, 0.3)), ("m", width / 2), ("m", width / 2)))
    room = (width - x if align == "l" else width) * 0.94
    y = title.size * rng.uniform(1.1, 2)
    for _ in range(rng.randint(0, 2)):
        _accented(rng, sheet, words.phrase(rng, rng.randint(1, 5)), x, y, title, room, align, accent)
        y += title.size * rng.uniform(1.05, 1.4)
    while y < height - size:
        y = _group(rng, sheet, body, accent, x, y + size, room, align)
        y += size * rng.uniform(0.5, 3)
    return sheet


def sign(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A street, shop or warning sign: one to four large centred lines in a frame."""
    sheet, tone = _ground_sheet(rng, width, height)
    ink = readable_on(rng, tone)
    if rng.random() < 0.5:
        inset = rng.uniform(1, 6)
        sheet.rectangle((inset, inset, width - inset, height - inset), None, ink, rng.choice((0, 4, 10)), rng.randint(1, 4))
    if rng.random() < 0.3:
        sheet.round_corners(min(width, height) * rng.uniform(0.05, 0.4))
    rows = rng.choice((1, 1, 2, 2, 3, 4))
    pen = Pen(rng.choice(fonts), 8, ink, tracking=rng.choice((0, 0, 0, 1, 3))).sized(height * 0.72 / rows / 1.2)
    if rng.random() < 0.15:
        pen = _decorated(rng, pen)
    for row in range(rows):
        baseline = height * (0.14 + 0.72 * (row + 0.75) / rows)
        text = words.short(rng) if rng.random() < 0.7 else words.phrase(rng, 1).upper()
        _fitted(sheet, text, width / 2, baseline, pen.sized(pen.size * rng.choice((1, 1, 0.7))), width * 0.88, "m")
    return sheet


def plate(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A number plate or house number."""
    tone = rng.choice(((240, 240, 240), (60, 200, 240), (40, 40, 40), textures.colour(rng)))
    height = max(14, min(height, int(width / rng.uniform(2.2, 5))))
    sheet = _plain_sheet(width, height, tone)
    ink = readable_on(rng, tone)
    sheet.rectangle((1, 1, width - 2, height - 2), None, ink, height * 0.1, rng.randint(1, 3))
    left = 0.0
    if rng.random() < 0.4:
        left = width * 0.1
        sheet.rectangle((2, 2, left, height - 3), (150, 50, 20))
    pen = Pen(rng.choice(fonts), 8, ink, tracking=rng.choice((0, 0, 2))).sized(height * rng.uniform(0.6, 0.9))
    text = words.plate(rng) if rng.random() < 0.8 else str(rng.randint(1, 999))
    _fitted(sheet, text, (left + width) / 2, height * 0.78, pen, (width - left) * 0.92, "m")
    return sheet


def screen(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A window on a screen: a title bar, a menu, buttons, and code or a table."""
    tone = rng.choice(((30, 30, 30), (250, 250, 250), (60, 40, 35), textures.colour(rng)))
    sheet = _plain_sheet(width, height, tone)
    size = rng.randint(9, 17)
    pen = Pen(rng.choice(fonts), size, readable_on(rng, tone))
    bar = size * 2
    bar_tone = textures.colour(rng)
    sheet.rectangle((0, 0, width, bar), bar_tone)
    bar_pen = pen.inked(readable_on(rng, bar_tone))
    _fitted(sheet, words.phrase(rng, rng.randint(1, 4)), size, size * 1.4, bar_pen, width * 0.5)
    left = float(size)
    if rng.random() < 0.4:
        left += _menu(rng, sheet, pen, bar, width * 0.3)
    body = (left, bar + size * 1.5, width - size, height - size * 0.5)
    rng.choice((_code, _table, _column, _buttons))(rng, sheet, pen, body)
    return sheet


def label(rng: Random, fonts: Fonts, width: int, height: int) -> Sheet:
    """A product label or a receipt: a brand, small print, and pairs far apart on one baseline."""
    tone = textures.colour(rng, 90, 255)
    sheet = _plain_sheet(width, height, tone)
    size = rng.randint(9, 15)
    pen = Pen(rng.choice(fonts), size, readable_on(rng, tone))
    brand = Pen(rng.choice(fonts), size, readable_on(rng, tone)).sized(size * rng.uniform(1.3, 3))
    y = brand.size * 1.2
    _fitted(sheet, words.phrase(rng, rng.randint(1, 2)), width / 2, y, brand, width * 0.9, "m")
    y += size * 1.6
    while y < height - size * 0.5:
        if rng.random() < 0.5:
            end = _fitted(sheet, words.phrase(rng, rng.randint(1, 3)), size, y, pen, width * 0.6)
            value = words.number(rng)
            if width - size - pen.length(value) > end + size * 0.3:
                sheet.write(value, width - size, y, pen, "r")
        else:
            _fitted(sheet, words.phrase(rng, rng.randint(1, 6)), width / 2, y, pen, width * 0.9, "m")
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
        pen = Pen(pen.font, size, ink, pen.tracking, rng.choice((0, 1, 2)), outline, outline if rng.random() < 0.4 else None)
    y = size * 1.0
    while y < height - size * 0.3:
        _fitted(sheet, words.short(rng), width / 2, y, pen, width * 0.94, "m")
        y += size * rng.uniform(1.1, 1.6)
        if rng.random() < 0.3:
            break
    return sheet


def _plain_sheet(width: int, height: int, tone: textures.Colour) -> Sheet:
    return Sheet(np.full((height, width, 3), tone, np.uint8))


def _ground_sheet(rng: Random, width: int, height: int) -> tuple[Sheet, textures.Colour]:
    """A sheet of one colour, sometimes lightly shaded, and that colour."""
    tone = textures.colour(rng)
    image = np.full((height, width, 3), tone, np.uint8)
    if rng.random() < 0.4:
        corners = np.array([[textures.near(rng, tone, 30) for _ in range(3)] for _ in range(3)], np.uint8)
        image = np.array(_resized(corners, width, height))
    for _ in range(rng.choice((0, 0, 1, 3))):
        side = min(width, height) // 3
        x, y = rng.randint(0, max(0, width - side)), rng.randint(0, max(0, height - side))
        if side > 24:
            textures.icon(rng, image[y : y + side, x : x + side])
    return Sheet(image), tone


def _resized(image: textures.Image, width: int, height: int) -> textures.Image:
    import cv2

    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _decorated(rng: Random, pen: Pen) -> Pen:
    ink = readable_on(rng, pen.ink)
    return Pen(pen.font, pen.size, pen.ink, pen.tracking, rng.choice((0, 1, 2)), ink, rng.choice((None, ink)))


def _fitted(sheet: Sheet, text: str, x: float, y: float, pen: Pen, room: float, align: str = "l") -> float:
    """Write a text, shortened or made smaller until it fits; returns its right end."""
    length = pen.length(text)
    while length > room and " " in text:
        parts = text.split(" ")
        text = " ".join(parts[: max(1, min(len(parts) - 1, int(len(parts) * room / length)))])
        length = pen.length(text)
    if length > room:
        pen = pen.sized(pen.size * room / length)
        length = pen.length(text)
    return sheet.write(text, x, y, pen, align) if length <= room * 1.05 else x


def _accented(rng: Random, sheet: Sheet, text: str, x: float, y: float, pen: Pen, room: float, align: str,
              accent: textures.Colour) -> None:  # fmt: skip
    """Write a line, sometimes with one word in another colour."""
    parts = text.split(" ")
    if len(parts) < 2 or rng.random() < 0.7 or pen.length(text) > room:
        _fitted(sheet, text, x, y, pen, room, align)
        return
    x -= pen.length(text) / 2 if align == "m" else 0
    marked = rng.randrange(len(parts))
    for index, part in enumerate(parts):
        x = sheet.write(part, x, y, pen.inked(accent) if index == marked else pen) + pen.length(" ")


def _group(rng: Random, sheet: Sheet, pen: Pen, accent: textures.Colour, x: float, y: float, room: float, align: str) -> float:
    """Write one to three lines that belong together; returns the last baseline."""
    shift = rng.choice((0, 0, pen.size * rng.uniform(1, 4))) if align == "l" else 0
    leading = pen.size * rng.uniform(1.15, 1.7)
    for _ in range(rng.randint(1, 3)):
        if y < sheet.height - pen.size * 0.3:
            _accented(rng, sheet, words.phrase(rng, rng.randint(1, 8)), x + shift, y, pen, room - shift, align, accent)
        y += leading
    return y - leading


def _column(rng: Random, sheet: Sheet, pen: Pen, box: tuple[float, float, float, float]) -> None:
    """Fill a box xyxy with paragraphs."""
    x0, y, x1, y1 = box
    letters, leading = pen.letters_in(x1 - x0), pen.size * rng.uniform(1.1, 1.9)
    y += pen.size
    while y < y1:
        if rng.random() < 0.06 and y + 5 * leading < y1:
            y = _figure(rng, sheet, (x0, y, x1, y + rng.uniform(3, 5) * leading)) + leading
        for _ in range(rng.randint(1, 7)):
            if y < y1:
                _fitted(sheet, words.phrase(rng, max(1, letters // 6 + 1)), x0, y, pen, x1 - x0)
            y += leading
        if rng.random() < 0.7:
            last = words.phrase(rng, rng.randint(1, max(1, letters // 8)))
            if y < y1:
                _fitted(sheet, last, x0, y, pen, x1 - x0)
            y += leading
        y += leading * rng.choice((0, 0.5, 1))


def _figure(rng: Random, sheet: Sheet, box: tuple[float, float, float, float]) -> float:
    x0, y0, x1, y1 = (int(side) for side in box)
    if x1 - x0 > 20 and y1 - y0 > 20:
        sheet.paste(textures.background(rng, x1 - x0, y1 - y0), x0, y0)
    return float(y1)


def _menu(rng: Random, sheet: Sheet, pen: Pen, top: float, width: float) -> float:
    y = top + pen.size * 2
    while y < sheet.height - pen.size:
        _fitted(sheet, words.phrase(rng, rng.randint(1, 2)), pen.size, y, pen, width - pen.size)
        y += pen.size * 1.9
    return width + pen.size


def _code(rng: Random, sheet: Sheet, pen: Pen, box: tuple[float, float, float, float]) -> None:
    x0, y, x1, y1 = box
    while y + pen.size < y1:
        y += pen.size * 1.35
        if rng.random() < 0.85:
            left = x0 + pen.size * 1.2 * rng.randint(0, 4)
            _fitted(sheet, words.phrase(rng, rng.randint(1, 7)), left, y, pen, x1 - left)


def _table(rng: Random, sheet: Sheet, pen: Pen, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    columns, pitch, ruled = rng.randint(2, 5), pen.size * rng.uniform(1.5, 2.4), rng.random() < 0.5
    step = (x1 - x0) / columns
    y = y0 + pitch
    while y < y1:
        for column in range(columns):
            text = words.number(rng) if column and rng.random() < 0.7 else words.phrase(rng, 1)
            _fitted(sheet, text, x0 + column * step, y, pen, step - pen.size * 0.5)
        if ruled:
            rule = y + pitch * 0.3
            sheet.rectangle((x0, rule, x1, rule + 3), None, pen.ink)
        y += pitch


def _buttons(rng: Random, sheet: Sheet, pen: Pen, box: tuple[float, float, float, float]) -> None:
    x0, y, x1, y1 = box
    tone = textures.colour(rng)
    inked = pen.inked(readable_on(rng, tone))
    high = pen.size * rng.uniform(1.6, 2.6)
    while y + high < y1:
        x = x0
        while x < x1 - pen.size * 6:
            wide = min(pen.size * rng.uniform(5, 14), x1 - x)
            sheet.rectangle((x, y, x + wide, y + high), tone, None, rng.choice((0, 4)))
            text, centre = words.phrase(rng, rng.randint(1, 2)), y + high / 2 + pen.size * 0.35
            _fitted(sheet, text, x + wide / 2, centre, inked, wide * 0.85, "m")
            x += wide + pen.size * rng.uniform(0.5, 3)
        y += high * rng.uniform(1.3, 2)


LAYOUTS: tuple[tuple[float, Callable[[Random, Fonts, int, int], Sheet]], ...] = (
    (0.20, page), (0.24, poster), (0.18, sign), (0.08, plate), (0.10, screen), (0.08, label), (0.12, caption),
)  # fmt: skip
