"""The steps of the comparison of lines: where they lie, what is sampled, and how blocks differ."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.detections import Polygon
from pipelines.engine.readers.text_reader import TALL, Image
from pipelines.tools.ocr.line_picture import (
    BLOCK,
    FLAT_BLOCK,
    FLAT_LINE,
    HEIGHT,
    LONGEST,
    MARGIN,
    REACH_STILL,
    LinePicture,
    Place,
    differences,
    half,
    normalised,
    piece,
    place_of,
    sample,
)


def slope(along: int) -> Image:
    """A frame that gets brighter to the right (0) or downwards (1), by one level every four pixels."""
    ramp = np.indices((480, 640))[1 - along] / 4
    return np.repeat(ramp[:, :, None], 3, axis=2).astype(np.uint8)


class TestSample:
    """The levelled picture of a place, on frames whose brightness tells where it is from."""

    @pytest.mark.parametrize(
        ("degrees", "scale"), [(0, 1.0), (0, 0.5), (0, 2.0), (90, 1.0), (180, 0.5), (30, 1.0), (-60, 2.0)]
    )
    def test_each_pixel_is_that_of_its_spot(self, degrees: float, scale: float) -> None:
        place = Place((300.0, 200.0), math.radians(degrees), 80.0, 20.0)
        width, height = 64, 16
        horizontal, vertical = (sample(slope(along), place, scale, (width, height)) for along in (0, 1))

        right, down = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
        cosine, sine = math.cos(place.angle) / scale, math.sin(place.angle) / scale
        # The brightness of the pixel's middle; a level lasts for four pixels, so it is half a level less.
        xs = (300 - 0.5 + right * cosine - down * sine - 1.5) / 4
        ys = (200 - 0.5 + right * sine + down * cosine - 1.5) / 4
        assert horizontal.shape == (height, width)
        assert np.abs(horizontal - xs).max() <= 1.0
        assert abs(np.mean(horizontal - xs)) < 0.2
        assert np.abs(vertical - ys).max() <= 1.0
        assert abs(np.mean(vertical - ys)) < 0.2

    def test_fine_stripes_are_kept_at_their_size_and_blurred_when_they_get_smaller(self) -> None:
        stripes = np.zeros((480, 640, 3), np.uint8)
        stripes[:, ::2] = 200
        place = Place((300.0, 200.0), 0.0, 80.0, 20.0)

        assert set(np.unique(sample(stripes, place, 1.0, (64, 16)))) == {0, 200}
        assert np.ptp(sample(stripes, place, 0.5, (64, 16))) == 0

    @pytest.mark.parametrize(
        ("start", "end", "pixels"),
        [
            (10.5, 20.2, (8, 23)),
            (-5.0, 3.0, (0, 6)),
            (98.0, 120.0, (96, 100)),
            (300.0, 310.0, (99, 100)),
            (-50.0, -20.0, (0, 1)),
        ],
    )
    def test_the_piece_of_the_frame_that_is_looked_at(
        self, start: float, end: float, pixels: tuple[int, int]
    ) -> None:
        assert piece(start, end, 100) == pixels


class TestPlaces:
    def test_a_line_runs_along_its_first_side_and_a_tall_one_along_its_last(self) -> None:
        corners: Polygon = ((10, 20), (40, 60), (36, 63), (6, 23))
        level, tall = place_of(corners, False), place_of(corners, True)

        assert level == Place((23.0, 41.5), math.atan2(40, 30), 50.0, 5.0)
        assert tall == Place((23.0, 41.5), math.atan2(3, -4), 5.0, 50.0)

    def test_no_place_is_smaller_than_a_pixel(self) -> None:
        place = place_of(((5, 5), (5.5, 5), (5.5, 5.25), (5, 5.25)), False)
        assert (place.width, place.height) == (1.0, 1.0)

    def test_another_place_is_seen_along_the_line_and_across_it(self) -> None:
        line, other = Place((10, 10), math.pi / 2, 50, 5), Place((13, 17), 0, 50, 5)

        assert other.seen_from(line) == pytest.approx((7, -3))
        assert line.seen_from(other) == pytest.approx((-3, -7))

    @pytest.mark.parametrize(
        ("width", "height", "columns"),
        [(100, 20, 80), (104, 20, 80), (106, 20, 84), (14, 20, BLOCK), (4000, 20, LONGEST)],
    )
    def test_lines_are_compared_at_one_height(self, width: float, height: float, columns: int) -> None:
        corners: Polygon = ((10, 10), (10 + width, 10), (10 + width, 10 + height), (10, 10 + height))
        picture = LinePicture.of(slope(0), corners)

        assert picture.grey.shape == (HEIGHT, columns + 2 * MARGIN)
        assert (picture.scale, picture.is_tall) == (HEIGHT / height, height >= TALL * width)
        line = picture.grey[:, MARGIN:-MARGIN]
        assert line.mean() == pytest.approx(0, abs=1e-4)

    def test_a_box_exactly_so_much_higher_than_wide_is_tall(self) -> None:
        heights = [TALL * 20, TALL * 20 - 0.5]
        boxes: list[Polygon] = [((10, 10), (30, 10), (30, 10 + high), (10, 10 + high)) for high in heights]

        assert [LinePicture.of(slope(0), box).is_tall for box in boxes] == [True, False]


class TestDifferences:
    """Block by block, the contrast and structure term of SSIM at the best of all places."""

    @pytest.mark.parametrize("reach", [1, 3])
    def test_each_block_is_compared_with_what_is_most_like_it(self, reach: int) -> None:
        drawn = np.random.default_rng(3)
        grey = drawn.normal(0, 1, (16, 24)).astype(np.float32)
        window = drawn.normal(0, 1, (16 + 2 * reach, 24 + 2 * reach)).astype(np.float32)

        found = differences(grey, window, reach)

        assert found.shape == (3, 5)
        for (row, column), difference in np.ndenumerate(found):
            y, x = 4 * row, 4 * column
            block = grey[y : y + 8, x : x + 8]
            others = (
                window[y + down : y + down + 8, x + right : x + right + 8]
                for down in range(2 * reach + 1)
                for right in range(2 * reach + 1)
            )
            assert difference == pytest.approx(1 - max(likeness(block, other) for other in others), abs=1e-4)

    def test_half_the_size_is_the_mean_of_four(self) -> None:
        grey = np.arange(24, dtype=np.float32).reshape(4, 6)
        assert half(grey).tolist() == [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]

    def test_the_part_that_shows_the_line_gives_mean_and_contrast(self) -> None:
        grey = np.array([[0, 10, 30, 99]], np.float32)
        assert normalised(grey, grey[:, 1:3]) == pytest.approx((grey - 20) / (10 + FLAT_LINE))

    @pytest.mark.parametrize(
        ("column", "offset_x", "length", "counts"),
        [
            (11, 0, 100, False),
            (12, 0, 100, True),
            (99, 0, 100, True),
            (100, 0, 100, False),
            (107, 8, 100, True),
            (108, 8, 100, False),
            (4, -8, 100, True),
            (3, -8, 100, False),
            (107, 0, 120, True),
            (4, 0, 120, True),
            (12, 0, 60, True),
        ],
    )
    def test_only_blocks_within_the_box_then_or_now_count(
        self, column: int, offset_x: float, length: float, counts: bool
    ) -> None:
        """The box was at columns 16 to 96 of 112; blocks of eight columns begin at every fourth."""
        frame = np.random.default_rng(5).integers(0, 255, (60, 160, 1), np.uint8).repeat(3, axis=2)
        picture = LinePicture.of(frame, ((30, 20), (130, 20), (130, 40), (30, 40)))
        window = sample(frame, picture.place, picture.scale, picture._size_wh(REACH_STILL))
        window[:, column + REACH_STILL] = 255 - window[:, column + REACH_STILL]

        now = replace(picture.place, width=length)
        assert (picture._differs_most(window, REACH_STILL, offset_x, now) > 0.05) is counts


def likeness(block: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    covariance = float((block * other).mean() - block.mean() * other.mean())
    return (2 * covariance + FLAT_BLOCK) / (float(block.var()) + float(other.var()) + FLAT_BLOCK)
