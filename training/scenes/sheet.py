"""A flat surface that text is written on, and that remembers where every run of text went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from training.scenes import fonts
from training.scenes.lines import Boxes, Run, join_runs
from training.scenes.textures import Colour, colour

Image = NDArray[np.uint8]
Box = tuple[float, float, float, float]
SAMPLE = "The quick brown fox 07"


@dataclass(frozen=True)
class Pen:
    """The look of text: a font file, an em size in pixels, BGR colours, and extra pixels between letters."""

    font: Path
    size: int
    ink: Colour
    tracking: int = 0
    stroke: int = 0
    stroke_ink: Colour = (0, 0, 0)
    shadow: Colour | None = None

    def sized(self, size: float) -> Pen:
        """The same pen at another em size."""
        return replace(self, size=max(8, int(size)))

    def inked(self, ink: Colour) -> Pen:
        """The same pen in another colour."""
        return replace(self, ink=ink)

    def length(self, text: str) -> float:
        """The advance width of a text in pixels."""
        return fonts.load_font(self.font, self.size).getlength(text) + self.tracking * len(text)

    def letters_in(self, width: float) -> int:
        """About how many letters of ordinary text fit into a width."""
        return max(1, int(width / max(1.0, self.length(SAMPLE) / len(SAMPLE))))


class Sheet:
    """A BGR picture with an alpha plane, and the runs of text written on it."""

    def __init__(self, image_bgr: Image, alpha: int = 255) -> None:
        height, width = image_bgr.shape[:2]
        self.width, self.height = width, height
        self.runs: list[Run] = []
        self.shapes: list[Box] = []
        self._picture = PilImage.fromarray(image_bgr)  # PIL calls it RGB; the channels are BGR throughout
        self._alpha = PilImage.new("L", (width, height), alpha)
        self._draw = ImageDraw.Draw(self._picture)
        self._mask = ImageDraw.Draw(self._alpha) if alpha < 255 else None

    def write(self, text: str, x: float, baseline: float, pen: Pen, align: str = "l") -> float:
        """Write one run; `x` is its left end, centre or right end. Returns the run's right end."""
        width = pen.length(text)
        x -= {"l": 0.0, "m": width / 2, "r": width}[align]
        if pen.tracking:
            self._write_spaced(text, x, baseline, pen)
        else:
            self._stamp(text, x, baseline, pen)
        return x + width

    def shade(self, mask: Image, tone: Colour, x: int, y: int) -> None:
        """Colour the sheet where a mask (height, width) is; `x` and `y` are the mask's corner."""
        shape = PilImage.fromarray(mask)
        self._picture.paste(PilImage.new("RGB", shape.size, tone), (x, y), shape)
        self._alpha.paste(255, (x, y), shape)

    def lay(self, mask: Image, ink: Colour, x: int, y: int) -> None:
        """Put one line of text on the sheet that was drawn elsewhere: the more of the mask, the more ink."""
        self.shade(mask, ink, x, y)
        if (drawn := PilImage.fromarray(np.where(mask > 64, mask, 0).astype(np.uint8)).getbbox()) is not None:
            self.shapes.append((drawn[0] + x, drawn[1] + y, drawn[2] + x, drawn[3] + y))

    def lines(self) -> Boxes:
        """Boxes (n, 4) xyxy of the sheet's lines of text."""
        return np.concatenate([join_runs(self.runs), np.array(self.shapes, np.float32).reshape(-1, 4)])

    def rectangle(
        self, box: Box, fill: Colour | None, line: Colour | None = None, radius: float = 0, thick: int = 1
    ) -> None:
        """Draw a box xyxy, filled or outlined, with round corners if asked."""
        x0, y0, x1, y1 = box
        if x1 - x0 > 2 * radius + 2 and y1 - y0 > 2 * radius + 2:
            self._draw.rounded_rectangle(box, radius, fill=fill, outline=line, width=thick)

    def paste(self, image_bgr: Image, x: int, y: int) -> None:
        """Put a picture on the sheet."""
        self._picture.paste(PilImage.fromarray(image_bgr), (x, y))

    def round_corners(self, radius: float) -> None:
        """Cut the sheet itself to a round-cornered shape."""
        self._alpha.paste(0, (0, 0, self.width, self.height))
        edge = (0, 0, self.width - 1, self.height - 1)
        ImageDraw.Draw(self._alpha).rounded_rectangle(edge, radius, fill=255)

    def pixels(self) -> tuple[Image, Image]:
        """The sheet's BGR picture and its alpha plane."""
        return np.array(self._picture), np.array(self._alpha)

    def _write_spaced(self, text: str, x: float, baseline: float, pen: Pen) -> None:
        plain = replace(pen, tracking=0)
        for letter in text:
            if letter != " ":
                self._stamp(letter, x, baseline, plain)
            x += plain.length(letter) + pen.tracking

    def _stamp(self, text: str, x: float, baseline: float, pen: Pen) -> None:
        font, at = fonts.load_font(pen.font, pen.size), (round(x), round(baseline))
        if pen.shadow is not None:
            offset = max(1, pen.size // 16)
            self._ink(text, (at[0] + offset, at[1] + offset), replace(pen, ink=pen.shadow, stroke=0))
        self._ink(text, at, pen)
        x0, y0, x1, y1 = self._draw.textbbox(at, text, font=font, anchor="ls", stroke_width=pen.stroke)
        if x1 > x0 and y1 > y0:
            self.runs.append(Run(x0, y0, x1, y1, at[1], pen.size))

    def _ink(self, text: str, at: tuple[int, int], pen: Pen) -> None:
        font, thick = fonts.load_font(pen.font, pen.size), pen.stroke
        self._draw.text(
            at, text, fill=pen.ink, font=font, anchor="ls", stroke_width=thick, stroke_fill=pen.stroke_ink
        )
        if self._mask is not None:
            self._mask.text(at, text, fill=255, font=font, anchor="ls", stroke_width=thick)


def brightness(tone: Colour) -> float:
    """The luma of a BGR colour, 0 to 255."""
    return 0.114 * tone[0] + 0.587 * tone[1] + 0.299 * tone[2]


def readable_on(rng: Random, ground: Colour) -> Colour:
    """An ink that stands out from a ground; now and then only just."""
    if rng.random() < 0.5:
        dark = rng.randint(0, 60)
        return (dark, dark, dark) if brightness(ground) > 127 else (255 - dark,) * 3
    least = rng.choice((45, 70, 70, 100))
    for _ in range(20):
        ink = colour(rng)
        if abs(brightness(ink) - brightness(ground)) >= least:
            return ink
    return (0, 0, 0) if brightness(ground) > 127 else (255, 255, 255)
