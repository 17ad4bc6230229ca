"""Videos that cost much memory, or lead elsewhere: what that takes of ours, measured."""

from pathlib import Path

import av
import pytest

from jobs.intake.probe import probe
from jobs.results.sound import Sound
from pipelines.errors import InvalidVideo
from pipelines.media.uploads import UploadRefused
from pipelines.media.video import VideoReader
from tests.hostile.listener import listening
from tests.hostile.videos import work
from tests.hostile.videos.costly import write_huge_avi, write_lying_avi
from tests.hostile.videos.memory import growth_mb
from tests.hostile.videos.work import LIMITS
from tests.pipelines.clips import write_clip


@pytest.fixture(scope="module")
def huge_avi(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_huge_avi(tmp_path_factory.mktemp("huge") / "huge.avi"))


@pytest.fixture(scope="module")
def lying_avi(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_lying_avi(tmp_path_factory.mktemp("lying") / "lying.avi"))


def test_what_a_huge_video_declares_is_read_before_a_frame_is_decoded(huge_avi: str) -> None:
    """Three at once took 1.76 GB of the web process."""
    assert Path(huge_avi).stat().st_size < 1024**2

    growth, told = growth_mb(work.probe_three_at_once, huge_avi)

    assert told == str(["413 image_too_large"] * 3)
    assert growth < 16


def test_frames_that_are_larger_than_declared_are_not_decoded(lying_avi: str) -> None:
    """They took 2.3 GB of the worker; each of them has a line that says why there is nothing on it."""
    growth, told = growth_mb(work.go_through, lying_avi)

    assert told == "(3, 24)"
    assert growth < 64


def test_nor_are_they_for_the_annotated_video(lying_avi: str) -> None:
    growth, told = growth_mb(work.annotate, lying_avi)

    assert told == "True"
    assert growth < 96


def test_the_line_of_such_a_frame_says_why(lying_avi: str) -> None:
    with VideoReader(Path(lying_avi)) as video:
        assert [frame.index for frame in video.frames()] == [1, 2, 3]
    assert list(video.lost) == list(range(4, 28))
    assert (
        video.lost[4].why == "Invalid argument (is it larger than the file says, and than 9,437,184 pixels?)"
    )


def playlist(kind: str, target: str) -> str:
    """A file that names another one."""
    return {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
        "m3u8 of m3u8": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
        "concat": f"ffconcat version 1.0\nfile {target}\n",
        "dash": (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT9S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
            '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" width="64" height="48">'
            f"<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>"
        ),
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
        f"a=rtpmap:96 H264/90000\na=control:{target}\n",
        "asf reference": f"[Reference]\nRef1={target}\n",
        "smil": f'<smil><body><video src="{target}"/></body></smil>',
        "rtsp": f"rtsptext\nrtsp://{target.removeprefix('http://')}\n",
    }[kind]


KINDS = ["m3u8", "m3u8 of m3u8", "concat", "dash", "sdp", "asf reference", "smil", "rtsp"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["source.mp4", "source.%d.m3u8"])
def test_no_other_address_is_opened(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    with listening(b"") as listener:
        path.write_text(playlist(kind, f"{listener.address}/stolen.mp4"))
        refused_everywhere(path)
    assert listener.asked == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_file_is_opened(tmp_path: Path, kind: str) -> None:
    secret = write_clip(tmp_path / "secret.mp4")
    path = tmp_path / "source.mp4"
    for target in (secret.name, str(secret), f"file:{secret}", f"subfile,,start,0,end,9999,,:{secret}"):
        path.write_text(playlist(kind, target))
        refused_everywhere(path)


def refused_everywhere(path: Path) -> None:
    """An upload of this file is refused, and a worker that got it all the same would not open it either."""
    with pytest.raises(UploadRefused) as refused:
        probe(path, LIMITS)
    assert refused.value.status == 415
    with pytest.raises(InvalidVideo):
        VideoReader(path)
    with pytest.raises(av.FFmpegError):
        Sound(path)
