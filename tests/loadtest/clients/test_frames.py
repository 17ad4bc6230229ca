import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from loadtest.clients.frames import GENERATED, load_frames
from loadtest.plan import BadPlan, LoadPlan
from pipelines.media.images import decode_jpeg


def size_of(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        return image.size


def write_video(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for shade in range(frames):
            picture = np.full((64, 96, 3), shade * 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_page_is_printed_where_nothing_is_given() -> None:
    frames = load_frames(LoadPlan())
    assert len(frames) == GENERATED
    assert len(set(frames)) > GENERATED // 2, "it moves"
    assert {size_of(frame) for frame in frames} == {(640, 480)}
    shown = decode_jpeg(frames[0])
    assert shown.min() < 80
    assert shown.max() > 200


def test_a_video_gives_its_frames(tmp_path: Path) -> None:
    video = write_video(tmp_path / "film.mp4", 9)
    assert len(load_frames(LoadPlan(source=str(video)))) == 9
    few = load_frames(LoadPlan(source=str(video), max_frames=4, size_wh=(64, 64)))
    assert [size_of(frame) for frame in few] == [(64, 64)] * 4


def test_pictures_give_theirs(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg", "c.WEBP"):
        Image.new("RGB", (200, 100), "teal").save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(load_frames(LoadPlan(source=str(tmp_path)))) == 3
    (one,) = load_frames(LoadPlan(source=str(tmp_path / "a.png")))
    # Letterboxed: the picture keeps its shape, with grey above and below.
    assert decode_jpeg(one)[5, 320].tolist() == pytest.approx([114] * 3, abs=3)
    assert decode_jpeg(one)[240, 320].tolist() == pytest.approx([128, 128, 0], abs=6)


def test_quality_makes_files_smaller(tmp_path: Path) -> None:
    fine, coarse = (load_frames(LoadPlan(quality=quality))[0] for quality in (95, 30))
    assert len(coarse) < len(fine) / 2


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 and no more")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    for name, words in (
        ("broken.jpg", "JPEG"),
        ("broken.mp4", "cannot be read as a video"),
        ("empty", "no pictures"),
        ("nowhere.mp4", "no file"),
        ("nowhere.png", "nowhere.png"),
    ):
        with pytest.raises(BadPlan, match=words):
            load_frames(LoadPlan(source=str(tmp_path / name)))
