"""The parts that pages, posters and screens are made of: lines, paragraphs, tables, menus, buttons."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

from training.scenes import textures, words
from training.scenes.sheet import Box, Pen, Sheet, readable_on
from training.scenes.textures import Colour


@dataclass(frozen=True)
class Place:
    """The place of lines: their left end or centre (`align` is `l` or `m`) and the room they have."""

    x: float
    room: float
    align: str


def plain_sheet(width: int, height: int, tone: Colour) -> Sheet:
    """A sheet of one colour."""
    return Sheet(np.full((height, width, 3), tone, np.uint8))


def ground_sheet(rng: Random, width: int, height: int) -> tuple[Sheet, Colour]:
    """A sheet of one colour, sometimes lightly shaded, and that colour."""
    tone = textures.colour(rng)
    image = np.full((height, width, 3), tone, np.uint8)
    if rng.random() < 0.4:
        corners = np.array([[textures.near(rng, tone, 30) for _ in range(3)] for _ in range(3)], np.uint8)
        image = np.asarray(cv2.resize(corners, (width, height)), np.uint8)
    for _ in range(rng.choice((0, 0, 1, 3))):
        side = min(width, height) // 3
        x, y = rng.randint(0, max(0, width - side)), rng.randint(0, max(0, height - side))
        if side > 24:
            textures.icon(rng, image[y : y + side, x : x + side])
    return Sheet(image), tone


def decorated(rng: Random, pen: Pen) -> Pen:
    """The pen with an outline or a shadow."""
    ink = readable_on(rng, pen.ink)
    return Pen(pen.font, pen.size, pen.ink, pen.tracking, rng.choice((0, 1, 2)), ink, rng.choice((None, ink)))


def fitted(sheet: Sheet, text: str, x: float, y: float, pen: Pen, room: float, align: str = "l") -> float:
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


def accented(rng: Random, sheet: Sheet, text: str, place: Place, y: float, pen: Pen, accent: Colour) -> None:
    """Write a line, sometimes with one word in another colour."""
    parts = text.split(" ")
    if len(parts) < 2 or rng.random() < 0.7 or pen.length(text) > place.room:
        fitted(sheet, text, place.x, y, pen, place.room, place.align)
        return
    x = place.x - (pen.length(text) / 2 if place.align == "m" else 0)
    marked = rng.randrange(len(parts))
    for index, part in enumerate(parts):
        x = sheet.write(part, x, y, pen.inked(accent) if index == marked else pen) + pen.length(" ")


def group(rng: Random, sheet: Sheet, pen: Pen, accent: Colour, place: Place, y: float) -> float:
    """Write one to three lines that belong together; returns the last baseline."""
    shift = rng.choice((0, 0, pen.size * rng.uniform(1, 4))) if place.align == "l" else 0
    place = Place(place.x + shift, place.room - shift, place.align)
    leading = pen.size * rng.uniform(1.15, 1.7)
    for _ in range(rng.randint(1, 3)):
        if y < sheet.height - pen.size * 0.3:
            accented(rng, sheet, words.phrase(rng, rng.randint(1, 8)), place, y, pen, accent)
        y += leading
    return y - leading


def column(rng: Random, sheet: Sheet, pen: Pen, box: Box) -> None:
    """Fill a box xyxy with paragraphs."""
    x0, y, x1, y1 = box
    letters, leading = pen.letters_in(x1 - x0), pen.size * rng.uniform(1.1, 1.9)
    y += pen.size
    while y < y1:
        if rng.random() < 0.06 and y + 5 * leading < y1:
            y = figure(rng, sheet, (x0, y, x1, y + rng.uniform(3, 5) * leading)) + leading
        for _ in range(rng.randint(1, 7)):
            if y < y1:
                fitted(sheet, words.phrase(rng, max(1, letters // 6 + 1)), x0, y, pen, x1 - x0)
            y += leading
        if rng.random() < 0.7:
            last = words.phrase(rng, rng.randint(1, max(1, letters // 8)))
            if y < y1:
                fitted(sheet, last, x0, y, pen, x1 - x0)
            y += leading
        y += leading * rng.choice((0, 0.5, 1))


def figure(rng: Random, sheet: Sheet, box: Box) -> float:
    """Put a text-free picture into a box xyxy; returns its lower edge."""
    x0, y0, x1, y1 = (int(side) for side in box)
    sheet.paste(textures.background(rng, max(x1 - x0, 16), max(y1 - y0, 16)), x0, y0)
    return float(y1)


def menu(rng: Random, sheet: Sheet, pen: Pen, top: float, width: float) -> float:
    """Write a menu down the left edge; returns how much width it took."""
    y = top + pen.size * 2
    while y < sheet.height - pen.size:
        fitted(sheet, words.phrase(rng, rng.randint(1, 2)), pen.size, y, pen, width - pen.size)
        y += pen.size * 1.9
    return width + pen.size


def code(rng: Random, sheet: Sheet, pen: Pen, box: Box) -> None:
    """Fill a box xyxy with lines of many lengths and indents."""
    x0, y, x1, y1 = box
    while y + pen.size < y1:
        y += pen.size * 1.35
        if rng.random() < 0.85:
            left = x0 + pen.size * 1.2 * rng.randint(0, 4)
            fitted(sheet, words.phrase(rng, rng.randint(1, 7)), left, y, pen, x1 - left)


def table(rng: Random, sheet: Sheet, pen: Pen, box: Box) -> None:
    """Fill a box xyxy with rows of short texts in columns, sometimes ruled."""
    x0, y0, x1, y1 = box
    columns, pitch, ruled = rng.randint(2, 5), pen.size * rng.uniform(1.5, 2.4), rng.random() < 0.5
    step = (x1 - x0) / columns
    y = y0 + pitch
    while y < y1:
        for column in range(columns):
            text = words.number(rng) if column and rng.random() < 0.7 else words.phrase(rng, 1)
            fitted(sheet, text, x0 + column * step, y, pen, step - pen.size * 0.5)
        if ruled:
            rule = y + pitch * 0.3
            sheet.rectangle((x0, rule, x1, rule + 3), None, pen.ink)
        y += pitch


def buttons(rng: Random, sheet: Sheet, pen: Pen, box: Box) -> None:
    """Fill a box xyxy with rows of buttons."""
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
            fitted(sheet, text, x + wide / 2, centre, inked, wide * 0.85, "m")
            x += wide + pen.size * rng.uniform(0.5, 3)
        y += high * rng.uniform(1.3, 2)
