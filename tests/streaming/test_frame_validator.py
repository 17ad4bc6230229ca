"""Frames are accepted or refused by their header alone."""

import io
import tracemalloc

import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forgesyte.units import MEGABYTE
from streaming.frame_validator import FrameValidationError, validate_jpeg
from tests.hostile.pictures.costly import many_scans
from tests.streaming.fakes import huge_header, jpeg

LIMITS = {"max_bytes": 5 * MEGABYTE, "max_pixels": 25_000_000}


def refusal(data: bytes, **limits: int) -> tuple[str, str]:
    with pytest.raises(FrameValidationError) as caught:
        validate_jpeg(data, **{**LIMITS, **limits})
    return caught.value.code, caught.value.detail


def outcome(data: bytes) -> str:
    try:
        width, height = validate_jpeg(data, **LIMITS)
    except FrameValidationError as error:
        return error.code
    return "valid" if 0 < width * height <= LIMITS["max_pixels"] else "out of bounds"


def with_size(width: int, height: int) -> bytes:
    data = jpeg()
    size_at = data.index(b"\xff\xc0") + 5
    return data[:size_at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[size_at + 4 :]


def saved(mode: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (40, 30)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def test_a_valid_frame_declares_its_size() -> None:
    assert validate_jpeg(jpeg(64, 48), **LIMITS) == (64, 48)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_every_kind_of_jpeg_that_cameras_and_scanners_make(
    mode: str, progressive: bool, subsampling: int
) -> None:
    assert validate_jpeg(saved(mode, progressive=progressive, subsampling=subsampling), **LIMITS) == (40, 30)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"GIF89a" + jpeg(),
        jpeg()[:-2],
        jpeg()[:60] + b"\xff\xd9",
        b"\xff\xd8" + b"\0" * 1000 + b"\xff\xd9",
    ],
    ids=["start only", "no header", "other format", "no end", "header cut", "zeros"],
)
def test_what_is_no_jpeg(data: bytes) -> None:
    assert refusal(data) == ("invalid_frame", "Not a valid JPEG image")


@pytest.mark.parametrize("tail", [b"\0", bytes(5000), b"\r\n", b"\xff", jpeg()[20:-2], jpeg()])
def test_bytes_behind_the_end_belong_to_no_picture(tail: bytes) -> None:
    """Cameras send buffers of fixed length, with what was in them before."""
    assert validate_jpeg(jpeg() + tail, **LIMITS) == (64, 48)


def test_the_end_of_a_thumbnail_is_no_end() -> None:
    remark = b"\xff\xe1" + (len(jpeg()) + 2).to_bytes(2, "big") + jpeg()
    whole = jpeg()[:2] + remark + jpeg()[2:]

    assert validate_jpeg(whole + b"\0", **LIMITS) == (64, 48)
    assert refusal(whole[:-2]) == ("invalid_frame", "Not a valid JPEG image")


def test_an_empty_frame_says_so() -> None:
    assert refusal(b"") == ("invalid_frame", "Frame is empty")


def test_a_frame_at_the_size_limit_passes_and_one_byte_more_does_not() -> None:
    assert validate_jpeg(jpeg(), max_bytes=len(jpeg()), max_pixels=10_000) == (64, 48)
    assert refusal(jpeg(), max_bytes=len(jpeg()) - 1)[0] == "frame_too_large"
    assert refusal(bytes(6 * MEGABYTE)) == ("frame_too_large", "Frame exceeds 5MB")
    assert refusal(bytes(6 * MEGABYTE), max_bytes=MEGABYTE // 2)[1] == "Frame exceeds 0.5MB"


def test_declared_pixels_at_the_limit_pass_and_one_more_does_not() -> None:
    assert validate_jpeg(jpeg(), max_bytes=MEGABYTE, max_pixels=64 * 48)
    assert refusal(jpeg(), max_pixels=64 * 48 - 1) == (
        "invalid_frame",
        "Picture of 64x48 exceeds 3071 pixels",
    )


def test_a_header_that_declares_a_huge_picture_allocates_nothing() -> None:
    data = huge_header()
    tracemalloc.start()
    try:
        assert refusal(data) == ("invalid_frame", "Picture of 60000x60000 exceeds 25000000 pixels")
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_million_empty_segments_before_the_header_are_not_read_through() -> None:
    assert validate_jpeg(b"\xff\xd8" + b"\xff\xe5\x00\x02" * 400 + jpeg()[2:], **LIMITS) == (64, 48)
    assert refusal(b"\xff\xd8" + b"\xff\xe5\x00\x02" * 1_000_000 + jpeg()[2:])[0] == "invalid_frame"


@pytest.mark.parametrize("length", [0, 1])
def test_a_segment_shorter_than_its_own_length(length: int) -> None:
    assert refusal(b"\xff\xd8\xff\xe5" + length.to_bytes(2, "big") + jpeg()[2:])[0] == "invalid_frame"


def test_a_picture_without_pixels() -> None:
    assert refusal(with_size(0, 48)) == ("invalid_frame", "Picture without pixels")
    assert refusal(with_size(64, 0)) == ("invalid_frame", "Picture without pixels")


def test_a_size_cannot_be_hidden_behind_a_marker_that_has_no_length() -> None:
    """To libjpeg `FF D0` stands alone; read as a segment, it would hide the frame header after it."""
    hidden = with_size(60_000, 60_000)[2:]
    decoy = len(hidden) + 2
    assert refusal(b"\xff\xd8\xff\xd0" + decoy.to_bytes(2, "big") + hidden + jpeg()[2:])[0] == "invalid_frame"


@given(st.data())
def test_the_size_is_the_one_that_the_decoder_sees(data: st.DataObject) -> None:
    frame = bytearray(jpeg())
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(2, 200))] = data.draw(st.integers(0, 255))
    try:
        size_wh = validate_jpeg(bytes(frame), max_bytes=MEGABYTE, max_pixels=2**32)
        height, width, _, _ = simplejpeg.decode_jpeg_header(bytes(frame))
    except (FrameValidationError, ValueError):
        return
    assert size_wh == (width, height)


@given(st.data())
def test_bytes_changed_at_random_pass_or_are_refused(data: st.DataObject) -> None:
    frame = bytearray(jpeg())
    for _ in range(data.draw(st.integers(1, 8))):
        frame[data.draw(st.integers(2, len(frame) - 3))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(frame)) in ("valid", "invalid_frame")


@given(st.binary(max_size=200))
def test_any_bytes_between_the_markers_pass_or_are_refused(middle: bytes) -> None:
    assert outcome(b"\xff\xd8" + middle + b"\xff\xd9") in ("valid", "invalid_frame")


def test_a_picture_that_is_gone_over_thousands_of_times_is_refused_before_it_is_decoded() -> None:
    """1.1 MB of scans of a few bytes each held a slot for 57 s."""
    detail = refusal(many_scans(4000, 3000, 20_000))

    assert detail == ("invalid_frame", "Picture of 4000x3000 in 20000 scans: send fewer")
    assert refusal(many_scans(4000, 3000, 40))[0] == "invalid_frame"


def test_pictures_with_as_many_scans_as_encoders_write_pass() -> None:
    assert validate_jpeg(many_scans(5000, 5000, 16), **LIMITS) == (5000, 5000)
    assert validate_jpeg(many_scans(2000, 1500, 64), **LIMITS) == (2000, 1500)
