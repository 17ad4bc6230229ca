"""The scale at which the readers see whole frames: large frames are made smaller for them."""

from pipelines.engine.readers.easyocr import canvas
from pipelines.engine.readers.pieces import HALF, MOST_PIECES, SEARCH, SLIM
from pipelines.engine.readers.text_finder_input import LONGEST, MAX_INPUT_PIXELS
from pipelines.engine.readers.text_reader import Image

LONGEST_PIECE = {"rapidocr": LONGEST, "easyocr": canvas.LONGEST}


def frame_scale(engine: str, image_bgr: Image) -> float:
    """The scale of a frame in the reader's input, 1 where it is not made smaller; see `pieces_of_frame`."""
    height, width = int(image_bgr.shape[0]), int(image_bgr.shape[1])
    longest, longer = LONGEST_PIECE[engine], max(height, width)
    if longer > max(longest, SLIM * min(height, width)):
        scale = min(1.0, MOST_PIECES * longest * (1 - SEARCH) / longer)
        shorter = max(1, round(min(height, width) * scale))
        return scale * (canvas.best_canvas(shorter, longest)[0] if engine == "easyocr" else 1.0)
    if engine == "easyocr":
        return canvas.best_canvas(height, width)[0]
    scale = min(1.0, LONGEST / longer)
    if scale**2 * height * width > MAX_INPUT_PIXELS:
        # It is read in two halves, one above the other.
        return min(1.0, LONGEST / max(height * HALF, width))
    return scale


def made_smaller(engine: str, image_bgr: Image) -> str | None:
    """The sentence for a frame that the reader sees at a smaller size, or None."""
    scale, longer = frame_scale(engine, image_bgr), max(image_bgr.shape[:2])
    if scale == 1:
        return None
    return (
        f"{engine} sees {round(longer * scale)} pixels on the longer side instead of {longer}: "
        "small letters may be missed"
    )
