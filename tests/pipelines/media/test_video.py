import gc
import struct
from pathlib import Path

import av
import pytest

from pipelines.errors import InvalidVideo, PipelineError
from pipelines.media.frame_numbers import FrameNumbers
from pipelines.media.video import VideoReader
from tests.pipelines.clips import FPS, index_of, packets_of, spoil, write_clip, write_sound


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4")


def read(path: Path, **options: int) -> list[tuple[int, int]]:
    """The index of each frame as it is told and as it is seen."""
    with VideoReader(path) as video:
        return [(frame.index, index_of(frame.image_bgr)) for frame in video.frames(**options)]


def test_reads_every_frame_in_order(clip: Path) -> None:
    assert read(clip) == [(index, index) for index in range(1, 9)]


@pytest.mark.parametrize(
    ("options", "indices"),
    [
        ({"frame_stride": 3}, [1, 4, 7]),
        ({"max_frames": 2}, [1, 2]),
        ({"frame_stride": 2, "max_frames": 3}, [1, 3, 5]),
        ({"frame_stride": 100}, [1]),
    ],
)
def test_strides_and_stops(clip: Path, options: dict[str, int], indices: list[int]) -> None:
    assert [index for index, _ in read(clip, **options)] == indices


def test_frames_are_bgr(clip: Path) -> None:
    with VideoReader(clip) as video:
        image_bgr = next(video.frames()).image_bgr

    assert image_bgr.shape == (48, 64, 3)
    assert image_bgr.flags.c_contiguous
    assert image_bgr[4, 4].min() > 240


def test_knows_how_long_it_is(clip: Path, tmp_path: Path) -> None:
    with VideoReader(clip) as video:
        assert (video.frames_total, video.fps) == (8, FPS)
    # Matroska counts no frames, so its length in seconds has to do; a bare stream has not even that.
    with VideoReader(write_clip(tmp_path / "clip.mkv")) as video:
        assert video.frames_total == 8
    with VideoReader(write_clip(tmp_path / "clip.h264")) as video:
        assert video.frames_total is None
        assert len(list(video.frames())) == 8


# Corners of an upright picture, clockwise from the top left; the bright one tells how the picture was turned.
@pytest.mark.parametrize(
    ("matrix", "bright_corner", "shape"),
    [
        ((1, 0, 0, 1), 0, (48, 64)),
        ((0, 1, -1, 0), 1, (64, 48)),
        ((-1, 0, 0, -1), 2, (48, 64)),
        ((0, -1, 1, 0), 3, (64, 48)),
    ],
)
def test_turns_frames_as_the_camera_was_held(
    clip: Path, matrix: tuple[int, ...], bright_corner: int, shape: tuple[int, int]
) -> None:
    a, b, c, d = (value << 16 for value in matrix)
    data = bytearray(clip.read_bytes())
    # The matrix of the track's header starts 44 bytes after its name.
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    clip.write_bytes(data)

    with VideoReader(clip) as video:
        image_bgr = next(video.frames()).image_bgr

    height, width = image_bgr.shape[:2]
    corners = [
        image_bgr[y, x].mean() for y, x in ((4, 4), (4, width - 4), (height - 4, width - 4), (height - 4, 4))
    ]
    assert (height, width) == shape
    assert [brightness > 200 for brightness in corners] == [index == bright_corner for index in range(4)]


def test_a_frame_that_cannot_be_decoded_is_left_out_with_a_warning(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", codec="mjpeg", q="2")
    spoil(clip, 3)

    with VideoReader(clip) as video:
        frames = list(video.frames())

    assert [(frame.index, index_of(frame.image_bgr)) for frame in frames] == [
        (n, n) for n in (1, 2, 4, 5, 6, 7, 8)
    ]
    reason = "Invalid data found when processing input"
    assert {frame.index: frame.warnings for frame in frames if frame.warnings} == {
        4: [f"Frame 3 cannot be decoded: {reason}"]
    }


def test_a_lost_frame_is_named_rightly_where_the_decoder_works_ahead(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", g="8", crf="10")
    spoil(clip, 3)

    with VideoReader(clip) as video:
        told = {frame.index: [line.partition(":")[0] for line in frame.warnings] for frame in video.frames()}

    assert told.keys() == {1, 2, 4, 5, 6, 7, 8}
    assert told[4] == ["Frame 3 cannot be decoded"]


def test_a_damaged_frame_is_given_with_a_warning(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    spoil(clip, 3, from_middle=True)

    with VideoReader(clip) as video:
        told = {frame.index: frame.warnings for frame in video.frames()}

    assert told.keys() == set(range(1, 9))
    assert told[3] == ["Frame 3 is damaged"]


def test_what_is_wrong_after_the_last_frame_is_kept(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", codec="mjpeg", q="2")
    spoil(clip, 8)

    with VideoReader(clip) as video:
        assert [frame.index for frame in video.frames()] == list(range(1, 8))
        assert [line.partition(":")[0] for line in video.warnings] == ["Frame 8 cannot be decoded"]


def test_a_stream_without_times_counts_its_complaints() -> None:
    numbers = FrameNumbers()
    numbers.expect(None)
    assert numbers.number(None) == (1, {})
    numbers.complain("bad data")

    assert numbers.number(None) == (3, {2: "bad data"})


def test_what_was_never_to_be_shown_is_not_counted() -> None:
    numbers = FrameNumbers()
    for timestamp in (0, 40, 45, 80):
        numbers.expect(timestamp)

    assert [numbers.number(timestamp) for timestamp in (0, 40, 80)] == [(1, {}), (2, {}), (3, {})]
    assert numbers.lost_at_end() == {}


def test_a_file_that_was_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mkv")
    position, _ = packets_of(clip)[4]
    clip.write_bytes(clip.read_bytes()[: position + 8])

    assert [index for index, _ in read(clip)][:4] == [1, 2, 3, 4]


def test_a_video_without_one_good_frame_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.avi", codec="mjpeg", q="2")
    for number in range(1, 9):
        spoil(clip, number)

    with VideoReader(clip) as video, pytest.raises(InvalidVideo, match="no frame of it can be decoded"):
        list(video.frames())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp4", b"this is not a video"),
        ("empty.mp4", b""),
        ("picture.mp4", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(100)),
    ],
)
def test_refuses_what_is_no_video(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InvalidVideo, match=f"{name} cannot be read as a video"):
        VideoReader(tmp_path / name)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidVideo, match="No such file"):
        VideoReader(tmp_path / "gone.mp4")


def test_refuses_sound_without_pictures(tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "sound.mkv")

    with pytest.raises(InvalidVideo, match="no film"):
        VideoReader(sound)


def test_a_playlist_cannot_make_the_server_read_other_files(clip: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n")

    with pytest.raises(InvalidVideo):
        VideoReader(playlist)


def test_refuses_frames_that_would_fill_the_memory(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.media.picture_file.MAX_PIXELS", 1000)

    with pytest.raises(PipelineError, match="too large"):
        VideoReader(clip)


def test_frames_are_let_go_of_at_once(tmp_path: Path) -> None:
    """Each waited for the garbage collector: a film of 8K took 50 MB more with every frame."""
    clip = write_clip(tmp_path / "clip.mp4", range(1, 20))
    gc.collect()
    gc.disable()
    try:
        with VideoReader(clip) as video:
            alive = [sum(type(one) is av.VideoFrame for one in gc.get_objects()) for _ in video.frames()]
    finally:
        gc.enable()
    assert alive[-1] <= alive[4]
