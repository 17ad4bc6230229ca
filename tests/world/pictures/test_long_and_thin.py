"""Receipts and strips: nine lines in ten are read, or a warning says that the picture was made smaller."""

import pytest

from pipelines.defaults import default_definitions
from pipelines.engine.detectors.letterbox import MAX_INPUT_PIXELS, Letterbox
from pipelines.tools.yolo.detect import side_for_files
from tests.world.entries import Answer, World
from tests.world.pictures.builders import receipt, strip

WORDS = "NORTH PIER LINE SEVEN NEXT STOP HARBOUR PLEASE MIND GAP"


@pytest.mark.parametrize(
    ("frame_hw", "side"),
    [
        ((480, 640), 640),
        ((1080, 1920), 640),
        ((2400, 1080), 640),
        ((4800, 600), 3098),
        ((4800, 1200), 2190),
        ((100, 8000), 8000),
        ((2000, 3), 2000),
        ((380, 65_500), 14_382),
        ((300, 100), 640),
    ],
)
def test_of_what_is_thin_the_shorter_side_counts(frame_hw: tuple[int, int], side: int) -> None:
    assert side_for_files(frame_hw, 640) == side


@pytest.mark.parametrize("frame_hw", [(1, 1), (1, 65_500), (65_500, 380), (9000, 3000), (89_478_485, 1)])
def test_the_network_s_input_stays_within_its_bound(frame_hw: tuple[int, int]) -> None:
    height, width = Letterbox.of(frame_hw, side_for_files(frame_hw, 640), 32).input_hw

    assert height * width <= MAX_INPUT_PIXELS


def share(answer: Answer, lines: list[str]) -> float:
    text = "".join(answer.texts[0].split())
    return sum("".join(line.split()) in text for line in lines) / len(lines)


@pytest.mark.model
def test_receipts_and_strips_are_read_in_files(world: World) -> None:
    """80 lines gave 9, and ten words on 8000x100 gave 6."""
    world.store(default_definitions()["yolo_ocr"])
    data, lines = receipt(80)

    assert share(world.run("yolo_ocr", data), lines) >= 0.9
    for size_wh in ((8000, 100), (3000, 120)):
        assert share(world.job("yolo_ocr", strip(WORDS, size_wh)), WORDS.split()) >= 0.9, size_wh
