"""Draws results on pictures."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipelines.media.lettering import caption_of
from pipelines.media.pixels import bands

# So much is drawn on at once: Pillow has four bytes for each pixel, beside the picture.
BAND_PIXELS = 4_000_000
# Bright enough for black letters on them, and told apart by people who are colour-blind.
PALETTE = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#ff8c66", "#9ad0a0", "#b8b8ff")


def draw_result(image_bgr: NDArray[np.uint8], result: Mapping[str, Any]) -> NDArray[np.uint8]:
    """A copy of the picture, BGR, with each detection's box or polygon and its text, else label and score."""
    height, width = image_bgr.shape[:2]
    unit = max(min(width, height) // 240, 1)
    drawable = list(filter(is_drawable, result.get("detections", [])))
    drawn = np.empty((height, width, 3), np.uint8)
    for top, bottom in bands(height, width, BAND_PIXELS):
        band = Image.fromarray(image_bgr[top:bottom, :, ::-1])
        canvas = ImageDraw.Draw(band)
        for found in drawable:
            draw_detection(canvas, found, (width, height), unit, top)
        drawn[top:bottom] = np.asarray(band)[:, :, ::-1]
    return drawn


def is_drawable(found: Mapping[str, Any]) -> bool:
    """True if a detection has a place; a tool's NaN has become None."""
    corners = [number for corner in found.get("polygon") or () for number in corner]
    numbers = [*(found[name] for name in ("x", "y", "w", "h")), *corners]
    return None not in numbers and found["w"] >= 0 and found["h"] >= 0


def draw_detection(
    canvas: ImageDraw.ImageDraw, found: Mapping[str, Any], size_wh: tuple[int, int], unit: int, above: int
) -> None:
    """One box with its caption above it, or inside where there is no room; lines are `unit` pixels wide.

    The canvas begins `above` pixels below the upper edge of the picture.
    """
    width, height = size_wh
    left, top = found["x"] * width, found["y"] * height
    right, bottom = left + found["w"] * width, top + found["h"] * height
    high = max(9, int(bottom - top) * 3 // 4)
    colour = colour_of(found)
    if polygon := found.get("polygon"):
        canvas.polygon([(x * width, y * height - above) for x, y in polygon], outline=colour, width=unit)
    else:
        canvas.rectangle((left, top - above, right, bottom - above), outline=colour, width=unit)
    # On a page full of lines a caption as high as its own line hides the least of the others.
    words = caption_of(caption(found), min(10 + 3 * unit, high))
    x1, y1, x2, y2 = words.box
    box_wh = x2 - x1 + 2 * unit, y2 - y1 + 2 * unit
    at_left = min(max(left, 0.0), max(width - box_wh[0], 0.0))
    at_top = (top - box_wh[1] if top >= box_wh[1] else max(top, 0.0)) - above
    canvas.rectangle((at_left, at_top, at_left + box_wh[0], at_top + box_wh[1]), fill=colour)
    words.draw(canvas, at_left + unit, at_top + unit, "black")


def caption(found: Mapping[str, Any]) -> str:
    """The caption of a detection: its track, and its text if it was read, else its label and score."""
    track = f"#{found['track_id']} " if "track_id" in found else ""
    said = found.get("text") or f"{found['label']} {found['score'] or 0:.2f}"
    return track + " ".join(said.split())


def colour_of(found: Mapping[str, Any]) -> str:
    """One colour for each track, or for each label where nothing is tracked."""
    name = str(found.get("track_id", found["label"])).encode(errors="replace")
    return PALETTE[zlib.crc32(name) % len(PALETTE)]
