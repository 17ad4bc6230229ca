"""A small video of the frames that clients send, to be uploaded."""

import io
from collections.abc import Sequence

import av

from pipelines.media.images import decode_image

FPS = 15
MP4_FREE_BOX = b"free"


def film_of(frames: Sequence[bytes], count: int) -> bytes:
    """An MP4 of so many frames, which are JPEG files of one size, in a circle."""
    pictures = [decode_image(frame) for frame in frames[:count]]
    height, width = pictures[0].shape[:2]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(count):
            picture = pictures[number % len(pictures)]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def padded(film: bytes, size: int) -> bytes:
    """The same MP4 with a box that readers skip: more bytes than a connection's buffers hold."""
    return film + (size + 8).to_bytes(4, "big") + MP4_FREE_BOX + bytes(size)
