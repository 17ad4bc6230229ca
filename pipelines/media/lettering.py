"""Writes letters of any script: with the font of a package, those that fontconfig finds, or their codes."""

import subprocess
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageDraw, ImageFont

# Of a package that is installed anyway; it has many alphabets.
PACKAGE, FONT = "matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"
LIST_FONTS = ("fc-list", "--format", r"%{scalable}\t%{index}\t%{file}\t%{family}\t%{style}\t%{charset}\n")
LIST_DEADLINE_S = 20
# Families that are made for every script come first; what is slanted or bold is taken last.
PREFERRED = ("Noto Sans", "Noto", "DejaVu", "Droid Sans")
PLAIN = ("Regular", "Book", "Roman", "Medium")
# No font has a letter there: its picture is what a font shows for what it lacks.
NO_LETTER = "\U0010ffff"
# Control characters, halves of characters, and code points that mean nothing or what some font likes.
NOT_LETTERS = ("Cc", "Cs", "Cn", "Co")
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class FontFile:
    """A font on disk and the code points that it has, as ranges that begin at `starts` and end at `ends`."""

    path: str
    index: int
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)

    def has(self, letter: str) -> bool:
        """True if it says that it has this letter."""
        place = bisect_right(self.starts, ord(letter)) - 1
        return place >= 0 and ord(letter) <= self.ends[place]


@dataclass(frozen=True)
class Run:
    """Letters of one font; `x` is where they begin, in pixels."""

    text: str
    font: Font
    x: float


@dataclass(frozen=True)
class Caption:
    """A line of text in its fonts; `box` is what it covers, from where it begins on its base line."""

    runs: tuple[Run, ...]
    box: tuple[float, float, float, float]

    def draw(self, canvas: ImageDraw.ImageDraw, left: float, top: float, fill: str) -> None:
        """Draw it in the colour `fill` so that its box begins there."""
        for run in self.runs:
            at = left - self.box[0] + run.x, top - self.box[1]
            canvas.text(at, run.text, fill=fill, font=run.font, anchor=anchor_of(run.font))


@lru_cache(maxsize=1024)
def caption_of(text: str, size: int) -> Caption:
    """Lay out a line of text; letters that no font has become their codes."""
    runs: list[Run] = []
    x = 0.0
    for letters, font in runs_of(text, size):
        runs.append(Run(letters, font, x))
        x += font.getlength(letters)
    boxes = [box_of(run) for run in runs] or [(0.0, 0.0, 0.0, 0.0)]
    left, top, right, bottom = zip(*boxes, strict=True)
    return Caption(tuple(runs), (min(left), min(top), max(right), max(bottom)))


def box_of(run: Run) -> tuple[float, float, float, float]:
    """The part of the caption's base line that a run covers."""
    left, top, right, bottom = run.font.getbbox(run.text, anchor=anchor_of(run.font))
    return left + run.x, top, right + run.x, bottom


def anchor_of(font: Font) -> str | None:
    """Left on the base line; Pillow's bitmap font knows no such thing."""
    return "ls" if isinstance(font, ImageFont.FreeTypeFont) else None


def runs_of(text: str, size: int) -> Iterator[tuple[str, Font]]:
    """The text in pieces of one font each; letters that no font has as their codes."""
    letters, font = "", base_font(size)
    after_code = False
    for letter in text:
        if is_invisible(letter):
            continue
        found = font_for(letter, size, font)
        shown, its_font = (letter, found) if found else (code_of(letter), base_font(size))
        shown = f" {shown}" if after_code and not found else shown
        after_code = not found
        if its_font is not font and letters:
            yield letters, font
            letters = ""
        letters, font = letters + shown, its_font
    if letters:
        yield letters, font


def is_invisible(letter: str) -> bool:
    """True for marks that only tell how others are to be written."""
    return unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f"


def code_of(letter: str) -> str:
    """Such as U+1F697."""
    return f"U+{ord(letter):04X}"


def font_for(letter: str, size: int, current: Font) -> Font | None:
    """The font for a letter: the current one where it has it, so that words stay together; None for none."""
    if unicodedata.category(letter) in NOT_LETTERS:
        return None
    for font in (current, base_font(size)):
        if shows(font, letter):
            return font
    file = file_for(letter)
    return opened(file, size) if file else None


@lru_cache(maxsize=8192)
def shows(font: Font, letter: str) -> bool:
    """True if a font has this letter, and not the empty box that stands for all that it lacks."""
    if not isinstance(font, ImageFont.FreeTypeFont):
        return letter.isascii()
    return letter == " " or bytes(font.getmask(letter)) != bytes(font.getmask(NO_LETTER))


@lru_cache(maxsize=8192)
def file_for(letter: str) -> FontFile | None:
    """The first font file that has a letter and can be opened and shows ink for it; None for none."""
    for file in font_files():
        if file.has(letter):
            font = opened(file, 20)
            if font is not None and shows(font, letter) and font.getmask(letter).getbbox():
                return file
    return None


@lru_cache(maxsize=64)
def opened(file: FontFile, size: int) -> ImageFont.FreeTypeFont | None:
    """A font of this size; None where it cannot be read, such as fonts of coloured pictures."""
    try:
        return ImageFont.truetype(file.path, size, index=file.index)
    except OSError:
        return None


@lru_cache(maxsize=16)
def base_font(size: int) -> Font:
    """A font with many alphabets from a package that is installed anyway, or else Pillow's own."""
    # Asked for without importing it, because importing matplotlib takes a second.
    package = find_spec(PACKAGE)
    for folder in (package and package.submodule_search_locations) or []:
        if (Path(folder) / FONT).is_file():
            return ImageFont.truetype(str(Path(folder) / FONT), size)
    return ImageFont.load_default(size)


@lru_cache(maxsize=1)
def font_files() -> tuple[FontFile, ...]:
    """The fonts of this machine, those first that are made for many scripts; none without fontconfig."""
    try:
        done = subprocess.run(LIST_FONTS, capture_output=True, timeout=LIST_DEADLINE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    lines = [line.split("\t") for line in done.stdout.decode(errors="replace").splitlines()]
    known = [line for line in lines if len(line) == 6 and line[0] == "True" and line[1].isdecimal()]
    return tuple(
        font_file(int(index), path, ranges) for _, index, path, *_, ranges in sorted(known, key=rank)
    )


def rank(line: list[str]) -> tuple[int, bool, str]:
    """The place of a font in the order in which fonts are asked for a letter."""
    _, _, path, family, style, _ = line
    place = next((at for at, name in enumerate(PREFERRED) if family.startswith(name)), len(PREFERRED))
    return place, style.split(",")[0] not in PLAIN, path


def font_file(index: int, path: str, ranges: str) -> FontFile:
    """A font with the code points that fontconfig lists, such as `20-7e a0`."""
    # The upper half of an index names a variation, which Pillow is not to be asked for.
    pairs = [piece.partition("-") for piece in ranges.split()]
    starts = tuple(int(first, 16) for first, _, _ in pairs)
    return FontFile(path, index & 0xFFFF, starts, tuple(int(last or first, 16) for first, _, last in pairs))
