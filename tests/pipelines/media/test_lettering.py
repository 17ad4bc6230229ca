import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from pipelines.media import lettering
from pipelines.media.lettering import base_font, caption_of, file_for, font_file, font_files, rank, shows


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing is remembered of the fonts of another test."""
    caches = (caption_of, file_for, font_files, base_font, shows)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without fonts of its own."""

    def absent(*args: Any, **options: Any) -> None:
        raise FileNotFoundError("fc-list")

    monkeypatch.setattr(subprocess, "run", absent)


def words(text: str) -> str:
    return "".join(run.text for run in caption_of(text, 16).runs)


def ink_of(text: str) -> Any:
    image = Image.new("L", (400, 40))
    caption_of(text, 16).draw(ImageDraw.Draw(image), 2, 2, "white")
    return np.asarray(image)


@pytest.mark.parametrize("text", ["EXIT", 'Vélo, "rouge"', "ВЫХОД", "ΕΞΟΔΟΣ", "שלום", "", "  "])
def test_what_the_base_font_has_is_written_with_it(no_fonts: None, text: str) -> None:
    assert words(text) == text
    assert len(caption_of(text, 16).runs) <= 1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("消火栓", "U+6D88 U+706B U+6813"),
        ("A消B", "AU+6D88B"),
        ("=1+1 🚗", "=1+1 U+1F697"),
        ("\ue000\ud800\x07", "U+E000 U+D800 U+0007"),
        ("👨\u200d👩", "U+1F468 U+1F469"),  # what joins them is no letter
        ("a\ufe0f", "a"),
    ],
)
def test_letters_that_no_font_has_are_written_as_their_codes(no_fonts: None, text: str, written: str) -> None:
    assert words(text) == written
    assert ink_of(text).any()


@given(st.text(max_size=20))
def test_no_letter_becomes_an_empty_box(text: str) -> None:
    for run in caption_of(text, 16).runs:
        assert all(shows(run.font, letter) for letter in run.text)


@pytest.mark.skipif(lettering.file_for("消") is None, reason="this machine has no font with Chinese letters")
def test_a_font_of_the_machine_is_found() -> None:
    caption = caption_of("消火栓 0.90", 16)

    assert "".join(run.text for run in caption.runs) == "消火栓 0.90"
    assert not np.array_equal(ink_of("消"), ink_of("火"))


def test_a_caption_covers_what_it_says(no_fonts: None) -> None:
    left, top, right, bottom = caption_of("Exit", 16).box
    ys, xs = np.nonzero(ink_of("Exit"))

    assert (xs.min(), ys.min()) == pytest.approx((2, 2), abs=1)
    assert (xs.max() - xs.min(), ys.max() - ys.min()) == pytest.approx((right - left, bottom - top), abs=2)


def test_fonts_for_many_scripts_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = (
        "True\t0\t/a/Odd.ttf\tOdd\tRegular\t20-7e 6d88\n"
        "True\t65538\t/a/NotoBold.ttc\tNoto Sans\tBold\t6d88\n"
        "True\t0\t/a/Noto.ttf\tNoto Sans\tRegular,Normal\t20-7e a0 6d80-6d8f\n"
        "False\t0\t/a/Bitmap.pcf\tFixed\tRegular\t20-7e\n"
        "not a font\n"
    )
    done = subprocess.CompletedProcess([], 0, listed.encode())
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: done)

    found = font_files()

    assert [file.path for file in found] == ["/a/Noto.ttf", "/a/NotoBold.ttc", "/a/Odd.ttf"]
    assert found[1].index == 2, "what names a variation is left out"
    assert file_for("消") is None, "none of them can be opened"


def test_ranges_of_a_font() -> None:
    file = font_file(0, "a.ttf", "20-7e a0 6d88-6d89")

    assert [file.has(letter) for letter in ("\x1f", " ", "~", "\x7f", "\xa0", "消", "火")] == [
        *(False, True, True, False, True, True, False)
    ]
    assert not font_file(0, "a.ttf", "").has("a")
    assert rank(["True", "0", "a", "DejaVu Sans", "Book", ""]) < rank(["True", "0", "a", "Z", "Book", ""])


def test_falls_back_to_pillows_own_font(monkeypatch: pytest.MonkeyPatch, no_fonts: None) -> None:
    found = base_font(20)
    assert isinstance(found, ImageFont.FreeTypeFont)
    assert found.getname()[0] == "DejaVu Sans"
    base_font.cache_clear()
    monkeypatch.setattr(lettering, "FONT", "no/such/font.ttf")

    assert base_font(20).getname()[0] != "DejaVu Sans"  # type: ignore[union-attr]
    assert words("EXIT 消") == "EXIT U+6D88"
