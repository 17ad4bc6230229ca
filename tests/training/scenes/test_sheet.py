"""Written sheets: the runs that a sheet remembers are where the ink is."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from training.scenes import fonts, layouts
from training.scenes.lines import join_runs
from training.scenes.sheet import Pen, Sheet, brightness, readable_on

WHITE = (255, 255, 255)
PEN = Pen(fonts.font_files()[0], 24, (0, 0, 0))
Layout = Callable[[Random, Sequence[Path], int, int], Sheet]


def blank(alpha: int = 255) -> Sheet:
    return Sheet(np.full((120, 400, 3), 255, np.uint8), alpha)


def outside(ink: NDArray[np.bool_], sheet: Sheet) -> int:
    """The number of inked pixels that no line's box covers."""
    ink = ink.copy()
    for x0, y0, x1, y1 in join_runs(sheet.runs).astype(int):
        ink[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = False
    return int(ink.sum())


@pytest.mark.parametrize(
    "pen",
    [PEN, replace(PEN, tracking=4), replace(PEN, stroke=2, stroke_ink=(90, 0, 0))],
    ids=["plain", "spaced", "outlined"],
)
@pytest.mark.parametrize("align", ["l", "m", "r"])
def test_the_box_covers_the_ink_and_hugs_it(pen: Pen, align: str) -> None:
    sheet = blank()
    sheet.write("Exit jp 7", 200, 60, pen, align)
    ink = np.asarray((sheet.pixels()[0] < 128).any(axis=2))
    assert ink.sum() > 100
    assert outside(ink, sheet) == 0
    (x0, y0, x1, y1), *others = join_runs(sheet.runs)
    rows, columns = np.nonzero(ink)
    assert not others
    assert rows.min() - y0 <= 2
    assert y1 - rows.max() <= 3
    assert columns.min() - x0 <= 3
    assert x1 - columns.max() <= 4


def test_a_shadow_lies_under_the_letters() -> None:
    sheet = blank()
    sheet.write("Shade", 20, 60, replace(PEN, shadow=(0, 0, 255)))
    pixels = sheet.pixels()[0]
    assert (pixels == (0, 0, 255)).all(axis=2).any()
    assert (pixels == (0, 0, 0)).all(axis=2).any()


def test_text_on_nothing_shows_only_its_letters() -> None:
    sheet = blank(alpha=0)
    sheet.write("Glass", 20, 60, PEN)
    alpha = sheet.pixels()[1]
    assert 0 < (alpha > 0).mean() < 0.2
    assert outside(np.asarray(alpha > 0), sheet) == 0


def test_blanks_leave_no_run() -> None:
    sheet = blank()
    sheet.write(" ", 20, 60, replace(PEN, tracking=2))
    sheet.write("", 20, 60, PEN)
    assert sheet.runs == []


def test_boxes_too_small_for_their_corners_are_not_drawn() -> None:
    sheet = blank()
    sheet.rectangle((10, 10, 14, 14), (0, 0, 0), radius=8)
    assert (sheet.pixels()[0] == 255).all()


def test_round_corners_cut_the_sheet() -> None:
    sheet = blank()
    sheet.round_corners(20)
    alpha = sheet.pixels()[1]
    assert (alpha[0, 0], alpha[60, 200]) == (0, 255)


def test_black_or_white_serves_where_no_colour_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.scenes.sheet.colour", lambda rng: (130, 130, 130))
    inks = {readable_on(Random(seed), (130, 130, 130)) for seed in range(20)}
    assert (0, 0, 0) in inks
    assert (130, 130, 130) not in inks


def test_ink_is_readable_on_any_ground() -> None:
    for seed in range(300):
        rng = Random(seed)
        ground = (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255))
        assert abs(brightness(readable_on(rng, ground)) - brightness(ground)) >= 45


@pytest.mark.parametrize("layout", [kind for _, kind in layouts.LAYOUTS], ids=lambda kind: kind.__name__)
def test_every_layout_writes_lines_inside_its_sheet(layout: Layout) -> None:
    written = 0
    for seed in range(40):
        sheet = layout(Random(seed), fonts.training_fonts(), 360, 220)
        written += len(join_runs(sheet.runs))
        assert all(run.x0 >= -40 and run.x1 <= sheet.width + 40 for run in sheet.runs)
    assert written >= 40


def test_layouts_cope_with_the_smallest_sheet() -> None:
    for seed in range(30):
        for _, layout in layouts.LAYOUTS:
            layout(Random(seed), fonts.training_fonts(), 50, 16)
