"""Files whose bytes were changed: each is read or refused with a sentence, whatever was changed."""

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.errors import InvalidImage
from pipelines.media.images import read_picture
from pipelines.media.picture_sequence import PictureSequence, count_pictures
from tests.world.pictures import builders as b

FILES = {
    "JPEG": b.jpeg(b.scene(size_wh=(48, 32))),
    "restart": b.restart_markers(3),
    "MPO": b.mpo("red", "green"),
    "PNG": b.as_file(b.scene(size_wh=(48, 32)), "PNG"),
    "moving PNG": b.several("PNG", "red", "green", duration=100),
    "deep PNG": b.deep(0, 4000, ".png"),
    "TIFF": b.several("TIFF", "red", "green", compression="tiff_lzw"),
    "WebP": b.several("WEBP", "red", "green", duration=100),
    "GIF": b.several("GIF", "red", "green"),
}


@st.composite
def damaged(draw: Any) -> bytes:
    """One of the files with bytes changed, cut out or put in; most near its beginning."""
    data = bytearray(FILES[draw(st.sampled_from(sorted(FILES)))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.one_of(st.integers(0, min(200, len(data))), st.integers(0, len(data))))
        length, new = draw(st.integers(0, 12)), draw(st.binary(max_size=12))
        data[at : at + length] = new
    return bytes(data[: draw(st.integers(len(data) // 3, len(data)))])


@settings(max_examples=150)
@given(data=damaged())
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_is_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(data)
    # Nothing else may be raised.
    with suppress(InvalidImage):
        assert read_picture(data).image_bgr.shape[2] == 3
    if count_pictures(path) > 1:
        with suppress(InvalidImage), PictureSequence(path) as pictures:
            indices = [frame.index for frame in pictures.frames()]
            assert indices == sorted(set(indices))


def test_a_damaged_page_has_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    data = bytearray(b.several("TIFF", "red", "green", "blue", compression="tiff_adobe_deflate"))
    with Image.open(io.BytesIO(data)) as image:
        image.seek(1)
        at = getattr(image, "tag_v2")[273][0]  # noqa: B009  # The types do not know it.
    data[at : at + 40] = bytes(40)
    path = tmp_path / "several.tiff"
    path.write_bytes(data)
    with PictureSequence(path) as pictures:
        frames = list(pictures.frames())

    assert [frame.index for frame in frames] == [1, 3]
    assert frames[1].lost.keys() == {2}
    assert frames[1].warnings == ["Frame 2 cannot be decoded: it is damaged"]
