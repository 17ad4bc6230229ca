"""Pixels of every kind as BGR uint8, over white where they are transparent; band by band, to save memory."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# What is copied at once has about so many pixels.
BAND_PIXELS = 250_000
MOST_8_BITS = 255
# The modes of Pillow in which a value is an amount of something.
AVERAGED = ("L", "RGB", "I", "F", "I;16")
# The greatest value of transparency in pictures of 16 bits.
MOST_16_BITS = 65_535
# A pixel that differs from all around it is a fault of the camera's: it must not take the range of values.
AROUND = 3
SCALED = "The values from {low:g} to {high:g} are shown as 0 to 255: the file has more than 8 bits a value"


def smaller(image: Image.Image, most_pixels: int) -> Image.Image:
    """A Pillow picture of at most so many pixels; it comes as it is where its values cannot be averaged."""
    width, height = bounded_size(image.size, most_pixels)
    if (width, height) == image.size or image.mode not in AVERAGED or image.has_transparency_data:
        return image
    small = Image.new(image.mode, (width, height))
    scale = image.height / height
    for top, bottom in bands(height, width):
        box = (0, top * scale, image.width, min(bottom * scale, image.height))
        small.paste(image.resize((width, bottom - top), Image.Resampling.BOX, box), (0, top))
    return small


def to_bgr(image: Image.Image) -> NDArray[np.uint8]:
    """A Pillow picture of any mode with 8 bits a value; of deeper ones use `deep_to_bgr`."""
    width, height = image.size
    image_bgr = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands(height, width):
        band = band_in_rgb(image.crop((0, top, width, bottom)), image.has_transparency_data)
        image_bgr[top:bottom] = np.asarray(band)[:, :, ::-1]
    return image_bgr


def band_in_rgb(band: Image.Image, transparent: bool) -> Image.Image:
    """A part of a picture in RGB, over white."""
    if transparent:
        band = band.convert("RGBA")
        band = Image.alpha_composite(Image.new("RGBA", band.size, "white"), band)
    return band.convert("RGB")


def values_of(image: Image.Image) -> NDArray[Any]:
    """The values of a Pillow picture of a mode for which `is_deep` is true, HxW."""
    width, height = image.size
    values = np.empty((height, width), np.asarray(image.crop((0, 0, 1, 1))).dtype)
    for top, bottom in bands(height, width):
        values[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return values


def is_deep(mode: str) -> bool:
    """True for Pillow's modes of one channel with more than 8 bits."""
    return mode in ("I", "F") or mode.startswith("I;16")


def deep_to_bgr(values: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    """Values of any depth as a picture that uses 0 to 255, and the sentence that says so.

    `values` are HxW, HxWx3 in BGR, or HxWx4 with transparency.
    """
    height, width = values.shape[:2]
    colours = values[:, :, :3] if values.ndim == 3 else values
    low, high = used_range(colours)
    image_bgr = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands(height, width):
        band = scaled(colours[top:bottom], low, high)
        if values.ndim == 3 and values.shape[2] == 4:
            opaque = values[top:bottom, :, 3:].astype(np.float32) / MOST_16_BITS
            band = (band * opaque + MOST_8_BITS * (1 - opaque)).astype(np.uint8)
        image_bgr[top:bottom] = band if band.ndim == 3 else band[:, :, None]
    return image_bgr, SCALED.format(low=low, high=high)


def used_range(values: NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest value, without single pixels that differ from all around them."""
    ranges = [range_of(values[top:bottom]) for top, bottom in bands(*values.shape[:2])]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if low < high:
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def range_of(band: NDArray[Any]) -> tuple[float, float]:
    """The range of a part of a picture; backwards where nothing in it is a number."""
    import cv2

    fit = band if band.dtype == np.uint16 else band.astype(np.float32)
    # What is no number would spread to its neighbours.
    calm = cv2.medianBlur(np.ascontiguousarray(np.nan_to_num(fit, nan=0.0, posinf=0.0, neginf=0.0)), AROUND)
    there = calm[np.isfinite(fit)]
    return (float(there.min()), float(there.max())) if there.size else (np.inf, -np.inf)


def scaled(band: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """A part of a picture with `low` at 0 and `high` at 255; where they are the same, as bright as it is."""
    low, high = (low, high) if high > low else (0.0, float(MOST_16_BITS))
    factor = MOST_8_BITS / (high - low)
    numbers = (band.astype(np.float32) - np.float32(low)) * np.float32(factor)
    return np.asarray(np.clip(np.nan_to_num(numbers) + 0.5, 0, MOST_8_BITS), np.uint8)


def bounded_size(size_wh: tuple[int, int], most_pixels: int) -> tuple[int, int]:
    """The size, made smaller where it has more pixels than that."""
    width, height = size_wh
    scale = min(math.sqrt(most_pixels / (width * height)), 1.0)
    return max(int(width * scale), 1), max(int(height * scale), 1)


def bands(height: int, width: int, pixels: int = BAND_PIXELS) -> Iterator[tuple[int, int]]:
    """Ranges of rows that have about so many pixels each."""
    rows = max(1, pixels // width)
    for top in range(0, height, rows):
        yield top, min(top + rows, height)
