"""One row for each kind of picture file: adding a case is adding a row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from PIL import Image

from tests.world.pictures import builders as b

EVERY = ("red", "green", "blue")
BURST = (("red",), ("green",), ("blue",))


@dataclass(frozen=True)
class Row:
    """A file: the areas that each of its pictures shows, and the words of the notes that are due.

    `size_wh` is the size of the first picture as it is to be looked at; `single` are words that only those
    entries say that take one picture.
    """

    name: str
    build: Callable[[], bytes]
    pictures: tuple[tuple[str, ...], ...] = (EVERY,)
    size_wh: tuple[int, int] = b.SIZE_WH
    notes: tuple[str, ...] = ()
    single: tuple[str, ...] = field(default=())
    colours: bool = True


def transparent() -> Image.Image:
    """The scene on nothing."""
    image = b.scene().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 255))
    image.paste((0, 0, 0, 0), (0, 200, 320, 240))
    return image


SCALED = ("more than 8 bits",)
THREE = ("has 3 pictures, and only the first",)

JPEGS = [
    Row("plain", b.jpeg),
    Row("zeros behind", partial(b.bytes_behind, bytes(4096))),
    Row("line ends behind", partial(b.bytes_behind, b"\r\n\r\n")),
    Row("a log line behind", partial(b.bytes_behind, b"\xff\x00 cam0 2026-11-30 \xff")),
    Row("the end of an older picture behind", lambda: b.jpeg() + b.jpeg(b.scene("red"))[-900:]),
    Row("a whole older picture behind", lambda: b.jpeg() + b.jpeg(b.scene("red"))),
    Row("one fill byte", partial(b.fill_bytes, 1)),
    Row("many fill bytes", partial(b.fill_bytes, 300)),
    Row("fill bytes, three each", partial(b.fill_bytes, 3)),
    Row("no Huffman tables", b.without_huffman_tables),
    Row("no Huffman tables, whole colours", partial(b.without_huffman_tables, subsampling=0)),
    Row("no Huffman tables, restart markers", partial(b.without_huffman_tables, restart_marker_rows=1)),
    Row("restart markers", b.restart_markers),
    Row("surplus bytes at restart markers", partial(b.restart_markers, 3)),
    Row("a surplus byte at restart markers", partial(b.restart_markers, 1)),
    Row("many surplus bytes at restart markers", partial(b.restart_markers, 9)),
    Row("progressive", partial(b.jpeg, progressive=True)),
    Row("a thumbnail with an end of its own", lambda: b.jpeg(exif=thumbnail())),
    Row("CMYK", lambda: b.jpeg(b.scene().convert("CMYK"))),
    Row("one channel", lambda: b.jpeg(b.scene().convert("L")), colours=False),
    *(Row(f"orientation {number}", partial(b.turned, number)) for number in b.UNTURNED),
]

OTHERS = [
    *(Row(kind, partial(lambda kind: b.as_file(b.scene(), kind), kind)) for kind in ("PNG", "WEBP", "BMP")),
    *(Row(kind, partial(lambda kind: b.as_file(b.scene(), kind), kind)) for kind in ("GIF", "TIFF", "AVIF")),
    Row("HEIC", lambda: b.as_file(b.scene(), "HEIF", quality=90)),
    Row("HEIC in tiles", lambda: b.as_file(b.scene(), "HEIF", quality=90, tile_size=128)),
    Row("HEIC turned", lambda: b.turned(6, "HEIF")),
    Row("AVIF turned", lambda: b.turned(8, "AVIF")),
    Row("PNG turned", lambda: b.turned(6, "PNG")),
    Row("TIFF turned", lambda: b.as_file(b.scene().transpose(b.UNTURNED[6]), "TIFF", tiffinfo={274: 6})),
    Row("palette", lambda: b.as_file(b.scene().quantize(16), "PNG")),
    Row("transparent", lambda: b.as_file(transparent(), "PNG")),
    Row("one bit", lambda: b.as_file(b.scene().convert("1"), "TIFF"), colours=False),
    Row("CMYK TIFF", lambda: b.as_file(b.scene().convert("CMYK"), "TIFF", compression="tiff_lzw")),
    Row("16 bits of colour", partial(b.deep, 0, 65_535, ".png"), notes=SCALED),
    Row("12 bits in 16", partial(b.deep, 0, 4095, ".png"), notes=SCALED),
    Row("dark 16 bits", partial(b.deep, 900, 1500, ".tiff"), notes=SCALED),
    Row("16 bits and alpha", partial(b.deep, 200, 4000, ".png", channels=4), notes=SCALED),
    Row("a hot pixel", partial(b.deep, 900, 1500, ".png", hot=65_535), notes=SCALED),
    Row("radiometric", partial(b.radiometric, ".png", "uint16", 7300, 7900), notes=SCALED, colours=False),
    Row("Kelvin", partial(b.radiometric, ".tiff", "float32", 280.5, 310), notes=SCALED, colours=False),
]

SEVERAL = [
    Row(
        "WebP that moves",
        partial(b.several, "WEBP", *EVERY, lossless=True, duration=200),
        BURST,
        single=THREE,
    ),
    Row("PNG that moves", partial(b.several, "PNG", *EVERY, duration=200), BURST, single=THREE),
    Row("AVIF that moves", partial(b.several, "AVIF", *EVERY, duration=200, quality=90), BURST, single=THREE),
    Row("GIF that moves", partial(b.several, "GIF", *EVERY, duration=200), BURST, single=THREE),
    Row("TIFF of three pages", partial(b.several, "TIFF", *EVERY), BURST, single=THREE),
    Row("MPO", partial(b.mpo, *EVERY), BURST, single=THREE),
    Row("HEIC burst", partial(b.several, "HEIF", *EVERY, quality=90), BURST, single=THREE),
    Row("gain map", partial(b.mpo, "red", gain_map=True), (("red",),), notes=("1 previews, masks or gain",)),
    Row(
        "TIFF with copies",
        lambda: b.tiff_pages([b.scene(), b.scene(size_wh=(160, 120))], [0, 1]),
        notes=("1 previews, masks or gain",),
    ),
]


def thumbnail() -> bytes:
    """EXIF data with a small JPEG in them."""
    small = b.jpeg(b.scene(size_wh=(32, 24)))
    head = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x0e\x00\x02"
    entries = b"\x02\x01\x00\x04\x00\x00\x00\x01\x00\x00\x00\x2c\x02\x02\x00\x04\x00\x00\x00\x01"
    return head + entries + len(small).to_bytes(4, "big") + bytes(4) + small


ROWS = [*JPEGS, *OTHERS, *SEVERAL]
