"""Small videos for tests, made on the spot."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np

FPS = 10


def frame_bgr(index: int, size_wh: tuple[int, int] = (64, 48)) -> Any:
    """A dark frame with a bright square in its top left corner; its brightness elsewhere tells the index."""
    width, height = size_wh
    image_bgr = np.full((height, width, 3), 10 * index, np.uint8)
    image_bgr[: height // 3, : width // 3] = 255
    return image_bgr


def index_of(image_bgr: Any) -> int:
    """The index of a frame, read from its brightness at the middle."""
    return round(float(image_bgr[image_bgr.shape[0] // 2, image_bgr.shape[1] // 2].mean()) / 10)


def write_clip(
    path: Path, indices: Iterable[int] = range(1, 9), codec: str = "libx264", **options: str
) -> Path:
    """A video of one frame for each index, each a key frame, so that one broken frame breaks no other."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=FPS, options=options or {"g": "1", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p" if codec == "libx264" else "yuvj420p"
        for index in indices:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_bgr(index), format="bgr24")))
        container.mux(stream.encode())
    return path


def packets_of(path: Path) -> list[tuple[int, int]]:
    """The position and size of each frame's data in the file."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def spoil(path: Path, number: int, *, from_middle: bool = False) -> None:
    """Fill the data of one frame, or the second half of it, with zeros."""
    position, size = packets_of(path)[number - 1]
    if from_middle:
        position, size = position + size // 2, size - size // 2
    data = bytearray(path.read_bytes())
    data[position : position + size] = bytes(size)
    path.write_bytes(data)


def write_sound(path: Path) -> Path:
    """A file with a tenth of a second of silence, and no picture."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode())
    return path
