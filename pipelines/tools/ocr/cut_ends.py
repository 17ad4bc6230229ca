"""Finds lines of text whose box ends within a word, and reads those from farther out, too."""

from collections.abc import Sequence

import numpy as np

from pipelines.engine.readers.text_reader import Image, PixelBox, Reading, TextReader

# In parts of a line's height: so many columns without ink part two words, and so far its end is looked for.
WORD_GAP, REACH = 0.25, 1.5
# Ink differs from the ground by so much of what it mostly does on the line, and by so many grey levels.
INK, LEAST_CONTRAST = 0.5, 24.0
# A line that is not so many times as long as high, or has fewer rows, tells nothing of its ends.
LONG, LEAST_HEIGHT = 3.0, 8
# What is added to a line is at most so many letters, with a reading of this score.
MOST_LETTERS, SURE = 4, 0.8
# A border or a rule beside a line is read as one of these.
RULES = "lI1i"


def with_cut_ends(
    reader: TextReader, image_bgr: Image, boxes: Sequence[PixelBox], readings: Sequence[Reading]
) -> list[Reading]:
    """The readings of level lines, each with the letters beyond its box that belong to its words."""
    wider = {number: out for number, box in enumerate(boxes) if (out := whole_box(image_bgr, box))}
    again = reader.read(image_bgr, list(wider.values())) if wider else []
    best = list(readings)
    for number, reading in zip(wider, again, strict=True):
        if adds_letters(best[number], reading):
            best[number] = reading
    return best


def whole_box(image_bgr: Image, box: PixelBox) -> PixelBox | None:
    """The box of a level line as wide as its first and last words are; None where they end within it."""
    left, top, right, bottom = box
    height = bottom - top
    if height < LEAST_HEIGHT or right - left < LONG * height:
        return None
    reach = round(REACH * height)
    first, last = max(0, left - reach), min(image_bgr.shape[1], right + reach)
    grey = image_bgr[top:bottom, first:last].mean(axis=2)
    off_ground = np.abs(grey - np.median(grey[:, left - first : right - first]))
    contrast = float(np.percentile(off_ground[:, left - first : right - first], 95))
    if contrast < LEAST_CONTRAST:
        return None
    ink = (off_ground > INK * contrast).any(axis=0)
    gap = max(2, round(WORD_GAP * height))
    before = beyond(ink[: left - first + gap][::-1], gap)
    after = beyond(ink[right - first - gap :], gap)
    if not before and not after:
        return None
    return max(0, left - before), top, min(image_bgr.shape[1], right + after), bottom


def beyond(ink: np.ndarray, gap: int) -> int:
    """For how many columns a word goes on beyond an edge, with some air; 0 where it ends before the edge.

    `ink` are the columns outwards from `gap` columns within the edge. 0, too, where no end is in sight.
    """
    blank = 0
    for column, has_ink in enumerate(ink):
        blank = 0 if has_ink else blank + 1
        if blank == gap:
            end = column + 1 - gap
            return end - gap + (gap - 1) // 2 if end > gap else 0
    return 0


def adds_letters(reading: Reading, wider: Reading) -> bool:
    """True if the wider reading is the same with a few letters more at an end, and not only with strokes."""
    if not reading.text or reading.text not in wider.text:
        return False
    added = wider.text.replace(reading.text, "", 1)
    is_letters = added.isalnum() and added.strip(RULES) != ""
    return is_letters and len(added) <= MOST_LETTERS and wider.score >= SURE
