"""Ranges, names and pieces."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.downloads import PIECE_BYTES, Part, Unsatisfiable, disposition, gather, parse_range

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Part(0, 1)),
        ("bytes=0-499", Part(0, 500)),
        ("bytes=500-", Part(500, 500)),
        ("bytes=-1", Part(999, 1)),
        ("bytes=-5000", Part(0, 1000)),
        ("bytes=900-5000", Part(900, 100)),
        ("bytes= 1 - 2", Part(1, 2)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("", None),
    ],
)
def test_ranges(header: str, part: Part | None) -> None:
    assert parse_range(header, SIZE) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_ranges_outside_of_the_file(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, SIZE)


def test_no_part_of_nothing() -> None:
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


@given(header=st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), size=st.integers(0, 5000))
def test_a_part_lies_within_its_file(header: str, size: int) -> None:
    try:
        part = parse_range(header, size)
    except Unsatisfiable:
        return
    if part is not None:
        assert part.length > 0
        assert part.start >= 0
        assert part.start + part.length <= size


@given(name=st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_name_breaks_out_of_its_header(name: str) -> None:
    header = disposition(name, download=True)

    assert header.startswith('attachment; filename="')
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert unquote(header.rsplit("''")[-1]) == name


def test_small_pieces_are_sent_together() -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1024

    assert len(gather(lines())) == PIECE_BYTES
    assert taken == PIECE_BYTES // 1024
    assert gather(iter(())) == b""
