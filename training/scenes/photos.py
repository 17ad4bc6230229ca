"""Photographs for the grounds of scenes: found on this machine, freed of text, kept small in a folder.

They make scenes more real and are not needed: without any, every ground is drawn.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_PACKAGES = """
gnome-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds mypaint-data-extras
palapeli-data plasma-workspace-wallpapers torcs-data tuxpaint-stamps-default ukui-wallpapers
"""
PHOTO_PACKAGES = tuple(_PACKAGES.split())
"""Debian packages with free pictures that the bundled weights were trained with."""

PHOTO_DIRS = tuple(
    Path("/usr/share") / name
    for name in ("backgrounds", "wallpapers", "tuxpaint/stamps", "palapeli", "mypaint", "games/torcs/tracks")
)  # fmt: skip
UNWANTED = re.compile(
    r"alphabet|symbol|sign|screenshot|icon|logo|flag|money|coin|chess|cartoon|font|letter|map|menu|button"
    r"|dreidel|grave|graffiti|greentock|greentraditional|focal|turn\d|pitbld",
    re.IGNORECASE,
)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONGEST, SHORTEST = 1280, 90
PLAIN = 6.0
"""The standard deviation of grey levels under which a picture shows nothing."""


@dataclass(frozen=True)
class Photos:
    """Pictures that fill a scene, and things cut out of pictures (with an alpha plane)."""

    grounds: tuple[Path, ...] = ()
    cutouts: tuple[Path, ...] = ()


@lru_cache(maxsize=4)
def photos_in(folder: Path, held_out: bool = False) -> Photos:
    """The photographs that `collect` kept in a folder; a fifth of them is held out of training."""
    grounds, cutouts = (
        tuple(path for path in sorted((folder / kind).glob("*.*")) if is_held_out(path) == held_out)
        for kind in ("grounds", "cutouts")
    )
    return Photos(grounds, cutouts)


def is_held_out(path: Path) -> bool:
    """True if only validation uses a picture."""
    return zlib.crc32(path.stem.encode()) % 5 == 0


def collect(folders: Sequence[Path], target: Path) -> int:
    """Copy the pictures that show no text to `target`, made smaller; returns how many there are now.

    A target that exists is complete and left alone.
    """
    if not target.is_dir():
        unfinished = target.with_name(target.name + ".part")
        for path in _candidates(folders):
            picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if picture is not None and (kept := _prepared(picture)) is not None:
                _keep(kept, unfinished, f"{path.parent.name}-{path.stem}")
        unfinished.mkdir(parents=True, exist_ok=True)
        unfinished.rename(target)
    return sum(1 for path in target.rglob("*") if path.is_file())


def photo_dirs() -> tuple[Path, ...]:
    """Those of the packages' folders that exist."""
    return tuple(folder for folder in PHOTO_DIRS if folder.is_dir())


def install_hint() -> str:
    """The command that installs the photographs of the bundled weights on Debian."""
    return "apt-get install --no-install-recommends " + " ".join(PHOTO_PACKAGES)


def ground(rng: Random, photos: Photos, width: int, height: int) -> Image:
    """A window (height, width, 3) BGR of a photograph, from far or near, sometimes mirrored."""
    photo = _opened(rng.choice(photos.grounds))
    high, wide = photo.shape[:2]
    part = rng.uniform(0.25, 1) * min(wide / width, high / height)
    w, h = max(8, int(width * part)), max(8, int(height * part))
    x, y = rng.randint(0, wide - w), rng.randint(0, high - h)
    window = cv2.resize(photo[y : y + h, x : x + w, :3], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.flip(window, 1) if rng.random() < 0.5 else window, np.uint8)


def paste_cutout(rng: Random, photos: Photos, image: Image) -> None:
    """Put a thing that was cut out of a photograph somewhere into the picture, in place."""
    thing, (height, width) = _opened(rng.choice(photos.cutouts)), image.shape[:2]
    scale = rng.uniform(0.15, 1.1) * height / max(thing.shape[:2])
    middle = thing.shape[1] / 2, thing.shape[0] / 2
    turn = cv2.getRotationMatrix2D(middle, rng.gauss(0, 12), scale)
    turn[:, 2] += rng.uniform(0, width) - middle[0], rng.uniform(0, height) - middle[1]
    moved = cv2.warpAffine(thing, turn, (width, height), flags=cv2.INTER_AREA)
    alpha = cv2.merge([moved[..., 3]] * 3)
    front = cv2.multiply(moved[..., :3], alpha, scale=1 / 255)
    image[:] = cv2.add(front, cv2.multiply(image, cv2.bitwise_not(alpha), scale=1 / 255))


@lru_cache(maxsize=1024)
def _opened(path: Path) -> Image:
    """A kept picture with its alpha plane, if it has one; all of them fit into memory."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise OSError(f"cannot read {path}")
    return np.asarray(picture, np.uint8)


def _candidates(folders: Sequence[Path]) -> Iterable[Path]:
    """Picture files, one a wallpaper: those that come in many sizes have a folder of their own."""
    seen: set[str | int] = set()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        key = str(path.parent) if path.parent.name == "images" else f"{path.parent}/{path.stem}"
        if (
            path.suffix.lower() not in SUFFIXES
            or UNWANTED.search(str(path))
            or not path.is_file()
            or key in seen
        ):
            continue
        content = zlib.crc32(path.read_bytes())
        if content not in seen:
            yield path
        seen |= {key, content}


def _prepared(picture: NDArray[np.generic]) -> Image | None:
    """A picture of bearable size, with alpha only where something is cut out; None if it is of no use."""
    if picture.ndim != 3 or picture.dtype != np.uint8 or min(picture.shape[:2]) < SHORTEST:
        return None
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if small.shape[2] == 4 and small[..., 3].min() > 250:
        small = small[..., :3]
    usable = (
        min(small.shape[:2]) >= SHORTEST and float(small[..., :3].std()) > PLAIN and not shows_text(small)
    )
    return np.asarray(small, np.uint8) if usable else None


def shows_text(picture: NDArray[np.generic]) -> bool:
    """True if RapidOCR reads anything of two letters or more on a picture, BGR or BGRA."""
    flat = np.array(picture[..., :3], np.uint8)
    if picture.shape[2] == 4:
        flat[np.asarray(picture[..., 3], np.uint8) < 128] = 128
    found = _reader()(flat)
    return any(sum(map(str.isalnum, text)) > 1 for text in found.txts or ())


@lru_cache(maxsize=1)
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.text_score": 0.4, "Global.log_level": "error"})


def _keep(picture: Image, folder: Path, name: str) -> None:
    kind, suffix = ("cutouts", ".png") if picture.shape[2] == 4 else ("grounds", ".jpg")
    (folder / kind).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / kind / (name + suffix)), picture)
