"""Sound that changes or cannot be converted spoils no annotated film."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from jobs.results.annotated import write_annotated
from jobs.sources import VIDEO
from tests.jobs.films import pictures_of, sound_of
from tests.pipelines.clips import frame_bgr

FPS = 25
MP2_SAMPLES = 1152


def recording(path: Path, layout: str, rate: int) -> bytes:
    """A second of film with a loud tone, as a transport stream: such files may simply be joined."""
    with av.open(str(path), "w", format="mpegts") as container:
        film: Any = container.add_stream("mpeg2video", rate=FPS)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        sound: Any = container.add_stream("mp2", rate=rate)
        sound.layout = layout
        for number in range(FPS):
            picture = av.VideoFrame.from_ndarray(frame_bgr(number % 8), format="bgr24")
            picture.pts = number
            container.mux(film.encode(picture))
        channels = {"mono": 1, "stereo": 2}[layout]
        tone = (np.sin(np.arange(MP2_SAMPLES) / 10) * 9000).astype(np.int16).repeat(channels)[None]
        for number in range(rate // MP2_SAMPLES):
            piece = av.AudioFrame.from_ndarray(tone, format="s16", layout=layout)
            piece.sample_rate, piece.pts = rate, number * MP2_SAMPLES
            container.mux(sound.encode(piece))
        container.mux(film.encode())
        container.mux(sound.encode())
    return path.read_bytes()


@pytest.fixture
def joined(tmp_path: Path) -> Path:
    parts = [recording(tmp_path / "part.ts", layout, rate) for layout, rate in KINDS]
    (tmp_path / "joined.ts").write_bytes(b"".join(parts))
    return tmp_path / "joined.ts"


SILENT = "{} s of the sound could not be converted and are silent in the annotated video"
KINDS = (("mono", 44_100), ("stereo", 48_000))


def annotated(source: Path, *warnings: str) -> Path:
    """The annotated film, of which nothing but these warnings is said."""
    lines = [{"frame_index": number, "result": {"detections": []}} for number in range(1, 2 * FPS + 1)]
    target = source.with_name("annotated.mp4")
    said = write_annotated(source, VIDEO, lines, target, frame_stride=1, keep_going=lambda done: True)
    assert said == list(warnings)
    return target


def test_the_sound_of_joined_recordings_may_change(joined: Path) -> None:
    found = annotated(joined)

    _, loudness, seconds = sound_of(found)
    assert len(pictures_of(found)) == 2 * FPS
    assert loudness > 0.2
    assert seconds == pytest.approx(2.0, abs=0.1)


def test_sound_that_cannot_be_converted_is_left_out(joined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, *kind: object) -> None: ...

        def resample(self, frame: Any) -> list[Any]:
            raise av.FFmpegError(95, "Operation not supported")

    monkeypatch.setattr("jobs.results.sound.av.AudioResampler", Refusing)

    assert len(pictures_of(annotated(joined, SILENT.format("2.0")))) == 2 * FPS


def test_sound_that_cannot_be_decoded_is_told_of(tmp_path: Path) -> None:
    """A second of sound, of which one packet of 4096 samples cannot be read."""
    path = tmp_path / "damaged.mov"
    with av.open(str(path), "w") as container:
        film: Any = container.add_stream("mpeg4", rate=FPS)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        sound: Any = container.add_stream("alac", rate=48_000)
        sound.layout = "mono"
        for number in range(FPS // 2):
            picture = av.VideoFrame.from_ndarray(frame_bgr(number % 8), format="bgr24")
            picture.pts = number
            container.mux(film.encode(picture))
        for number in range(12):
            piece = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16p", layout="mono")
            piece.sample_rate, piece.pts = 48_000, number * 4096
            for packet in sound.encode(piece):
                damaged: Any = av.Packet(b"\x40" * 8) if number == 5 else packet
                damaged.pts, damaged.dts, damaged.duration = packet.pts, packet.dts, packet.duration
                damaged.time_base, damaged.stream = packet.time_base, sound
                container.mux(damaged)
        container.mux(film.encode())

    assert len(pictures_of(annotated(path, SILENT.format("0.1")))) == FPS // 2
