"""Letters of other scripts than Latin, as far as the fonts of this machine have them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

from PIL import ImageFont

from training.scenes import fonts as font_files

GREEK, CYRILLIC = "αβγδεζηθικλμνξοπρστυφχψωΔΘΛΞΠΣΦΨΩ", "абвгдежзийклмнопрстуфхцчшщъыьэюяБГДЖЗИЛПФЦЧШЩЭЮЯ"
SCRIPTS = {
    "Devanagari": (0x0905, 0x0939), "Bengali": (0x0985, 0x09B9), "Tamil": (0x0B85, 0x0BB9),
    "Thai": (0x0E01, 0x0E2E), "Hebrew": (0x05D0, 0x05EA), "Arabic": (0x0627, 0x064A),
    "Armenian": (0x0531, 0x0586), "Georgian": (0x10D0, 0x10F0),
    "ipag": (0x3041, 0x3093), "VL-": (0x4E00, 0x5200),
}  # fmt: skip
"""A part of a font file's name, and the first and last of the letters to take from it."""


def choose(rng: Random, fonts: Sequence[Path]) -> tuple[Path, str]:
    """A font and letters of a script that it has; Latin ones where no font has any other."""
    if (special := _special()) and rng.random() < 0.6:
        return rng.choice(special)
    for _ in range(30):
        font, letters = rng.choice(fonts), rng.choice((GREEK, CYRILLIC))
        if _has(font, letters):
            return font, letters
    return rng.choice(fonts), "abcdefghijklmnopqrstuvwxyz"


def phrase(rng: Random, letters: str, words: int) -> str:
    """Words of random letters."""
    return " ".join("".join(rng.choices(letters, k=rng.randint(1, 8))) for _ in range(words))


@lru_cache(maxsize=1)
def _special() -> list[tuple[Path, str]]:
    """Fonts that are made for one script, of the families that training may use."""
    found: list[tuple[Path, str]] = []
    for path in (path for folder in font_files.FONT_DIRS for path in sorted(folder.rglob("*.[ot]tf"))):
        for name, (first, last) in SCRIPTS.items():
            letters = "".join(map(chr, range(first, last + 1)))
            fits = name in path.name and "UI" not in path.name and not font_files.is_held_out(path)
            if fits and (drawn := _drawn(path, letters)):
                found.append((path, drawn))
    return found


@lru_cache(maxsize=1024)
def _has(font: Path, letters: str) -> bool:
    return len(_drawn(font, letters)) == len(letters)


def _drawn(path: Path, letters: str) -> str:
    """Those of the letters that a font draws as something of their own."""
    try:
        font = ImageFont.truetype(str(path), 20, layout_engine=ImageFont.Layout.BASIC)
        missing = bytes(font.getmask("\uffff"))
        return "".join(
            letter for letter in letters if (mask := bytes(font.getmask(letter))) != missing and any(mask)
        )
    except (OSError, ValueError):
        return ""
