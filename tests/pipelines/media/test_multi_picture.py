import io
import struct

import pytest

from pipelines.media.multi_picture import MOST_PARTS, Part, parts_of, photographs_in
from tests.hostile.pictures.costly import MP_BASE, jpeg_of_parts, mp_segment
from tests.world.pictures.builders import mpo


def test_the_jpegs_in_one_are_found() -> None:
    data = mpo("red", "green", "blue")
    size_wh = (40, 30)
    parts, left_out = photographs_in(io.BytesIO(data), size_wh)

    assert left_out == 0
    for start, size, _ in parts:
        assert data[start : start + 2] == b"\xff\xd8"
        assert data[start + size - 2 : start + size] == b"\xff\xd9"


def test_others_do_not_count_where_they_are_gone() -> None:
    data = jpeg_of_parts(3, 10)

    assert len(photographs_in(io.BytesIO(data), (64, 48))[0]) == 3
    assert len(photographs_in(io.BytesIO(data[: data.rindex(b"\xff\xd8")]), (64, 48))[0]) == 1
    assert photographs_in(io.BytesIO(data), (640, 480)) == ([], 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_previews_are_told_from_photographs(order: str) -> None:
    tiff = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, 2)
    tiff += struct.pack(f"{order}HHII", 0xB000, 7, 4, 0) + struct.pack(f"{order}HHII", 0xB002, 7, 32, 38)
    tiff += bytes(4) + struct.pack(f"{order}8I", 0x20030000, 5, 0, 0, 0x40010001, 7, 90, 0)

    assert parts_of(b"MPF\0" + tiff) == [Part(0, 5, False), Part(94, 7, True)]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"MPF\0",
        b"MPF\0nonsense",
        b"MPF\0II*\0",
        b"MPF\0II*\0\xff\xff\xff\xff",
        b"MPF\0II*\0" + struct.pack("<IH", 8, 0),
        mp_segment(3, 0, 0)[:-20],
    ],
)
def test_a_list_that_cannot_be_read_is_none(head: bytes) -> None:
    assert parts_of(head) == []


def test_no_more_than_some_are_looked_at() -> None:
    assert len(parts_of(mp_segment(4000, 0, 0))) == MOST_PARTS


def test_places_are_counted_from_behind_the_mark() -> None:
    data = jpeg_of_parts(2, 0)
    second = parts_of(data)[1]

    assert second.start > MP_BASE
    assert data[second.start :].startswith(b"\xff\xd8")
    assert second.start + second.size == len(data)
