"""Picture files as cameras, phones, scanners and programs make them; all show the same scene."""

import io
import struct
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipelines.media.orientation import ORIENTATION
from tests.world.pictures.seven_segments import ENDS, LIT

SIZE_WH = (320, 240)
# Name, colour and place in fractions: x, y, width, height.
AREAS = {
    "red": ((230, 20, 20), (0.1, 0.05, 0.2, 0.1)),
    "green": ((20, 200, 20), (0.5, 0.5, 0.25, 0.25)),
    "blue": ((20, 20, 230), (0.75, 0.1, 0.2, 0.3)),
}
PLACES = {name: place for name, (_, place) in AREAS.items()}
# How to turn an upright picture so that a reader has to turn it back, for each orientation of EXIF.
UNTURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def scene(*names: str, size_wh: tuple[int, int] = SIZE_WH, ground: str = "#f5f5f5") -> Image.Image:
    """The scene, or some of its areas only."""
    width, height = size_wh
    image = Image.new("RGB", size_wh, ground)
    for name in names or tuple(AREAS):
        colour, (x, y, w, h) = AREAS[name]
        box = (x * width, y * height, (x + w) * width - 1, (y + h) * height - 1)
        ImageDraw.Draw(image).rectangle(box, fill=colour)
    return image


def as_file(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image | None = None, **options: Any) -> bytes:
    return as_file(image or scene(), "JPEG", **{"quality": 90, **options})


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """A file whose pixels lie turned, with a note that says how."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return as_file(scene().transpose(UNTURNED[orientation]), kind, exif=exif.tobytes())


def several(kind: str, *names: str, **options: Any) -> bytes:
    """A file of several pictures, each with one of the areas."""
    first, *others = [scene(name) for name in names]
    return as_file(first, kind, save_all=True, append_images=others, **options)


def mpo(*names: str, gain_map: bool = False) -> bytes:
    """A JPEG file of several pictures; a gain map is a smaller one without colours."""
    first, *others = [scene(name) for name in names]
    if gain_map:
        others.append(first.convert("L").resize((80, 60)))
    return as_file(first, "MPO", save_all=True, append_images=others)


def deep(low: int, high: int, kind: str, *, channels: int = 3, hot: int | None = None) -> bytes:
    """The scene with values from `low` to `high` of 16 bits; one pixel may be out of the range."""
    bgr = np.asarray(scene(), np.float64)[:, :, ::-1] / 255
    values = (low + bgr * (high - low)).astype(np.uint16)
    if hot is not None:
        values[-1, -1] = hot
    if channels == 4:
        values = np.dstack([values, np.full(values.shape[:2], 65_535, np.uint16)])
    _, data = cv2.imencode(kind, values)
    return bytes(data)


def radiometric(kind: str, dtype: Any, low: float, high: float) -> bytes:
    """A warm area on cold ground, in one channel: where red lies in the scene, nothing else."""
    grey = np.full(SIZE_WH[::-1], low, np.float64)
    grey[area_of("red")] = high
    _, data = cv2.imencode(kind, grey.astype(dtype))
    return bytes(data)


def area_of(name: str) -> tuple[slice, slice]:
    """The rows and columns of an area."""
    (width, height), (x, y, w, h) = SIZE_WH, PLACES[name]
    return slice(round(y * height), round((y + h) * height)), slice(round(x * width), round((x + w) * width))


# Camera JPEGs: what hardware encoders write.


def markers(data: bytes) -> list[tuple[int, int]]:
    """Each marker before the entropy-coded data: its code and where it stands."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        found.append((data[at + 1], at))
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return [*found, (0xDA, at)]


def bytes_behind(tail: bytes) -> bytes:
    return jpeg() + tail


def fill_bytes(count: int) -> bytes:
    """So many bytes FF before each marker."""
    data = jpeg()
    for _, at in reversed(markers(data)):
        data = data[:at] + b"\xff" * count + data[at:]
    return data


def without_huffman_tables(image: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG without Huffman tables, as in MJPEG: the standard's tables are meant."""
    data = jpeg(image, optimize=False, **options)
    found = markers(data)
    ends = [at for _, at in found[1:]]
    for (code, at), end in reversed(list(zip(found, ends, strict=False))):
        if code == 0xC4:
            data = data[:at] + data[end:]
    return data


def restart_markers(surplus: int = 0) -> bytes:
    """With restart markers, and bytes too many before each."""
    data = jpeg(restart_marker_rows=1)
    start = markers(data)[-1][1]
    body = data[start:]
    for number in range(8):
        body = body.replace(bytes([0xFF, 0xD0 + number]), bytes(surplus) + bytes([0xFF, 0xD0 + number]))
    return data[:start] + body


def tiff_pages(images: Sequence[NDArray[np.uint8] | Image.Image], subtypes: Sequence[int]) -> bytes:
    """A TIFF whose pages say what they are: 0 a picture, 1 a smaller copy, 4 a mask."""
    buffer = io.BytesIO()
    pages = [image if isinstance(image, Image.Image) else Image.fromarray(image) for image in images]
    with io.BytesIO() as written:
        from PIL.TiffImagePlugin import AppendingTiffWriter

        with AppendingTiffWriter(written) as writer:
            for page, subtype in zip(pages, subtypes, strict=True):
                page.save(writer, "TIFF", tiffinfo={254: subtype})
                writer.newFrame()
        buffer.write(written.getvalue())
    return buffer.getvalue()


def receipt(lines: int, size_wh: tuple[int, int] = (600, 4800)) -> tuple[bytes, list[str]]:
    """A long till receipt, and its lines."""
    image = Image.new("RGB", size_wh, "white")
    names = ("BREAD", "MILK", "APPLES", "COFFEE", "RICE", "SOAP")
    step = size_wh[1] / lines
    written = [f"{names[n % 6]} {n:02} {n % 7 + 2}.{n * 7 % 90 + 10}" for n in range(1, lines + 1)]
    font = ImageFont.load_default(round(step * 0.55))
    for number, text in enumerate(written):
        ImageDraw.Draw(image).text((30, number * step + step * 0.15), text, fill="black", font=font)
    return as_file(image, "PNG"), written


def strip(words: str, size_wh: tuple[int, int]) -> bytes:
    """One line of words on a long strip, spread over all of it."""
    image = Image.new("RGB", size_wh, "white")
    split = words.split()
    font = ImageFont.load_default(round(size_wh[1] * 0.5))
    for number, word in enumerate(split):
        at = ((number + 0.2) * size_wh[0] / len(split), size_wh[1] * 0.2)
        ImageDraw.Draw(image).text(at, word, fill="black", font=font)
    return as_file(image, "PNG")


def display(text: str, ink: str, ground: str, *, high: int = 110, slant: float = 0.0) -> bytes:
    """A display of seven segments: digits, points and colons, in cells of one width."""
    step, thick, edge = round(high * 0.75), max(3, high // 9), 60
    width = 2 * edge + sum(step if sign.isdigit() else round(high * 0.22) for sign in text)
    image = Image.new("RGB", (width, high + 2 * edge), ground)
    canvas = ImageDraw.Draw(image)

    def dot(x: float, y: float) -> None:
        canvas.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=ink)

    left = edge
    for sign in text:
        if not sign.isdigit():
            for share in {":": (0.35, 0.65), ".": (1.0,)}[sign]:
                dot(left, edge + high * share)
            left += round(high * 0.22)
            continue
        for name in LIT[int(sign)]:
            ends = [
                (left + x * high / 2 + slant * high * (1 - y / 2), edge + y * high / 2) for x, y in ENDS[name]
            ]
            canvas.line(ends, fill=ink, width=thick)
            for end in ends:
                dot(*end)
        left += step
    return jpeg(image)
