"""docs/FORMATS.md is true of films and exports."""

import re
from pathlib import Path

import pytest

from jobs.intake.probe import COUNT_S
from pipelines.media import film_clock, film_picture, video
from pipelines.media.frame_numbers import Tally
from pipelines.tools.yolo.jumps import MOVED_TOO_FAR
from tests.world.films.table import CASES

SAYS = " ".join((Path(__file__).parents[3] / "docs" / "FORMATS.md").read_text().split())


def test_every_container_is_named() -> None:
    [row] = re.findall(r"\| containers \| (.*?) \|", SAYS)
    assert re.findall(r"`(\w+)`", row) == video.CONTAINERS.split(",")


@pytest.mark.parametrize(
    "sentence",
    [
        f"jumps ahead by more than {film_clock.GAP_S:,.0f} s ({film_clock.JUMP_S:.0f} s in",
        f"by at most {film_picture.MAX_STRETCH} times",
        f"for at most {COUNT_S:.0f} s",
        video.lost_frame(3, "..."),
        video.TOO_EARLY,
        MOVED_TOO_FAR.partition(":")[0],
    ],
)
def test_numbers_and_sentences_are_those_of_the_code(sentence: str) -> None:
    assert sentence in SAYS


def test_what_a_tally_says_is_told() -> None:
    tally = Tally("h264")
    tally._to_show, tally._astray = 2, 1
    astray, left_out = tally.troubles()

    assert left_out in SAYS
    assert astray.partition(":")[0] in SAYS


@pytest.mark.parametrize("case", [case for case in CASES if case.says], ids=lambda case: case.name)
def test_every_warning_of_the_table_is_told(case: object) -> None:
    said = re.sub(r"[\d,.]+(x\d+)?", "#", getattr(case, "says", ""))
    assert said in re.sub(r"[\d,.]+(x\d+)?", "#", SAYS)
