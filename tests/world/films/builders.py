"""Small films of every kind, made on the spot: containers, codecs, sizes, rotations, clocks and damage."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

TICKS_S = 1000
SOUND_HZ = 48_000
# Each frame is this much brighter than the one before, modulo 20: a codec's noise is far below that.
STEP, LEVELS = 12, 20
# The pictures of these are not in YUV 4:2:0.
PIXEL_FORMATS = {
    "mjpeg": "yuvj420p",
    "png": "rgb24",
    "gif": "rgb8",
    "qtrle": "rgb24",
    "prores_ks": "yuv422p10le",
}


@dataclass(frozen=True)
class Film:
    """The parts of a film; `times` in milliseconds. Fractions of `sound_s` are rounded to packets."""

    container: str = "mp4"
    codec: str = "libx264"
    size_wh: tuple[int, int] = (64, 48)
    times: Sequence[int] = tuple(range(0, 1200, 100))
    rotation: int = 0
    mirrored: bool = False
    pixels: Fraction | None = None
    pixel_format: str = ""
    b_frames: int = 0
    sound: str = ""
    sound_s: float = 1.0
    cover: bool = False
    second_size: tuple[int, int] | None = None
    options: dict[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """The ending of its file's name."""
        return {"mpegts": "ts", "matroska": "mkv", "mpeg": "mpg"}.get(self.container, self.container)


def picture(number: int, size_wh: tuple[int, int]) -> Any:
    """Frame `number`, from 1, in RGB: its grey tells the number, and a red mark is at the top left."""
    width, height = size_wh
    image = np.full((height, width, 3), STEP * (number % LEVELS), np.uint8)
    image[: height // 4, : width // 4] = (230, 20, 20)
    return image


def number_of(image_bgr: Any) -> int:
    """The number of a frame modulo LEVELS, by its brightness at the middle."""
    return round(float(image_bgr[image_bgr.shape[0] // 2, image_bgr.shape[1] // 2].mean()) / STEP) % LEVELS


def mark_of(image_bgr: Any) -> str:
    """The corner in which the red mark is, such as `top left`."""
    height, width, _ = image_bgr.shape
    y, x = height // 10, width // 10
    corners = {
        "top left": image_bgr[y, x],
        "top right": image_bgr[y, -1 - x],
        "bottom left": image_bgr[-1 - y, x],
        "bottom right": image_bgr[-1 - y, -1 - x],
    }
    return max(corners, key=lambda name: int(corners[name][2]) - int(corners[name][0]))


def write(path: Path, film: Film) -> Path:
    """Write the film into a file of this name."""
    options = {**CONTAINER_OPTIONS.get(film.container, {}), **film.options}
    with av.open(str(path), "w", format=film.container, options=options) as container:
        streams = [video_stream(container, film, film.size_wh)]
        if film.second_size:
            streams.append(video_stream(container, film, film.second_size))
        sound: Any = container.add_stream(film.sound, rate=SOUND_HZ) if film.sound else None
        cover = cover_stream(container) if film.cover else None
        if cover:
            write_cover(container, cover)
        for number, time in enumerate(film.times, start=1):
            for stream in streams:
                container.mux(stream.encode(frame_at(number, time, (stream.width, stream.height))))
        for stream in streams:
            container.mux(stream.encode())
        if sound:
            container.mux(sound.encode(silence(film.sound_s)))
            container.mux(sound.encode())
    return path


CONTAINER_OPTIONS = {"mp4": {"movflags": "+faststart"}}


def video_stream(container: Any, film: Film, size_wh: tuple[int, int]) -> Any:
    """A stream of pictures as the film wants it."""
    lists = {"libx264": {"g": "12", "bf": str(film.b_frames)}, "libx265": {"x265-params": "log-level=none"}}
    options = lists.get(film.codec, {})
    rate = Fraction(TICKS_S, max(film.times[1] - film.times[0], 1)) if len(film.times) > 1 else Fraction(10)
    stream = container.add_stream(film.codec, rate=rate, options=options)
    stream.width, stream.height = size_wh
    stream.pix_fmt = film.pixel_format or PIXEL_FORMATS.get(film.codec, "yuv420p")
    context = stream.codec_context
    if film.codec not in ("mpeg1video", "mpeg2video"):
        context.time_base = Fraction(1, TICKS_S)
    if film.pixels:
        context.sample_aspect_ratio = film.pixels
    if film.codec in ("mpeg4", "mpeg2video", "mpeg1video", "wmv2", "msmpeg4v3", "h263", "flv", "libvpx"):
        context.bit_rate = 1_000_000
    if film.codec in ("mpeg4", "mpeg2video") and film.b_frames:
        context.max_b_frames = film.b_frames
    if film.rotation or film.mirrored:
        stream.set_display_rotation(film.rotation, hflip=film.mirrored)
    return stream


def frame_at(number: int, time: int, size_wh: tuple[int, int]) -> Any:
    """A frame that is shown at this time."""
    frame = av.VideoFrame.from_ndarray(picture(number, size_wh), format="rgb24")
    frame.pts, frame.time_base = time, Fraction(1, TICKS_S)
    return frame


def silence(seconds: float) -> Any:
    """A frame of a second or so without a sound."""
    samples = np.zeros((2, int(seconds * SOUND_HZ)), np.float32)
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    return frame


def cover_stream(container: Any) -> Any:
    """A stream for a cover picture."""
    stream = container.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


def write_cover(container: Any, stream: Any) -> None:
    """A white cover picture."""
    for packet in [*stream.encode(frame_at(19, 0, (32, 32))), *stream.encode()]:
        container.mux(packet)


def write_sound_with_cover(path: Path) -> Path:
    """A song: sound and a cover, no film."""
    with av.open(str(path), "w", format="mp4") as container:
        sound: Any = container.add_stream("aac", rate=SOUND_HZ)
        cover = cover_stream(container)
        write_cover(container, cover)
        container.mux(sound.encode(silence(1.0)))
        container.mux(sound.encode())
    return path


def join(path: Path, *films: Film) -> Path:
    """The films one after the other, byte by byte: each with a clock and a size of its own."""
    part = path.with_name(f"part.{films[0].suffix}")
    pieces = [write(part, film).read_bytes() for film in films]
    part.unlink()
    path.write_bytes(b"".join(pieces))
    return path


def cut_off(path: Path, share: float) -> Path:
    """Leave only the beginning of the file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def spoil(path: Path, seed: int, share: float = 0.02) -> Path:
    """Overwrite bytes behind the first tenth with others."""
    drawn = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(max(1, int(len(data) * share / 10))):
        at = drawn.randrange(len(data) // 10, len(data))
        data[at : at + 10] = drawn.randbytes(len(data[at : at + 10]))
    path.write_bytes(data)
    return path


def announce_length(path: Path, seconds: int) -> Path:
    """Change what the header of an MP4 or a Matroska file says of its length."""
    data = bytearray(path.read_bytes())
    if b"moov" in data[:4096] or b"moov" in data:
        for name, scale_at, length_at in ((b"mvhd", 12, 16), (b"mdhd", 12, 16), (b"tkhd", None, 20)):
            at = data.find(name)
            while at >= 0:
                body = at + 4
                scale = (
                    1000
                    if scale_at is None
                    else int.from_bytes(data[body + scale_at : body + scale_at + 4], "big")
                )
                length = (seconds * scale).to_bytes(4, "big")
                data[body + length_at : body + length_at + 4] = length
                at = data.find(name, at + 4)
    else:
        # Matroska's Duration: a float of eight bytes, in milliseconds.
        at = data.index(b"\x44\x89\x88")
        data[at + 3 : at + 11] = np.array([seconds * 1000.0], ">f8").tobytes()
    path.write_bytes(data)
    return path


def forget_length(path: Path) -> Path:
    """A WebM as a browser records it: nobody has written its length behind the recording."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88")
    # An element that is to be passed over, of the same size.
    data[at : at + 11] = b"\xec\x89" + bytes(9)
    path.write_bytes(data)
    return path
