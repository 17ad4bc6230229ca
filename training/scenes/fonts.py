"""Finds the fonts that scenes are written with, and splits them into two disjoint sets."""

from __future__ import annotations

import importlib.util
import re
import zlib
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_PACKAGES = """
fonts-adf-baskervald fonts-adf-gillius fonts-adf-romande fonts-adf-tribun fonts-adf-universalis
fonts-allerta fonts-atarismall fonts-averia-sans-gwf fonts-averia-serif-gwf fonts-b612 fonts-bajaderka
fonts-bebas-neue fonts-breip fonts-bwht fonts-cabin fonts-cabinsketch fonts-cantarell fonts-cherrybomb
fonts-clear-sans fonts-comfortaa fonts-comic-neue fonts-courier-prime fonts-crosextra-caladea
fonts-crosextra-carlito fonts-dancingscript fonts-dejavu-extra fonts-dkg-handwriting fonts-dosis
fonts-dotgothic16 fonts-dseg fonts-dustin fonts-ebgaramond fonts-ecolier-court fonts-femkeklaver
fonts-firacode fonts-freefont-otf fonts-gfs-didot fonts-gnutypewriter fonts-go fonts-hack fonts-havana
fonts-hermit fonts-humor-sans fonts-inconsolata fonts-inter fonts-ipafont-gothic fonts-isabella
fonts-jetbrains-mono fonts-junction fonts-junicode fonts-jura fonts-karla fonts-kaushanscript fonts-klee
fonts-kristi fonts-lato fonts-league-spartan fonts-leckerli-one fonts-levien-typoscript fonts-liberation
fonts-linuxlibertine fonts-lobster fonts-lobstertwo fonts-manrope fonts-mononoki fonts-national-park
fonts-noto-core fonts-ocr-a fonts-ocr-b fonts-oldstandard fonts-open-sans fonts-opendin
fonts-opendyslexic fonts-osifont fonts-oxygen fonts-paratype fonts-play fonts-quattrocento
fonts-quicksand fonts-reggae fonts-roadgeek fonts-roboto-slab fonts-roboto-unhinted fonts-routed-gothic
fonts-rufscript fonts-sil-andika fonts-sil-charis fonts-sil-gentium fonts-sixtyfour fonts-sjfonts
fonts-sora fonts-staypuft fonts-texgyre fonts-tlwg-purisa-ttf fonts-tomsontalks fonts-train fonts-tuffy
fonts-ubuntu-title fonts-urw-base35 fonts-vollkorn fonts-yanone-kaffeesatz fonts-yusei-magic
"""
FONT_PACKAGES = tuple(_PACKAGES.split())
"""Debian packages, all with free licences, that the bundled weights were trained with."""

FONT_DIRS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
SAMPLE = "AgR5e"
UNWANTED = re.compile(
    "symbol|emoji|dingbat|icon|math|music|braille|barcode|d050000l|cmex|cmmi|cmsy|nushu", re.IGNORECASE
)
NOTO_LATIN = {"NotoSans", "NotoSerif", "NotoSansMono", "NotoSansDisplay"}


def font_files() -> tuple[Path, ...]:
    """Every font file on this machine that draws Latin letters and digits, in a stable order."""
    return _readable(tuple(_font_dirs()))


@lru_cache(maxsize=1)
def training_fonts() -> tuple[Path, ...]:
    """Fonts for training; all of them where a machine has too few to hold some back."""
    kept = tuple(path for path in font_files() if not is_held_out(path))
    return kept or font_files()


@lru_cache(maxsize=1)
def held_out_fonts() -> tuple[Path, ...]:
    """Fonts whose families no training scene uses; all of them where a machine has too few."""
    kept = tuple(path for path in font_files() if is_held_out(path))
    return kept or font_files()


def is_held_out(path: Path) -> bool:
    """True if a font's family belongs to the tenth that only validation uses."""
    return zlib.crc32(family(path).encode()) % 10 == 0


def family(path: Path) -> str:
    """The family a file belongs to, told by its name: `Lato-BoldItalic.ttf` is `lato`."""
    return re.split(r"[-_\[]", path.stem)[0].lower()


@lru_cache(maxsize=256)
def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Open a font at an em size in pixels; the cache is small because every face holds a file open."""
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def install_hint() -> str:
    """The command that installs the fonts of the bundled weights on Debian."""
    return "apt-get install --no-install-recommends " + " ".join(FONT_PACKAGES)


def _font_dirs() -> list[Path]:
    found = [folder for folder in FONT_DIRS if folder.is_dir()]
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib and matplotlib.origin:
        found.append(Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf")
    return found


@lru_cache(maxsize=4)
def _readable(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    by_name: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in {".ttf", ".otf"} and path.name not in by_name and _is_latin(path):
                by_name[path.name] = path
    if not by_name:
        raise RuntimeError(f"no usable font found; try: {install_hint()}")
    return tuple(by_name[name] for name in sorted(by_name))


def _is_latin(path: Path) -> bool:
    script = path.stem.split("-")[0]  # Noto has a file for every script, each with some Latin letters
    foreign = script.startswith(("NotoSans", "NotoSerif")) and script not in NOTO_LATIN
    if foreign or UNWANTED.search(path.name):
        return False
    try:
        font = ImageFont.truetype(str(path), 20, layout_engine=ImageFont.Layout.BASIC)
        missing = bytes(font.getmask("\uffff"))
        drawn = [bytes(font.getmask(letter)) for letter in SAMPLE]
    except (OSError, ValueError):
        return False
    return all(mask and mask != missing and any(mask) for mask in drawn) and len(set(drawn)) > 2
