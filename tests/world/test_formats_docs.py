"""docs/FORMATS.md says what the code does."""

import re
from pathlib import Path

from pipelines.engine.detectors.letterbox import MAX_INPUT_PIXELS
from pipelines.engine.weights.files import SUFFIXES
from pipelines.media.jpeg_header import MAX_SCANS
from pipelines.media.picture_file import FORMATS
from pipelines.tools.yolo.detect import SLIM_PIXELS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "FORMATS.md"


def section(name: str) -> str:
    """The text below a heading of the second level."""
    return DOCS.read_text().split(f"\n## {name}\n")[1].split("\n## ")[0]


def table_in(text: str) -> list[str]:
    """The first column of its table."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.M)


def test_the_formats_of_pictures_are_those_that_are_read() -> None:
    assert table_in(section("Pictures")) == list(FORMATS)


def test_the_formats_of_networks_are_those_that_are_read() -> None:
    assert set(table_in(section("Networks"))) == set(SUFFIXES)


def test_the_limits_are_those_of_the_code() -> None:
    pictures = " ".join(section("Pictures").split())

    assert f"larger than {MAX_INPUT_PIXELS:,} pixels" in pictures
    assert f"up to {SLIM_PIXELS:,} pixels of input" in pictures
    assert f"more than {MAX_SCANS} scans" in pictures
