"""A line is seen to change when its text does, and not when the camera moves or sees it in another light."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from pipelines.detections import Polygon
from pipelines.tools.ocr.line_picture import LinePicture, Place, place_of, sample
from pipelines.tools.ocr.track_text import CHANGED, DOUBTFUL

Image = NDArray[np.uint8]
LEFT, TOP, SIZE = 150, 200, 28


def draw(text: str, size: int = SIZE, degrees: float = 0.0, ink: str = "black") -> tuple[Image, Polygon]:
    """A line on a white sheet, turned clockwise round the middle of the frame, and its corners."""
    font = ImageFont.load_default(size)
    sheet = Pillow.new("RGB", (640, 480), "white")
    canvas = ImageDraw.Draw(sheet)
    canvas.text((LEFT, TOP), text, fill=ink, font=font)
    x1, y1, x2, y2 = canvas.textbbox((LEFT, TOP), text, font=font)
    turned = sheet.rotate(-degrees, Pillow.Resampling.BICUBIC, fillcolor="white")
    corners = (x1, y1), (x2, y1), (x2, y2), (x1, y2)
    first, second, third, fourth = (rotated(*corner, degrees) for corner in corners)
    return np.asarray(turned)[:, :, ::-1].copy(), (first, second, third, fourth)


def rotated(x: float, y: float, degrees: float) -> tuple[float, float]:
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x, y = x - 320, y - 240
    return 320 + x * cosine - y * sine, 240 + x * sine + y * cosine


def seen(image: Image, seed: int, deviation: float = 4.0) -> Image:
    """The picture as a camera sees it: a little soft, and with noise."""
    import cv2

    noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
    soft = cv2.GaussianBlur(image, (0, 0), 0.6)
    return np.asarray(np.clip(soft + noise, 0, 255), np.uint8)


def moved(image: Image, matrix: list[list[float]]) -> Image:
    import cv2

    white = (255.0, 255.0, 255.0)
    return np.asarray(
        cv2.warpAffine(image, np.array(matrix, np.float64), (640, 480), borderValue=white), np.uint8
    )


def as_jpeg(image: Image) -> Image:
    import cv2

    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def shaken(box: Polygon, seed: int, by: float = 2.0) -> Polygon:
    """The corners as an unsteady detector gives them."""
    left, top, right, bottom = np.random.default_rng(seed).uniform(-by, by, 4)
    (x1, y1), _, (x2, y2), _ = box
    x1, y1, x2, y2 = x1 + left, y1 + top, x2 + right, y2 + bottom
    return (x1, y1), (x2, y1), (x2, y2), (x1, y2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("METER 1185", "METER 1186"),
        ("METER 1185", "METER 1333"),
        ("12:41:07", "12:41:08"),
        ("10:42 Leeds 4 On time", "10:43 Leeds 4 On time"),
        ("Platform 3 London Victoria 14:05", "Platform 5 London Victoria 14:05"),
        ("1", "2"),
        ("NO", "NO ENTRY"),
        ("NO ENTRY", "NO"),
        ("9", "10"),
        ("EXIT", "    "),
    ],
)
@pytest.mark.parametrize("size", [13, SIZE, 60])
def test_another_text_is_another_picture(before: str, after: str, size: int) -> None:
    (image, box), (later, later_box) = draw(before, size), draw(after, size)
    if not after.strip():
        later_box = box
    picture = LinePicture.of(seen(image, 1), box)
    assert picture.difference(seen(image, 2), shaken(box, 1), DOUBTFUL) < DOUBTFUL
    assert picture.difference(seen(later, 3), shaken(later_box, 2), DOUBTFUL) >= CHANGED


@pytest.mark.parametrize(
    "camera",
    [
        as_jpeg,
        lambda image: np.clip(image * 0.6, 0, 255).astype(np.uint8),
        lambda image: np.clip(image * 0.7 + 60, 0, 255).astype(np.uint8),
        lambda image: moved(image, [[1, 0, 6], [0, 1, -5]]),
        lambda image: moved(image, [[1, 0, -3.5], [0, 1, 2.5]]),
        lambda image: moved(image, [[1.02, 0, -4], [0, 1.02, -4]]),
    ],
    ids=["compressed", "darker", "paler", "moved", "moved by half a pixel", "nearer"],
)
@pytest.mark.parametrize("text", ["METER 1185", "10:42 Leeds 4 On time", "7"])
def test_another_view_is_no_other_picture(camera: Callable[[Image], Image], text: str) -> None:
    image, box = draw(text)
    picture = LinePicture.of(seen(image, 1), box)
    assert picture.difference(seen(camera(image), 2), shaken(box, 3), DOUBTFUL) < CHANGED


@pytest.mark.parametrize("degrees", [-90, -30, 12, 45, 90, 180])
def test_lines_at_any_angle(degrees: float) -> None:
    (image, box), (later, later_box) = draw("12:41:07", degrees=degrees), draw("12:41:09", degrees=degrees)
    picture = LinePicture.of(seen(image, 1), box)
    assert picture.difference(seen(image, 2), box, DOUBTFUL) < DOUBTFUL
    turned, turned_box = draw("12:41:07", degrees=degrees + 4)
    assert picture.difference(seen(turned, 3), turned_box, DOUBTFUL) < CHANGED
    assert picture.difference(seen(later, 4), later_box, DOUBTFUL) >= CHANGED


def test_a_line_that_runs_up_in_an_upright_box() -> None:
    pictures = [np.ascontiguousarray(np.rot90(draw(text)[0])) for text in ("12:41:07", "12:41:09")]
    _, ((x1, y1), _, (x2, y2), _) = draw("12:41:07")
    box: Polygon = ((y1, 640 - x2), (y2, 640 - x2), (y2, 640 - x1), (y1, 640 - x1))
    picture = LinePicture.of(pictures[0], box)
    assert picture.is_tall
    assert picture.difference(seen(pictures[0], 1), box, DOUBTFUL) < DOUBTFUL
    assert picture.difference(seen(pictures[1], 2), box, DOUBTFUL) >= CHANGED


def test_a_line_that_was_taken_for_its_neighbour() -> None:
    image, box = draw("Gate 12")
    lower, _ = draw("Gate 17")
    both = np.vstack([image[:260], lower[180:400]])[:480]
    (x1, y1), (x2, _), (_, y2), _ = box
    below: Polygon = ((x1, y1 + 80), (x2, y1 + 80), (x2, y2 + 80), (x1, y2 + 80))
    picture = LinePicture.of(both, box)
    assert picture.difference(both, box, DOUBTFUL) < DOUBTFUL
    assert picture.difference(both, below, DOUBTFUL) >= CHANGED


def test_a_flat_place_is_as_flat_in_any_noise() -> None:
    flat = np.full((480, 640, 3), 120, np.uint8)
    _, box = draw("NO ENTRY")
    picture = LinePicture.of(seen(flat, 1, 3.0), box)
    assert all(picture.difference(seen(flat, seed, 3.0), box, DOUBTFUL) < CHANGED for seed in range(2, 12))


@pytest.mark.parametrize(
    "box",
    [
        (-50, -20, 30, 10),
        (600, 470, 700, 500),
        (900, 700, 960, 720),
        (5, 5, 5, 5),
        (0, 0, 640, 480),
        (0, 9, 640, 9.5),
    ],
)
def test_boxes_of_any_shape_do_no_harm(box: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = box
    corners: Polygon = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    image = seen(draw("NO ENTRY")[0], 1)
    picture = LinePicture.of(image, corners)
    assert picture.difference(image, corners, DOUBTFUL) == pytest.approx(0, abs=1e-4)
    other: Polygon = ((10, 10), (90, 10), (90, 30), (10, 30))
    assert math.isfinite(picture.difference(image, other, DOUBTFUL))


def test_beyond_its_edge_a_frame_goes_on_as_it_ends() -> None:
    white = np.full((480, 640, 3), 255, np.uint8)
    assert sample(white, Place((0.0, 0.0), 0.3, 60.0, 16.0), 1.0, (92, 16)).min() == 255


def test_a_place_is_a_pixel_long_and_high_at_least() -> None:
    point = (5.0, 5.0)
    place = place_of((point, point, point, point), is_tall=False)
    assert (place.centre, place.width, place.height) == (point, 1.0, 1.0)


@pytest.mark.parametrize(("shift", "is_calm"), [(0.4, True), (-0.4, True), (0.5, False), (0.6, False)])
def test_a_box_that_slips_along_its_line_is_compared_where_the_line_was(shift: float, is_calm: bool) -> None:
    image, box = draw("10:42 Leeds 4 On time")
    (x1, y1), (x2, _), (_, y2), _ = box
    by = shift * (x2 - x1)
    slipped: Polygon = ((x1 + by, y1), (x2 + by, y1), (x2 + by, y2), (x1 + by, y2))
    picture = LinePicture.of(image, box)

    assert (picture.difference(image, slipped, DOUBTFUL) < DOUBTFUL) is is_calm
