"""Is this a JPEG picture within the limits? Answered from its header, before anything is decoded."""

import simplejpeg

from streaming.protocol import ErrorCode

MEGABYTE = 1024 * 1024
START_OF_IMAGE = b"\xff\xd8"
END_OF_IMAGE = b"\xff\xd9"


class FrameValidationError(Exception):
    """A frame is refused; `code` is the word that the client reads, `detail` says why."""

    def __init__(self, error: ErrorCode, detail: str | None = None) -> None:
        self.code = error.code
        self.detail = detail or error.detail
        super().__init__(self.detail)


def validate_jpeg(data: bytes, *, max_bytes: int, max_pixels: int) -> tuple[int, int]:
    """Check a frame and return the width and height that it declares; raises FrameValidationError.

    Costs microseconds whatever the header declares: nothing is decoded and no pixel is allocated. The header
    is read by libjpeg-turbo, the library that decodes the frame later, so both see the same size. (Pillow
    reads headers in Python, and takes a second over 5 MB of empty segments.)
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
    """Width and height from the header; raises FrameValidationError where it cannot be read."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        raise FrameValidationError(ErrorCode.INVALID_FRAME) from error
    return width, height
