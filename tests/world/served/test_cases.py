"""Pictures with text that other products misread, at every entry of one real server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.world.served.checks import FORMATS, PICTURES, answers, both, expected, read_of, reads, surely
from tests.world.served.entries import Served, Site

pytestmark = pytest.mark.model


@dataclass(frozen=True)
class Texts:
    """Pictures of a case, the pipeline that reads them, and the check of each, by the file's name."""

    case: str
    pipeline_id: str
    checks: Mapping[str, Callable[[Served], None]]
    entries: tuple[str, ...] = PICTURES
    # A turned text that comes suddenly is found within 28 frames; at the beginning of a session at once.
    one_session: bool = True


DISPLAYS = {"clock": "12:45", "digits": "0987654321", "scale": "88.3", "meter": "004162"}
HOTEL = both(reads("HOTEL", "24"), surely("HOTEL 24", above=0.6))
TURNED = {f"turned-{angle}.jpg": HOTEL for angle in (0, 15, 90, 180, 270)}
HEIC = ("iphone-tiles.heic", "same.jpg", "same.avif")
CAMERAS = ("good", "zeros-behind", "fill-bytes", "no-huffman-tables", "restart-markers")
BESIDE = ("extra-bytes-at-restart", "old-frame-behind")
TEXTS = [
    Texts("L1-camera-jpegs", "yolo_ocr", {f"{name}.jpg": reads("GATE 12") for name in CAMERAS + BESIDE}),
    Texts("L2-exif-frames", "yolo_ocr", dict.fromkeys(("phone.jpg", "upright.jpg"), reads("EXIT B4"))),
    Texts(
        "O1-turned-text", "yolo_ocr", {**TURNED, "stacked.jpg": surely("HOTEL", above=0.6)}, one_session=False
    ),
    Texts(
        "O2-seven-segments",
        "ocr_only",
        {f"{name}-{kind}.jpg": reads(text) for name, text in DISPLAYS.items() for kind in ("lcd", "led")},
    ),
    Texts("P1-heic-photo", "yolo_ocr", dict.fromkeys(HEIC, reads("LEFT", "RIGHT", "SIDE")), FORMATS),
    Texts("P1-heic-photo", "yolo_ocr", {"one-piece-turned.heic": reads("TURN ME")}, FORMATS),
]


@pytest.mark.parametrize(
    ("row", "entry"),
    [pytest.param(row, entry, id=f"{row.case[:2]}-{entry}") for row in TEXTS for entry in row.entries],
)
def test_text(served: Site, cases: Path, row: Texts, entry: str) -> None:
    paths = [cases / row.case / name for name in row.checks]
    wrong = []
    for path, answer in answers(served, entry, row.pipeline_id, paths, one_session=row.one_session):
        try:
            row.checks[path.name](answer)
        except AssertionError as error:
            wrong.append(f"{path.name}: {error}")
    assert not wrong, "\n".join(wrong)


# 80 lines take 10 s at each entry; these two share their reader with the others.
SLOW = {("receipt.png", "trial"), ("receipt.png", "command")}


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        pytest.param(name, entry, marks=[pytest.mark.slow] if (name, entry) in SLOW else [])
        for name in ("strip.png", "receipt.png")
        for entry in FORMATS
    ],
)
def test_long_and_thin(served: Site, cases: Path, name: str, entry: str) -> None:
    """Nine lines in ten."""
    folder = cases / "P4-long-and-thin"
    lines = expected(folder)[name]
    answer: Served = getattr(served, entry)("yolo_ocr", folder / name)
    text = read_of(answer)
    assert answer.error == ""
    assert sum("".join(line.split()) in text for line in lines) >= 0.9 * len(lines)
