from pathlib import Path

import av
import pytest

from pipelines.errors import InvalidVideo
from pipelines.media.film_writer import FilmWriter
from pipelines.media.video import VideoReader
from tests.pipelines.clips import frame_bgr, index_of


def write(path: Path, times: list[float], size_wh: tuple[int, int] = (64, 48)) -> Path:
    with FilmWriter(path) as film:
        for index, time_s in enumerate(times, start=1):
            film.write(time_s, frame_bgr(index, size_wh))
    return path


def test_writes_a_film_that_others_can_read(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", [0.0, 0.08, 0.16, 0.24, 0.32], (65, 49))

    with VideoReader(path) as video:
        assert video.fps == 12.5
        frames = list(video.frames())
    assert [index_of(frame.image_bgr) for frame in frames] == [1, 2, 3, 4, 5]
    assert frames[0].image_bgr.shape == (50, 66, 3)


@pytest.mark.parametrize(("times", "ends_s"), [([0.0, 0.5, 1.0], 1.5), ([0.0, 0.1, 2.0], 3.9), ([0.0], 1.0)])
def test_the_last_frame_lasts_as_long_as_the_one_before(
    tmp_path: Path, times: list[float], ends_s: float
) -> None:
    path = write(tmp_path / "out.mp4", times)

    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(ends_s * av.time_base, abs=2000)
        assert [round(float(frame.pts * frame.time_base), 3) for frame in container.decode(video=0)] == times


def test_pictures_of_other_sizes_are_fitted_in(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "out.mp4", size_wh=(96, 64)) as film:
        film.write(0.0, frame_bgr(20, (48, 64)))
        film.write(0.1, frame_bgr(20, (96, 32)))

    with VideoReader(tmp_path / "out.mp4") as video:
        tall, wide = (frame.image_bgr for frame in video.frames())
    assert tall.shape == wide.shape == (64, 96, 3)
    assert tall[32, 48].min() > 190 > tall[32, 10].max(), "the bars beside it are grey"
    assert wide[32, 48].min() > 190 > wide[5, 48].max()


def test_a_film_without_frames_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidVideo), FilmWriter(tmp_path / "out.mkv"):
        pass


@pytest.mark.parametrize("name", ["out.unknown", "no/such/folder/out.mp4"])
def test_refuses_a_place_where_it_cannot_write(tmp_path: Path, name: str) -> None:
    with pytest.raises((OSError, ValueError)):
        FilmWriter(tmp_path / name)


@pytest.mark.parametrize("size_wh", [(40_000, 4), (4, 40_000)])
def test_a_strip_that_is_longer_than_the_codec_can_is_made_shorter(
    tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    path = write(tmp_path / "out.mp4", [0.0], size_wh)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == tuple(min(side, 16_384) for side in size_wh)
