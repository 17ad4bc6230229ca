import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pipelines.errors import InvalidImage
from pipelines.media.images import (
    LETTERBOX_GREY,
    check_image,
    decode_file,
    decode_image,
    decode_jpeg,
    encode_jpeg,
    letterbox,
    shrunk,
)
from pipelines.media.orientation import EXIF_MARK, orientation_in
from pipelines.media.picture_file import MAX_PIXELS, MAX_SIDE, check_size
from pipelines.media.pixels import to_bgr
from tests.hostile.pictures.costly import many_scans, png_with_chunk

BLUE_BGR = (255, 0, 0)
RED_BGR = (0, 0, 255)
ORIENTATION = 0x0112


def picture(width: int = 48, height: int = 32) -> Image.Image:
    """The left half red, the right half blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


def as_file(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def close_to(pixel: Any, colour: tuple[int, ...], within: int = 12) -> bool:
    return bool(np.all(np.abs(np.asarray(pixel, int) - colour) <= within))


def assert_red_left_blue_right(image_bgr: Any) -> None:
    assert (image_bgr.dtype, image_bgr.shape) == (np.uint8, (32, 48, 3))
    assert close_to(image_bgr[16, 4], RED_BGR)
    assert close_to(image_bgr[16, 44], BLUE_BGR)


@pytest.mark.parametrize("decode", [decode_jpeg, decode_image])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 99}])
def test_decodes_jpeg(decode: Any, options: dict[str, Any]) -> None:
    assert_red_left_blue_right(decode(as_file(picture(), "JPEG", **{"quality": 95, **options})))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_decodes_other_pictures(form: str) -> None:
    assert_red_left_blue_right(decode_image(as_file(picture(), form)))


def test_decodes_cmyk_and_grey_jpeg() -> None:
    grey = decode_jpeg(as_file(picture().convert("L"), "JPEG"))

    assert close_to(decode_jpeg(as_file(picture().convert("CMYK"), "JPEG", quality=95))[16, 4], RED_BGR, 30)
    assert grey.shape == (32, 48, 3)
    assert close_to(grey[16, 4], (76, 76, 76))


def test_reads_past_stray_bytes_in_a_jpeg() -> None:
    data = as_file(picture(), "JPEG", quality=95)
    before_quantisation = data.index(b"\xff\xdb")

    assert_red_left_blue_right(
        decode_jpeg(data[:before_quantisation] + b"\x00\x00" + data[before_quantisation:])
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_turns_a_picture_upright(form: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turned a quarter to the right when shown
    data = as_file(picture(), form, exif=exif)

    upright = decode_image(data)

    assert upright.shape == (48, 32, 3)
    assert close_to(upright[4, 16], RED_BGR)
    assert close_to(upright[44, 16], BLUE_BGR)
    if form == "JPEG":
        assert_red_left_blue_right(decode_jpeg(data))


def test_transparent_places_are_white() -> None:
    image = Image.new("RGBA", (8, 4), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 4, 4))

    decoded = decode_image(as_file(image, "PNG"))

    assert decoded[0, 0].tolist() == list(RED_BGR)
    assert decoded[0, 7].tolist() == [255, 255, 255]


def test_deep_greys_keep_their_brightness() -> None:
    image = Image.fromarray(np.full((4, 4), 0x8000, np.uint16))

    assert decode_image(as_file(image, "PNG"))[0, 0].tolist() == [128, 128, 128]


def test_what_is_encoded_is_decoded() -> None:
    image_bgr = np.asarray(picture())[:, :, ::-1]

    assert_red_left_blue_right(decode_jpeg(encode_jpeg(image_bgr, quality=95)))
    assert len(encode_jpeg(image_bgr, quality=30)) < len(encode_jpeg(image_bgr, quality=95))


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "Not a picture"),
        (b"hello", "Not a picture"),
        (b"\xff\xd8\xff\xd9", "Not a valid JPEG image"),
        (b"\xff\xd8" + bytes(100) + b"\xff\xd9", "Not a valid JPEG image"),
        (as_file(picture(), "JPEG")[:-200], "Not a valid JPEG image"),
        (as_file(picture(), "PNG")[:60], "Not a picture"),
    ],
)
def test_refuses_what_is_no_picture(data: bytes, detail: str) -> None:
    for decode in (decode_jpeg, decode_image):
        with pytest.raises(InvalidImage, match=detail):
            decode(data)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 600))
def test_broken_files_are_decoded_or_refused(junk: bytes, at: int) -> None:
    data = as_file(picture(), "JPEG")
    for broken in (junk, data[:at] + junk + data[at + len(junk) :]):
        with suppress(InvalidImage):
            assert decode_image(broken).ndim == 3


def declared_jpeg(width: int, height: int) -> bytes:
    data = as_file(picture(), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def declared_png(width: int, height: int) -> bytes:
    data = as_file(picture(), "PNG")
    header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize(
    "data",
    [
        declared_jpeg(60000, 60000),
        declared_jpeg(10000, 10000),
        declared_png(60000, 60000),
        declared_png(10000, 10000),
    ],
)
def test_refuses_a_picture_that_would_fill_the_memory(data: bytes) -> None:
    with pytest.raises(InvalidImage, match="too large"):
        decode_image(data)


@pytest.mark.filterwarnings("default")
def test_refuses_it_also_where_pillow_only_warns() -> None:
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(InvalidImage, match="10000x10000"):
        decode_image(declared_png(10000, 10000))


def test_the_limit_is_on_pixels() -> None:
    check_size(MAX_PIXELS // 10_000, 10_000)
    with pytest.raises(InvalidImage, match="too large"):
        check_size(MAX_PIXELS // 10_000 + 1, 10_000)


def test_the_limit_is_on_each_side_as_well() -> None:
    """25 million pixels in one row took 860 MB, and 4.6 s to be made smaller."""
    check_size(MAX_SIDE, 1)
    for width, height in ((MAX_SIDE + 1, 1), (1, MAX_SIDE + 1)):
        with pytest.raises(InvalidImage, match="at most 65535 on a side"):
            check_size(width, height)


def test_a_picture_is_an_array_of_bytes() -> None:
    image_bgr = np.zeros((4, 6, 3), np.uint8)

    assert check_image(image_bgr) is image_bgr


@pytest.mark.parametrize(
    "image",
    [
        None,
        b"bytes",
        np.zeros((4, 6, 3), np.float32),
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        np.zeros((0, 6, 3), np.uint8),
    ],
)
def test_anything_else_is_no_picture(image: Any) -> None:
    with pytest.raises(InvalidImage, match="Not a picture"):
        check_image(image)


@pytest.mark.parametrize(
    ("size_wh", "inner"),
    [((100, 50), (0, 0, 100, 50)), ((100, 100), (0, 25, 100, 75)), ((200, 50), (50, 0, 150, 50))],
)
def test_letterbox_keeps_proportions(size_wh: tuple[int, int], inner: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = inner
    boxed = letterbox(np.full((25, 50, 3), 200, np.uint8), size_wh)

    assert boxed.shape == (size_wh[1], size_wh[0], 3)
    expected = np.full_like(boxed, LETTERBOX_GREY)
    expected[top:bottom, left:right] = 200
    assert np.array_equal(boxed, expected)


def test_pictures_are_shrunk_to_so_many_pixels() -> None:
    image_bgr = np.full((60, 240, 3), 200, np.uint8)

    assert shrunk(image_bgr, 60 * 240) is image_bgr
    assert shrunk(image_bgr, 30 * 120).shape == (30, 120, 3)
    assert shrunk(np.full((1, 5000, 3), 200, np.uint8), 100).shape == (1, 707, 3)


def test_letterbox_keeps_a_line_at_least_a_pixel_high() -> None:
    assert (letterbox(np.full((1, 5000, 3), 200, np.uint8), (64, 64)) == 200).any()


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("endian", ["<", ">"])
def test_every_orientation_is_turned_as_viewers_do(orientation: int, endian: str) -> None:
    exif = Image.Exif()
    exif.endian = endian
    exif[ORIENTATION] = orientation
    image = picture(48, 32)
    image.paste("lime", (0, 0, 10, 10))
    data = as_file(image, "JPEG", exif=exif, quality=95, subsampling=0)

    with Image.open(io.BytesIO(data)) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))[:, :, ::-1]
    assert np.abs(decode_image(data).astype(int) - expected).max() <= 2


@pytest.mark.parametrize(
    "exif",
    [b"", b"II*\0", b"MM\0*\0\0\0\x08", b"II*\0\xff\xff\xff\xff", b"nonsense" * 20],
    ids=["empty", "cut", "no directory", "beyond the end", "nonsense"],
)
def test_broken_exif_data_turn_nothing(exif: bytes) -> None:
    data = as_file(picture(), "JPEG", quality=95)
    body = EXIF_MARK + exif
    broken = data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]

    assert_red_left_blue_right(decode_image(broken))


def test_exif_data_with_endless_entries_are_not_read_through() -> None:
    entries = struct.pack("<HHII", 0x0100, 3, 1, 1) * 5000
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 5000) + entries

    assert orientation_in(data + struct.pack("<HHII", ORIENTATION, 3, 1, 6)) == 1


@pytest.mark.parametrize("form", ["PPM", "ICO", "TGA", "PCX", "JPEG2000", "EPS"])
def test_formats_beyond_the_stated_ones_stay_unread(form: str) -> None:
    with pytest.raises(InvalidImage, match="Not a picture that can be read"):
        decode_image(as_file(picture(), form))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "PA", "F"])
def test_every_mode_is_copied_in_bands_as_it_would_be_whole(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradient = Image.linear_gradient("L").resize((37, 29)).convert("RGB")
    image = Image.new("I;16", (37, 29), 40_000) if mode == "I;16" else gradient.convert(mode)
    whole = to_bgr(image)
    monkeypatch.setattr("pipelines.media.pixels.BAND_PIXELS", 80)

    assert np.array_equal(to_bgr(image), whole)


def test_a_jpeg_that_is_gone_over_thousands_of_times_is_refused() -> None:
    unusual = many_scans(64, 48, 5000)[:2] + b"\x00\x00" + many_scans(64, 48, 5000)[2:]
    for data in (many_scans(64, 48, 5000), unusual):
        with pytest.raises(InvalidImage, match="too many scans"):
            decode_image(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_of_a_file_that_is_padded_no_more_is_read_than_its_picture_takes(form: str, tmp_path: Path) -> None:
    """A picture padded to 300 MB was read whole."""
    path = tmp_path / "padded"
    path.write_bytes(as_file(picture(), form))
    with path.open("r+b") as file:
        file.truncate(300 * 1024 * 1024)
    tracemalloc.start()
    try:
        assert decode_file(path).shape == (32, 48, 3)
        assert tracemalloc.get_traced_memory()[1] < 110 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_texts_in_a_png_that_would_fill_the_memory_are_refused() -> None:
    bomb = png_with_chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(300_000_000)))
    profile = png_with_chunk(b"iCCP", b"note\0\0" + zlib.compress(bytes(300_000_000)))
    tracemalloc.start()
    try:
        for data in (bomb, profile):
            with pytest.raises(InvalidImage, match="Not a picture that can be read"):
                decode_image(data)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    finally:
        tracemalloc.stop()
