"""The annotated video: what browsers need of it, and what is drawn when."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from jobs.results.annotated import LAST_LOOK, BoxesAt, NotWanted, write_annotated
from jobs.results.sound import Sound
from pipelines.errors import InvalidVideo
from pipelines.media.film_writer import FilmWriter
from tests.jobs.films import pictures_of, sound_of, spoil_sound, times_of, write_film
from tests.pipelines.clips import frame_bgr, spoil, write_clip

BOX = {"x": 0.25, "y": 0.5, "w": 0.5, "h": 0.25, "label": "thing", "score": 0.9}


def line(frame_index: int, *detections: Any) -> dict[str, Any]:
    return {"frame_index": frame_index, "time_s": 0.0, "result": {"detections": list(detections)}}


def made(
    source: Path,
    lines: list[dict[str, Any]],
    frame_stride: int = 1,
    kind: str = "video",
    keep_going: Callable[[int], bool] = lambda done: True,
) -> Path:
    target = source.with_name("annotated.mp4")
    write_annotated(source, kind, lines, target, frame_stride=frame_stride, keep_going=keep_going)
    return target


def has_box(image_bgr: Any) -> bool:
    """True if the lower left edge of BOX is drawn: the pictures themselves are grey."""
    height, width, _ = image_bgr.shape
    edge = image_bgr[height * 5 // 8, width // 4 : width // 4 + 2].astype(int)
    return bool((edge.max(axis=1) - edge.min(axis=1)).max() > 40)


class TestVideo:
    def test_it_is_what_browsers_play(self, tmp_path: Path) -> None:
        found = made(write_film(tmp_path / "a.mkv", codec="mpeg4"), [line(n) for n in range(1, 9)])

        with av.open(str(found)) as container:
            stream = container.streams.video[0]
            assert "mp4" in container.format.name
            assert stream.codec_context.name == "h264"
            assert stream.codec_context.pix_fmt == "yuv420p"
        data = found.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat"), "it plays before it is loaded"

    def test_uneven_times_are_kept(self, tmp_path: Path) -> None:
        times_ms = [0, 40, 300, 310, 1000, 1040]
        found = made(write_film(tmp_path / "a.mp4", times_ms), [line(n) for n in range(1, 7)])

        assert times_of(found) == pytest.approx([time / 1000 for time in times_ms], abs=0.002)

    def test_the_boxes_of_each_frame_are_on_it(self, tmp_path: Path) -> None:
        lines = [line(1), line(2, BOX), line(3, BOX), line(4)]
        found = made(write_film(tmp_path / "a.mp4", range(0, 400, 100)), lines)

        assert [has_box(picture) for picture in pictures_of(found)] == [False, True, True, False]

    def test_passed_over_frames_keep_the_boxes_of_the_last_one(self, tmp_path: Path) -> None:
        lines = [line(1, BOX), line(4), line(7, BOX)]
        found = made(write_film(tmp_path / "a.mp4", range(0, 1000, 100)), lines, frame_stride=3)

        drawn = [has_box(picture) for picture in pictures_of(found)]
        assert drawn == [True, True, True, False, False, False, True, True, True]

    def test_a_frame_without_a_line_ends_it(self, tmp_path: Path) -> None:
        found = made(write_film(tmp_path / "a.mp4"), [line(1), line(2)])

        assert len(times_of(found)) == 2

    def test_an_odd_size(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.avi", size_wh=(63, 47), codec="mjpeg")
        found = made(source, [line(1, BOX)])

        assert pictures_of(found)[0].shape == (48, 64, 3)

    def test_a_turned_camera(self, tmp_path: Path) -> None:
        found = made(write_film(tmp_path / "a.mp4", rotation=90), [line(1, BOX)])

        (picture,) = pictures_of(found)
        assert picture.shape == (64, 48, 3)
        assert has_box(picture)

    @pytest.mark.parametrize(
        ("suffix", "codec"), [("mp4", "aac"), ("mkv", "libmp3lame"), ("mkv", "pcm_s16le"), ("mkv", "aac")]
    )
    def test_the_sound_is_kept(self, tmp_path: Path, suffix: str, codec: str) -> None:
        source = write_film(tmp_path / f"a.{suffix}", range(0, 2000, 100), sound=codec)
        found = made(source, [line(n) for n in range(1, 21)])

        name, loudness, seconds = sound_of(found)
        assert name == "aac"
        assert loudness > 0.15
        assert seconds == pytest.approx(1.9, abs=0.2)

    def test_sound_that_goes_on_ends_with_the_picture(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.mp4", range(0, 2000, 100), sound="aac")
        found = made(source, [line(n) for n in range(1, 6)])

        assert sound_of(found)[2] == pytest.approx(0.5, abs=0.2)

    def test_damaged_sound_spoils_no_picture(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.mkv", range(0, 2000, 100), sound="libmp3lame")
        spoil_sound(source)

        found = made(source, [line(n) for n in range(1, 21)])

        assert len(times_of(found)) == 20

    def test_two_frames_at_one_time_are_one(self, tmp_path: Path) -> None:
        with (
            closing(Sound(write_film(tmp_path / "a.mp4"))) as sound,
            FilmWriter(tmp_path / "b.mp4", sound) as video,
        ):
            for time_s in (0.0, 0.5, 0.5, 0.4, 1.0):
                video.write(time_s, frame_bgr(1))

        assert times_of(tmp_path / "b.mp4") == [0.0, 0.5, 1.0]

    def test_frames_that_cannot_be_decoded_are_left_out(self, tmp_path: Path) -> None:
        source = write_clip(tmp_path / "a.mp4")
        spoil(source, 3)

        found = made(source, [line(n) for n in range(1, 9)])

        assert len(times_of(found)) == 7

    def test_progress_counts_the_frames(self, tmp_path: Path) -> None:
        done: list[int] = []
        made(
            write_film(tmp_path / "a.mp4", range(0, 400, 100)),
            [line(n) for n in range(1, 5)],
            keep_going=lambda count: not done.append(count),  # type: ignore[func-returns-value]
        )
        assert done == [0, 1, 2, 3, LAST_LOOK]

    def test_a_stop_leaves_nothing(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.mp4")

        with pytest.raises(NotWanted):
            made(source, [line(n) for n in range(1, 9)], keep_going=lambda done: done < 3)

        assert list(tmp_path.iterdir()) == [source]

    def test_who_was_paused_puts_nothing_in_the_place_of_anothers(self, tmp_path: Path) -> None:
        """Another began anew while this one slept, and has ended."""
        source = write_film(tmp_path / "a.mp4")
        again: list[bytes] = []

        def lost(done: int) -> bool:
            if done == 3 and not again:
                again.append(made(source, [line(n) for n in range(1, 5)]).read_bytes())
            return done != LAST_LOOK

        with pytest.raises(NotWanted):
            made(source, [line(n) for n in range(1, 9)], keep_going=lost)

        assert (tmp_path / "annotated.mp4").read_bytes() == again[0]
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_failure_leaves_what_was_there(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.mp4")
        (tmp_path / "annotated.mp4").write_bytes(b"the one before")

        with pytest.raises(InvalidVideo):
            made(source, [])

        assert (tmp_path / "annotated.mp4").read_bytes() == b"the one before"
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        source = write_film(tmp_path / "a.mp4")

        with pytest.raises(FileNotFoundError):
            write_annotated(
                source,
                "video",
                [line(1)],
                tmp_path / "nowhere" / "a.mp4",
                frame_stride=1,
                keep_going=lambda done: True,
            )


def test_a_picture_becomes_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (80, 60), "white").save(tmp_path / "a.png")

    made(tmp_path / "a.png", [line(1, BOX)], kind="picture")

    with Image.open(tmp_path / "annotated.jpg") as image:
        assert image.size == (80, 60)
        assert has_box(np.asarray(image)[:, :, ::-1])


class TestBoxesAt:
    def test_without_lines_there_is_no_frame(self) -> None:
        assert not BoxesAt([], 1).advance_to(1)

    def test_the_last_line_stands_for_its_stride(self) -> None:
        boxes = BoxesAt([line(1), line(6)], 5)

        assert [boxes.advance_to(index) for index in (1, 5, 6, 10, 11)] == [True] * 4 + [False]
