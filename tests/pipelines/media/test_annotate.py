from typing import Any

import numpy as np
import pytest

from pipelines.media.annotate import caption, colour_of, draw_result
from tests.pipelines.kit import detection

GREY = np.full((240, 320, 3), 90, np.uint8)


def drawn(**changes: Any) -> Any:
    return draw_result(GREY, {"detections": [detection(**changes).as_dict()]})


def changed(image_bgr: Any) -> tuple[int, int, int, int]:
    """The box around every pixel that is not grey: left, top, right, bottom."""
    ys, xs = np.nonzero((image_bgr != 90).any(axis=2))
    return int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())


def test_draws_a_box_where_the_detection_is() -> None:
    image_bgr = drawn(x=0.25, y=0.5, w=0.5, h=0.25, text="A")

    left, top, right, bottom = changed(image_bgr)
    assert (left, right, bottom) == (80, 240, 180)
    assert 90 < top < 120  # the caption stands above the box
    assert (image_bgr[150, 160] == 90).all()  # nothing hides what is inside
    assert (GREY == 90).all()


def test_an_oriented_box_is_drawn_along_its_corners_and_not_as_its_hull() -> None:
    diamond = ((0.5, 0.25), (0.75, 0.5), (0.5, 0.75), (0.25, 0.5))

    image_bgr = drawn(x=0.25, y=0.25, w=0.5, h=0.5, text="A", polygon=diamond)

    assert changed(image_bgr[65:])[0] == 80
    assert (image_bgr[120, 80] != 90).any()
    assert (image_bgr[90, 120] != 90).any()
    assert (image_bgr[179, 81] == 90).all()
    assert (image_bgr[120, 160] == 90).all()


def test_a_caption_stays_in_the_picture() -> None:
    image_bgr = drawn(x=0.95, y=0.0, w=0.05, h=0.5, text="a long line")

    left, top, right, bottom = changed(image_bgr)
    assert left < 300
    assert (top, right, bottom) == (0, 319, 120)


def test_text_of_many_alphabets_is_drawn_differently() -> None:
    looks = {drawn(text=text).tobytes() for text in ("EXIT", "ВЫХОД", "ΕΞΟΔΟΣ", "AUSGÄNGE")}

    assert len(looks) == 4


@pytest.mark.parametrize("result", [{}, {"detections": []}, {"text": "EXIT"}])
def test_nothing_found_leaves_the_picture_as_it_is(result: dict[str, Any]) -> None:
    assert np.array_equal(draw_result(GREY, result), GREY)


@pytest.mark.parametrize(
    "changes", [{"x": None}, {"h": None}, {"w": -0.1}, {"polygon": [[0, 0], [1, None], [1, 1], [0, 1]]}]
)
def test_a_detection_without_a_place_is_not_drawn(changes: dict[str, Any]) -> None:
    assert np.array_equal(draw_result(GREY, {"detections": [{**detection().as_dict(), **changes}]}), GREY)


@pytest.mark.parametrize("size_wh", [(1, 1), (9, 4000), (4000, 9)])
def test_any_size_can_be_drawn_on(size_wh: tuple[int, int]) -> None:
    image_bgr = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)

    assert draw_result(image_bgr, {"detections": [detection().as_dict()]}).shape == image_bgr.shape


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "sign 0.90"),
        ({"text": "NO\n ENTRY"}, "NO ENTRY"),
        ({"text": ""}, "sign 0.90"),
        ({"track_id": 3}, "#3 sign 0.90"),
        ({"track_id": 3, "text": "EXIT"}, "#3 EXIT"),
    ],
)
def test_captions(changes: dict[str, Any], said: str) -> None:
    assert caption(detection(**changes).as_dict()) == said


def test_a_caption_without_a_score() -> None:
    assert caption({"label": "sign", "score": None}) == "sign 0.00"


def test_a_track_keeps_its_colour_and_so_does_a_label() -> None:
    first, again, other = (
        {"track_id": number, "label": label} for number, label in ((1, "a"), (1, "b"), (2, "a"))
    )

    assert colour_of(first) == colour_of(again)
    assert colour_of(first) != colour_of(other)
    assert colour_of({"label": "car"}) == colour_of({"label": "car"})


def test_half_a_character_is_drawn_as_its_code() -> None:
    assert not np.array_equal(drawn(label="\ud800"), GREY)
