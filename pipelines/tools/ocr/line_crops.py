"""Cuts lines of text out of a frame, each with its letters upright, and lays them out for a reader."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import Calibration
from pipelines.engine.readers.text_reader import (
    Image,
    PixelBox,
    Reading,
    TextReader,
    padded_box,
)
from pipelines.tools.ocr.cut_ends import with_cut_ends
from pipelines.tools.ocr.line_axes import direction_of, sides_of

# A line that rises by no more of its own height is cut out as it stands: readers make it level themselves.
LEVEL = 0.25
# Turned lines are laid on sheets of about so many pixels; a line that is larger has a sheet of its own.
SHEET_PIXELS = 4_000_000
# No line of a frame is longer or higher than so many of the frame's longer side.
LONGEST = 1.5

Corners = NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """One line: where it is cut out of the frame, or its own picture where it is not level there."""

    box_xyxy: PixelBox
    picture: Image | None = None


def read_crops(
    reader: TextReader, image_bgr: Image, boxes: Sequence[Detection], margins: Calibration
) -> list[Reading]:
    """One reading for each box, whose polygon says which way up its letters are."""
    crops = [crop_of(image_bgr, box, margins) for box in boxes]
    readings: dict[int, Reading] = {}
    level = [number for number, crop in enumerate(crops) if crop.picture is None]
    if level:
        places = [crops[number].box_xyxy for number in level]
        found = with_cut_ends(reader, image_bgr, places, reader.read(image_bgr, places))
        readings.update(zip(level, found, strict=True))
    for numbers in sheets([None if crop.picture is None else crop.picture.shape[:2] for crop in crops]):
        pictures = [picture for number in numbers if (picture := crops[number].picture) is not None]
        readings.update(zip(numbers, reader.read(*laid_out(pictures)), strict=True))
    return [readings[number] for number in range(len(crops))]


def crop_of(image_bgr: Image, box: Detection, margins: Calibration) -> Crop:
    """The pixels to read for a box, which is a little more than the box."""
    size_wh = image_bgr.shape[1], image_bgr.shape[0]
    if is_level(box, size_wh):
        return Crop(padded_box(box, size_wh, margins))
    corners = padded_corners(box, size_wh, margins)
    return Crop(crop_box(box, size_wh, margins), warped(image_bgr, corners))


def crop_box(box: Detection, size_wh: tuple[int, int], margins: Calibration) -> PixelBox:
    """The pixels that are cut out for a box: of the frame, or of its own picture where it is not level."""
    if is_level(box, size_wh):
        return padded_box(box, size_wh, margins)
    return 0, 0, *picture_size(padded_corners(box, size_wh, margins), size_wh)


def is_level(box: Detection, size_wh: tuple[int, int]) -> bool:
    """True if a line runs from left to right and hardly rises or falls."""
    direction = direction_of(box, size_wh)
    if math.cos(direction) <= 0:
        return False
    length, height = sides_of(box, size_wh)
    return abs(math.sin(direction)) * length <= LEVEL * height


def padded_corners(box: Detection, size_wh: tuple[int, int], margins: Calibration) -> Corners:
    """The corners of a line with air around it, (4, 2) in pixels, as long as a frame's at most."""
    corners = np.array(box.polygon_pixels(size_wh), np.float64)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    down = corners[3] - corners[0] + corners[2] - corners[1]
    width, height = np.hypot(*along) / 2, np.hypot(*down) / 2
    short = max(1.0, min(width, height))
    before, after, across = (max(1.0, share * short) for share in margins.paddings)
    if width < height:
        before = after = across
        across = max(1.0, margins.padding_after * short)
    along /= max(np.hypot(*along), 1e-6)
    down *= across / max(np.hypot(*down), 1e-6)
    ends, sides = np.array([-before, after, after, -before]), np.array([-1, -1, 1, 1])
    return np.asarray(corners + ends[:, None] * along + sides[:, None] * down, np.float32)


def warped(image_bgr: Image, corners: Corners) -> Image:
    """The picture between four corners, clockwise from its upper left; beyond the frame its edge goes on."""
    import cv2

    width, height = picture_size(corners, (image_bgr.shape[1], image_bgr.shape[0]))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    picture = cv2.warpPerspective(image_bgr, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8)


def picture_size(corners: Corners, size_wh: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture between four corners, at the frame's own scale."""
    most = LONGEST * max(size_wh)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = float(sides[::2].max()), float(sides[1::2].max())
    return max(1, round(min(width, most))), max(1, round(min(height, most)))


def sheets(sizes_hw: Sequence[tuple[int, ...] | None]) -> list[list[int]]:
    """The numbers of the pictures that come on one sheet each; None is no picture."""
    groups: list[list[int]] = []
    width = height = 0
    for number, size_hw in enumerate(sizes_hw):
        if size_hw is None:
            continue
        wider, higher = max(width, size_hw[1]), height + size_hw[0]
        if groups and wider * higher <= SHEET_PIXELS:
            groups[-1].append(number)
            width, height = wider, higher
        else:
            groups.append([number])
            width, height = size_hw[1], size_hw[0]
    return groups


def laid_out(pictures: Sequence[Image]) -> tuple[Image, list[PixelBox]]:
    """Pictures below each other on one sheet, and their places."""
    width, height = max(picture.shape[1] for picture in pictures), sum(len(picture) for picture in pictures)
    sheet = np.zeros((height, width, 3), np.uint8)
    places: list[PixelBox] = []
    top = 0
    for picture in pictures:
        high, wide = picture.shape[:2]
        sheet[top : top + high, :wide] = picture
        places.append((0, top, wide, top + high))
        top += high
    return sheet, places
