"""Checks by its header that a frame is a JPEG picture within the limits, before anything is decoded."""

from forgesyte.units import MEGABYTE
from pipelines.media.jpeg_header import START_OF_IMAGE, BadHeader, has_end, has_too_many_scans, read_header
from streaming.protocol import ErrorCode


class FrameValidationError(Exception):
    """A frame is refused; `code` is the word that the client reads, `detail` says why."""

    def __init__(self, error: ErrorCode, detail: str | None = None) -> None:
        self.code = error.code
        self.detail = detail or error.detail
        super().__init__(self.detail)


def validate_jpeg(data: bytes, *, max_bytes: int, max_pixels: int) -> tuple[int, int]:
    """Check a frame and return the width and height that it declares; raises FrameValidationError.

    Costs microseconds, at most 0.4 ms for 5 MB in many scans: nothing is decoded and no pixel is allocated.
    """
    if not data:
        raise FrameValidationError(ErrorCode.INVALID_FRAME, "Frame is empty")
    if len(data) > max_bytes:
        raise frame_too_large(max_bytes)
    if not data.startswith(START_OF_IMAGE):
        raise FrameValidationError(ErrorCode.INVALID_FRAME)
    try:
        header = read_header(data)
    except BadHeader as error:
        raise FrameValidationError(ErrorCode.INVALID_FRAME) from error
    if not has_end(data):
        raise FrameValidationError(ErrorCode.INVALID_FRAME)
    width, height, scans = header
    if not (width and height):
        raise FrameValidationError(ErrorCode.INVALID_FRAME, "Picture without pixels")
    if width * height > max_pixels:
        raise FrameValidationError(
            ErrorCode.INVALID_FRAME, f"Picture of {width}x{height} exceeds {max_pixels} pixels"
        )
    if has_too_many_scans(header, max_pixels):
        raise FrameValidationError(
            ErrorCode.INVALID_FRAME, f"Picture of {width}x{height} in {scans} scans: send fewer"
        )
    return width, height


def frame_too_large(max_bytes: int) -> FrameValidationError:
    """The error for a frame above the limit."""
    return FrameValidationError(ErrorCode.FRAME_TOO_LARGE, f"Frame exceeds {max_bytes / MEGABYTE:g}MB")
