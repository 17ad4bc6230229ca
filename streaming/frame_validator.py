"""Is this a JPEG picture within the limits? Answered from its header, before anything is decoded."""

import struct

from streaming.protocol import ErrorCode

MEGABYTE = 1024 * 1024
START_OF_IMAGE = b"\xff\xd8"
END_OF_IMAGE = b"\xff\xd9"

# The second byte of a marker. Nothing else may stand before the frame header: where decoders may disagree on
# what a byte means, the size that is checked here could differ from the one that is decoded.
FRAME_HEADERS = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})  # the processes that libjpeg decodes
TABLES_AND_REMARKS = frozenset({0xC4, 0xCC, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
# A picture of 5 MB with the largest colour profile and thumbnail has about 80.
MAX_SEGMENTS = 500


class FrameValidationError(Exception):
    """A frame is refused; `code` is the word that the client reads, `detail` says why."""

    def __init__(self, error: ErrorCode, detail: str | None = None) -> None:
        self.code = error.code
        self.detail = detail or error.detail
        super().__init__(self.detail)


def validate_jpeg(data: bytes, *, max_bytes: int, max_pixels: int) -> tuple[int, int]:
    """Check a frame and return the width and height that it declares; raises FrameValidationError.

    Costs microseconds whatever the header declares: nothing is decoded and no pixel is allocated.
    """
    if not data:
        raise FrameValidationError(ErrorCode.INVALID_FRAME, "Frame is empty")
    if len(data) > max_bytes:
        raise FrameValidationError(ErrorCode.FRAME_TOO_LARGE, f"Frame exceeds {max_bytes / MEGABYTE:g}MB")
    if not (data.startswith(START_OF_IMAGE) and data.endswith(END_OF_IMAGE)):
        raise FrameValidationError(ErrorCode.INVALID_FRAME)
    width, height = declared_size_wh(data)
    if width * height > max_pixels:
        raise FrameValidationError(
            ErrorCode.INVALID_FRAME, f"Picture of {width}x{height} exceeds {max_pixels} pixels"
        )
    return width, height


def declared_size_wh(data: bytes) -> tuple[int, int]:
    """Width and height in the frame header, ITU T.81 section B.2.2; raises FrameValidationError.

    Libraries are no help here: Pillow takes a second over 5 MB of empty segments, and libjpeg-turbo's header
    reader refuses what its decoder can read.
    """
    at = len(START_OF_IMAGE)
    try:
        for _ in range(MAX_SEGMENTS):
            start, marker, length = struct.unpack_from(">BBH", data, at)
            if start != 0xFF:
                break
            if marker in FRAME_HEADERS:
                return positive_size_wh(data, at + 5)
            if marker not in TABLES_AND_REMARKS:
                break
            at += 2 + length
    except struct.error:
        pass  # the header is cut off
    raise FrameValidationError(ErrorCode.INVALID_FRAME)


def positive_size_wh(data: bytes, at: int) -> tuple[int, int]:
    """Two 16-bit numbers, height first; raises struct.error and FrameValidationError."""
    height, width = struct.unpack_from(">HH", data, at)
    if not (width and height):
        raise FrameValidationError(ErrorCode.INVALID_FRAME, "Picture without pixels")
    return width, height
