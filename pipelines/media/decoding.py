"""Decodes pictures that come alone, all but ordinary JPEGs in a process of their own; no Django.

Pillow goes through the parts of a file in Python, and a file of some megabytes may have millions of them: it
would keep all other threads of this process from running for a minute.
"""

import os
from collections.abc import Callable
from typing import TypeVar

from pipelines.errors import InvalidImage
from pipelines.isolation.pool import Busy, Crashed, OverBudget, Pool, run_isolated
from pipelines.media.images import read_picture, size_of
from pipelines.media.jpeg_header import BadHeader, read_header
from pipelines.media.picture_file import JPEG_START, Picture, TooManyPixels, check_size

T = TypeVar("T")

# A process of its own costs some 50 ms, so the smallest pictures are decoded here.
SMALL_BYTES, SMALL_PIXELS = 16 * 1024, 4_000_000
# What 25 million pixels with transparency take, and as much again.
MEMORY_MB = 512
# Where HEIC and AVIF files, which are made of boxes, name their kind.
KIND_MARK, KIND_AT = b"ftyp", slice(4, 8)
DEADLINE_S = 10.0
# How far decoding gives way to live sessions.
NICE = 5
POOL = Pool(at_once=2)


def decode_alone(image_bytes: bytes) -> Picture:
    """The first picture of a file, upright; blocks, so call it in a thread. Raises InvalidImage."""
    if is_cheap(image_bytes):
        return read_picture(image_bytes)
    return run_alone(read_picture, image_bytes)


def size_alone(image_bytes: bytes) -> tuple[int, int]:
    """Width and height of the first picture of a file as it declares them; as `decode_alone` otherwise."""
    size_wh = None if is_boxed(image_bytes) else size_in_head(image_bytes)
    return size_wh or run_alone(size_of, image_bytes)


def size_in_head(image_bytes: bytes) -> tuple[int, int] | None:
    """The size, read of a few bytes; None where it stands further behind. Raises InvalidImage."""
    if image_bytes.startswith(JPEG_START):
        try:
            width, height, _ = read_header(image_bytes)
        except BadHeader:
            return None
        check_size(width, height)
        return width, height
    try:
        return size_of(image_bytes[:SMALL_BYTES])
    except TooManyPixels:
        raise
    except InvalidImage:
        if len(image_bytes) <= SMALL_BYTES:
            raise
        return None


def run_alone(function: Callable[[bytes], T], image_bytes: bytes) -> T:
    """Run the function on a file in a process of its own; raises InvalidImage."""
    try:
        result: T = run_isolated(
            nicely, function, image_bytes, memory_mb=MEMORY_MB, deadline_s=DEADLINE_S, pool=POOL
        )
        return result
    except OverBudget as error:
        raise InvalidImage(f"The picture costs too much to be decoded: {error}") from error
    except Crashed as error:
        raise InvalidImage("The picture is damaged: export it again") from error
    except Busy as error:
        raise InvalidImage("Too many large pictures are decoded at once: try again in a moment") from error


def nicely(function: Callable[[bytes], T], image_bytes: bytes) -> T:
    """Run the function at a lower priority of this process."""
    os.nice(NICE)
    return function(image_bytes)


def is_cheap(image_bytes: bytes) -> bool:
    """True if the header says that decoding takes little memory, and no longer than it should."""
    if is_boxed(image_bytes):
        return False
    if not image_bytes.startswith(JPEG_START):
        return len(image_bytes) <= SMALL_BYTES and is_small(image_bytes)
    try:
        return read_header(image_bytes).width > 0
    except BadHeader:
        return False


def is_small(image_bytes: bytes) -> bool:
    """True for a picture of few pixels, and for what is none and refused at once."""
    try:
        width, height = size_of(image_bytes)
    except InvalidImage as error:
        return not isinstance(error, TooManyPixels)
    return width * height <= SMALL_PIXELS


def is_boxed(data: bytes) -> bool:
    """True for HEIC and AVIF: what opens them reads much more than a header, and is never run here."""
    return data[KIND_AT] == KIND_MARK
