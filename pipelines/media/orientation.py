"""Turns pictures upright, as EXIF says that the camera was held; pure."""

import struct

import numpy as np
from numpy.typing import NDArray

ORIENTATION = 0x0112
# How arrays are turned for each orientation of EXIF, TIFF 6.0 p. 36: over the diagonal, then up-down and
# left-right.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
EXIF_MARK = b"Exif\x00\x00"
EXIF_WITHIN = 65_536
MOST_ENTRIES = 200
BYTE_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}


def turned(image_bgr: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The picture upright, by its EXIF orientation from 1 to 8; as it is for any other number."""
    over_diagonal, up_down, left_right = TURNS.get(orientation, TURNS[1])
    if over_diagonal:
        image_bgr = image_bgr.transpose(1, 0, 2)
    return np.ascontiguousarray(image_bgr[:: -1 if up_down else 1, :: -1 if left_right else 1])


def orientation_of(jpeg: bytes) -> int:
    """The orientation in the EXIF data of a JPEG file, 1 where there is none."""
    at = jpeg.find(EXIF_MARK, 0, EXIF_WITHIN)
    return orientation_in(jpeg[at + len(EXIF_MARK) : at + EXIF_WITHIN]) if at >= 0 else 1


def orientation_in(tiff: bytes) -> int:
    """The orientation in the first directory of EXIF data, 1 where there is none; TIFF 6.0, section 2."""
    order = BYTE_ORDERS.get(tiff[:4], "")
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for number in range(min(count, MOST_ENTRIES) if order else 0):
            tag, value = struct.unpack_from(f"{order}H6xH", tiff, directory + 2 + 12 * number)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        pass  # the data are cut off
    return 1
