"""The size that a JPEG's header declares, and the number of its scans."""

import io

import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.media import jpeg_header
from pipelines.media.jpeg_header import (
    MAX_PASSES,
    MAX_SCANS,
    BadHeader,
    JpegHeader,
    count_scans,
    has_too_many_scans,
    read_header,
    without_remarks,
)
from tests.hostile.pictures.costly import large_jpeg, many_scans, segment


def saved(mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (40, 30)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_plain_picture_has_one_scan_wherever_its_bytes_look_like_more(mode: str) -> None:
    data = saved(mode)
    looks_like_scans = data[:2] + b"\xff\xe5\x00\x0c" + b"\xff\xda" * 5 + data[2:]

    assert read_header(looks_like_scans) == JpegHeader(40, 30, 1)


@pytest.mark.parametrize(("mode", "scans"), [("L", 6), ("RGB", 10)])
def test_a_progressive_picture_has_several(mode: str, scans: int) -> None:
    assert read_header(saved(mode, progressive=True)).scans == scans


def test_the_scans_of_a_picture_with_one_for_each_colour_are_counted() -> None:
    data = saved()
    scan = data.index(b"\xff\xda")
    first_colour_only = data[:scan] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + data[scan + 14 : -2]

    assert read_header(first_colour_only * 3 + b"\xff\xd9").scans == 3


def test_what_decoders_may_skip_between_header_and_picture_hides_no_scan() -> None:
    data = many_scans(64, 48, 30)
    tables = data.index(b"\xff\xdb")

    assert read_header(data[:tables] + b"\x00\x01" + data[tables:]).scans == 30


SEGMENTS = {
    **{"Huffman tables": 0xC4, "arithmetic coding": 0xCC, "quantisation": 0xDB},
    **{"restart interval": 0xDD, "comment": 0xFE},
    **{f"application {number}": 0xE0 + number for number in range(16)},
}


@pytest.mark.parametrize("before", [b"\xff\xc0", b"\xff\xda"], ids=["frame header", "scan"])
@pytest.mark.parametrize("marker", SEGMENTS.values(), ids=SEGMENTS)
def test_tables_and_remarks_of_every_kind_may_stand_before(marker: int, before: bytes) -> None:
    data = saved()
    place = data.index(before)

    with_segment = data[:place] + bytes([0xFF, marker]) + b"\x00\x04ab" + data[place:]
    assert read_header(with_segment) == JpegHeader(40, 30, 1)


@pytest.mark.parametrize("marker", [0x01, 0xC3, 0xC8, 0xD0, 0xD8, 0xD9, 0xDA, 0xDC, 0xDE, 0xDF, 0xF0])
def test_nothing_else_may(marker: int) -> None:
    data = saved()
    place = data.index(b"\xff\xc0")
    segment = bytes([0xFF, marker]) + b"\x00\x04ab"

    with pytest.raises(BadHeader, match="no frame header"):
        read_header(data[:place] + segment + data[place:])


def test_a_picture_with_restart_intervals_and_a_comment_is_read_as_it_is_decoded() -> None:
    data = saved(restart_marker_blocks=1, comment="by hand", exif=b"Exif\x00\x00")
    assert b"\xff\xdd" in data
    assert b"\xff\xfe" in data

    assert read_header(data) == JpegHeader(40, 30, 1)
    assert simplejpeg.decode_jpeg(data).shape == (30, 40, 3)


def test_segments_without_end_are_not_read_through() -> None:
    data = saved()
    scan = data.index(b"\xff\xda")
    remarks = b"\xff\xfe\x00\x02"

    assert read_header(data[:scan] + remarks * 400 + data[scan:]).scans == 1
    with pytest.raises(BadHeader, match="Too many segments"):
        read_header(data[:scan] + remarks * 100_000 + data[scan:])


@pytest.mark.parametrize("cut", [2, 3, 30, 160])
def test_a_header_that_is_cut_off(cut: int) -> None:
    with pytest.raises(BadHeader):
        read_header(saved()[:cut])


def test_the_picture_may_be_cut_off_right_behind_its_header() -> None:
    data = saved()
    header_end = data.index(b"\xff\xc0") + 19

    assert read_header(data[:header_end]) == JpegHeader(40, 30, 0)


@pytest.mark.parametrize(
    ("header", "too_many"),
    [
        (JpegHeader(10, 10, 1), False),
        (JpegHeader(10, 10, MAX_SCANS), False),
        (JpegHeader(10, 10, MAX_SCANS + 1), True),
        (JpegHeader(1000, 1000, MAX_PASSES), False),
        (JpegHeader(1000, 1000, MAX_PASSES + 1), True),
        (JpegHeader(5000, 5000, 1), False),
    ],
)
def test_scans_are_limited_by_number_and_by_the_pixels_that_they_go_over(
    header: JpegHeader, too_many: bool
) -> None:
    assert has_too_many_scans(header, 1_000_000) is too_many


@given(st.binary(max_size=300))
def test_counts_every_place_that_could_be_a_scan(data: bytes) -> None:
    assert count_scans(data) == data.count(b"\xff\xda")


def test_scans_that_say_nothing_are_valid_to_the_decoder() -> None:
    """So its own complaints are no guard."""
    assert simplejpeg.decode_jpeg(many_scans(64, 48, 50)).shape == (48, 64, 3)


def test_a_plain_picture_is_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its header is some hundred bytes, and there are millions behind it on every frame."""
    monkeypatch.setattr(jpeg_header, "count_scans", lambda data: pytest.fail("all bytes were looked at"))

    assert read_header(saved(restart_marker_blocks=1, comment="by hand")) == JpegHeader(40, 30, 1)


def test_remarks_are_left_out_and_nothing_else() -> None:
    plain = large_jpeg(64, 48)
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
    remarks = segment(0xFE, b"a comment") + b"\xff\xff" + segment(0xE1, b"Exif\0\0") + segment(0xEF, b"")

    assert without_remarks(plain[:2] + remarks + adobe + plain[2:]) == plain[:2] + adobe + plain[2:]
    assert without_remarks(plain[:40]) == plain[:40]
    assert without_remarks(plain[:2] + b"\0\0" + remarks) == plain[:2] + b"\0\0" + remarks
