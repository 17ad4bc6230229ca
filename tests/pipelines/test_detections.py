import json
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection, from_polygons_pixels, from_xyxy_pixels
from tests.pipelines.kit import detection

PLAIN = {"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "label": "sign", "score": 0.9}


@pytest.mark.parametrize(
    ("changes", "added"),
    [
        ({}, {}),
        ({"text": "EXIT", "text_score": 0.987654}, {"text": "EXIT", "text_score": 0.9877}),
        ({"text": ""}, {"text": ""}),
        ({"text": "EXIT", "text_age_ms": 266.7}, {"text": "EXIT", "text_age_ms": 267}),
        ({"track_id": 0}, {"track_id": 0}),
        (
            {"polygon": ((0.1, 0.2), (0.4, 0.2), (0.4, 0.6), (0.1, 0.6000001))},
            {"polygon": [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6], [0.1, 0.6]]},
        ),
    ],
)
def test_optional_fields_appear_only_where_a_tool_set_them(
    changes: dict[str, Any], added: dict[str, Any]
) -> None:
    assert detection(**changes).as_dict() == {**PLAIN, **added}


def test_rounds_numbers_of_any_kind_to_plain_ones() -> None:
    found = detection(x=np.float32(0.123456789), score=np.float32(0.98765), track_id=np.int64(4))

    assert json.loads(json.dumps(found.as_dict())) == {**PLAIN, "x": 0.12346, "score": 0.9876, "track_id": 4}


def test_corners_in_pixels() -> None:
    assert Detection(0.25, 0.5, 0.5, 0.25, "a", 1.0).xyxy_pixels((400, 200)) == (100, 100, 300, 150)


@pytest.mark.parametrize(
    ("box", "fractions"),
    [
        ((100, 50, 300, 150), (0.25, 0.25, 0.5, 0.5)),
        ((-40, -20, 200, 100), (0, 0, 0.5, 0.5)),
        ((200, 100, 500, 900), (0.5, 0.5, 0.5, 0.5)),
    ],
)
def test_boxes_are_clipped_to_the_frame(box: tuple[float, ...], fractions: tuple[float, ...]) -> None:
    (found,) = from_xyxy_pixels([box], ["sign"], [0.5], (400, 200))

    assert (found.x, found.y, found.w, found.h) == fractions
    assert (found.label, found.score) == ("sign", 0.5)


@pytest.mark.parametrize(
    "box", [(-50, 0, -10, 10), (400, 0, 500, 10), (10, 200, 20, 300), (30, 30, 30, 60), (9, 9, 5, 5)]
)
def test_boxes_outside_the_frame_or_without_an_area_are_left_out(box: tuple[float, ...]) -> None:
    assert from_xyxy_pixels([box], ["sign"], [0.5], (400, 200)) == []


def test_every_box_needs_its_label_and_score() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        from_xyxy_pixels([(0, 0, 1, 1)], [], [0.5], (10, 10))


def test_an_oriented_box_has_its_corners_and_their_hull_on_the_frame() -> None:
    corners = [(-20, 100), (60, 20), (100, 60), (20, 140)]

    (found,) = from_polygons_pixels([corners], ["sign"], [0.5], (400, 200))

    assert found.polygon == ((-0.05, 0.5), (0.15, 0.1), (0.25, 0.3), (0.05, 0.7))
    assert (found.x, found.y, found.w, found.h) == pytest.approx((0, 0.1, 0.25, 0.6))
    assert (found.label, found.score) == ("sign", 0.5)
    assert found.polygon_pixels((400, 200)) == pytest.approx(np.array(corners))


@pytest.mark.parametrize(
    "corners", [[(-9, 5), (-1, 5), (-1, 9), (-9, 9)], [(5, 201), (9, 201), (9, 210), (5, 210)]]
)
def test_an_oriented_box_outside_the_frame_is_left_out(corners: list[tuple[int, int]]) -> None:
    assert from_polygons_pixels([corners], ["sign"], [0.5], (400, 200)) == []


def test_the_corners_of_an_upright_box_are_its_own() -> None:
    found = Detection(0.25, 0.5, 0.5, 0.25, "a", 1.0)

    assert found.polygon_pixels((400, 200)) == ((100, 100), (300, 100), (300, 150), (100, 150))
