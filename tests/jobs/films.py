"""Small videos with sound, odd sizes, turned cameras and uneven times, made on the spot."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.pipelines.clips import frame_bgr

TICKS_S = 1000
SOUND_HZ = 16_000


def write_film(
    path: Path,
    times: Sequence[int] = range(0, 320, 40),
    size_wh: tuple[int, int] = (64, 48),
    sound: str = "",
    rotation: int = 0,
    codec: str = "libx264",
    ticks_s: int = TICKS_S,
) -> Path:
    """A video with a frame at each of these times, in ticks, and sound of this codec for as long."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, ticks_s)
        if rotation:
            stream.set_display_rotation(rotation)
        voice: Any = container.add_stream(sound, rate=SOUND_HZ) if sound else None
        for number, time in enumerate(times, start=1):
            frame = av.VideoFrame.from_ndarray(frame_bgr(number % 20, size_wh), format="bgr24")
            frame.pts, frame.time_base = time, Fraction(1, ticks_s)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if voice:
            container.mux(voice.encode(tone(times[-1] / ticks_s)))
            container.mux(voice.encode())
    return path


def tone(seconds: float) -> Any:
    """A tone of 440 Hz."""
    angles = np.arange(int(seconds * SOUND_HZ)) * (2 * np.pi * 440 / SOUND_HZ)
    samples = (np.sin(angles) * 8000).astype(np.int16)[np.newaxis]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    return frame


def spoil_sound(path: Path) -> None:
    """Fill the middle of every piece of sound with zeros."""
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    data = bytearray(path.read_bytes())
    for position, size in places:
        data[position + size // 4 : position + size] = bytes(size - size // 4)
    path.write_bytes(data)


def times_of(path: Path) -> list[float]:
    """The time of each frame, in seconds."""
    with av.open(str(path)) as container:
        return [round(float(frame.pts * frame.time_base), 3) for frame in container.decode(video=0)]


def pictures_of(path: Path) -> list[Any]:
    """The frames as BGR, as they are stored."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def sound_of(path: Path) -> tuple[str, float, float]:
    """Codec of the sound, its loudness where it is loudest, and its length in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        loudness = max(float(np.abs(frame.to_ndarray()).max()) for frame in frames)
        seconds = sum(frame.samples for frame in frames) / stream.sample_rate
        return stream.codec_context.name, loudness, seconds
