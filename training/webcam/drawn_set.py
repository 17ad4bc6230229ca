"""Draws the webcam-like benchmark set: `python -m training.webcam.drawn_set OUT`.

The set is held out from training by its fonts (the families that training never uses), its texts and its
grounds, and even its camera is another one. Every shot has its own seed; the same font files and library
versions give the same files. All words on a picture are in its `words.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.scenes import fonts
from training.scenes.sheet import Pen, Sheet
from training.scenes.textures import Colour
from training.webcam.camera import LOOKS, capture, jpeg
from training.webcam.grounds import GROUNDS, HEIGHT, WIDTH
from training.webcam.shots import SHOTS, Card, Pose, Shot

Image = NDArray[np.uint8]
SCALE = WIDTH // 640
FOCAL = 1.3 * WIDTH
FONTS = {
    "code": "FiraCode-Medium.ttf",
    "hand": "Junkyard.ttf",
    "humane": "Junction.otf",
    "mono": "JetBrainsMono-Regular.ttf",
    "mono bold": "JetBrainsMono-ExtraBold.ttf",
    "narrow": "routed-gothic-narrow.ttf",
    "plain": "VL-PGothic-Regular.ttf",
    "plate": "routed-gothic.ttf",
    "sans": "cmss10.ttf",
    "serif": "cmr10.ttf",
    "soft": "AveriaSansGWF-Regular.ttf",
    "soft bold": "AveriaSansGWF-Bold.ttf",
    "tall": "BebasNeue-Bold.otf",
    "tall light": "BebasNeue-Regular.otf",
    "wide": "routed-gothic-wide.ttf",
}
"""The fonts of the set, all of families that are held out from training."""


def draw_set(folder: Path) -> dict[str, list[str]]:
    """Write the pictures and their `words.json` into a folder; returns the words of each picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        (folder / f"{shot.name}.jpg").write_bytes(photograph(shot))
    words = {f"{shot.name}.jpg": words_on(shot) for shot in SHOTS}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(said)}" for name, said in words.items())
    (folder / "words.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return words


def photograph(shot: Shot) -> bytes:
    """A shot as a JPEG file of 640x480."""
    rng, look = np.random.default_rng(shot.seed), LOOKS[shot.look]
    scene = GROUNDS[shot.ground](rng)
    scene = (scene * shot.ground_light).astype(np.uint8)
    for card, pose in shot.cards:
        pixels, alpha = drawn(rng, card)
        if card.bend:
            pixels, alpha = bent(pixels, alpha, card.bend)
        scene = laid_on(scene, pixels, alpha, pose)
    return jpeg(capture(rng, scene, look), look)


def words_on(shot: Shot) -> list[str]:
    """The distinct words of a shot in the order in which they stand there, without lone marks."""
    said = [word for card, _ in shot.cards for row in card.rows for word in row.text.split()]
    return list(dict.fromkeys(word for word in said if any(map(str.isalnum, word))))


def drawn(rng: np.random.Generator, card: Card) -> tuple[Image, Image]:
    """A card's BGR picture and its alpha plane; raises ValueError for a row that is too long for it."""
    pad, width = card.pad * SCALE, card.width * SCALE
    height = round(2 * pad + sum(row.size * card.leading for row in card.rows) * SCALE)
    paper = rng.normal(0, card.tooth, (height, width, 1)) + bgr(card.ink if card.bare else card.paper)
    sheet = Sheet(np.clip(paper, 0, 255).astype(np.uint8), alpha=0 if card.bare else 255)
    if card.frame:
        sheet.rectangle((5, 5, width - 6, height - 6), None, bgr(card.ink), 8, card.frame * SCALE)
    y = float(pad)
    for row in card.rows:
        pen = Pen(font(row.font or card.font), row.size * SCALE, bgr(row.ink or card.ink), card.tracking)
        baseline = y + row.size * SCALE * (card.leading / 2 + 0.34)
        for text, x, align in cells(row.text, pad, width, card.align):
            if pen.length(text) > width - 2 * pad:
                raise ValueError(f"{text!r} is too long for its card")
            sheet.write(text, x, baseline, pen, align)
        y += row.size * card.leading * SCALE
    return sheet.pixels()


def cells(text: str, pad: int, width: int, align: str) -> list[tuple[str, float, str]]:
    """The places of a row's parts, which tabs keep apart: the first one left, the last one right."""
    parts = text.split("\t")
    if len(parts) == 1:
        return [(text, {"l": pad, "m": width / 2}[align], align)]
    room = (width - 2 * pad) / (len(parts) - 1)
    inner = [(part, pad + room * (place + 1), "m") for place, part in enumerate(parts[1:-1])]
    return [(parts[0], float(pad), "l"), *inner, (parts[-1], float(width - pad), "r")]


def bent(pixels: Image, alpha: Image, bend: float) -> tuple[Image, Image]:
    """A card around an upright cylinder that is seen from above; `bend` is half of the visible angle."""
    height, width = alpha.shape
    sag = round(0.18 * width * bend)
    across = np.linspace(-1, 1, width, dtype=np.float32)
    angle = np.arcsin(across * np.sin(bend)) / bend
    drop = sag * (np.cos(angle * bend) - np.cos(bend)) / (1 - np.cos(bend))
    x = np.broadcast_to((angle + 1) / 2 * (width - 1), (height + sag, width)).astype(np.float32)
    y = (np.arange(height + sag, dtype=np.float32)[:, None] - drop[None]).astype(np.float32)
    shade = np.cos(angle * bend)[None, :, None] ** 0.6
    wrapped = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) * shade
    return np.clip(wrapped, 0, 255).astype(np.uint8), np.asarray(cv2.remap(alpha, x, y, cv2.INTER_LINEAR))


def laid_on(scene: Image, pixels: Image, alpha: Image, pose: Pose) -> Image:
    """The scene with a card in it, which throws a soft shadow on what is behind it."""
    height, width = alpha.shape
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    homography = cv2.getPerspectiveTransform(square, seen_corners(width, height, pose))
    size = (WIDTH, HEIGHT)
    moved = cv2.warpPerspective(
        pixels, homography, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    mask = cv2.warpPerspective(alpha, homography, size)[..., None].astype(np.float32) / 255
    near = np.roll(cv2.GaussianBlur(mask, (0, 0), 9), (10, 7), (0, 1))[..., None]
    shaded = scene * (1 - pose.shadow * near)
    return np.asarray(np.clip(moved * mask + shaded * (1 - mask), 0, 255), np.uint8)


def seen_corners(width: int, height: int, pose: Pose) -> NDArray[np.float32]:
    """The corners (4, 2) of a card on the scene, clockwise from the top left."""
    yaw, pitch, roll = np.radians((pose.yaw, pose.pitch, pose.roll))
    turn = (
        np.array([(np.cos(yaw), 0, np.sin(yaw)), (0, 1, 0), (-np.sin(yaw), 0, np.cos(yaw))])
        @ np.array([(1, 0, 0), (0, np.cos(pitch), -np.sin(pitch)), (0, np.sin(pitch), np.cos(pitch))])
        @ np.array([(np.cos(roll), -np.sin(roll), 0), (np.sin(roll), np.cos(roll), 0), (0, 0, 1)])
    )
    flat = np.array([(-width, -height, 0), (width, -height, 0), (width, height, 0), (-width, height, 0)]) / 2
    x, y, z = (flat @ turn.T).T
    near = FOCAL / (FOCAL + z)
    return np.stack([pose.x * WIDTH + x * near, pose.y * HEIGHT + y * near], axis=1).astype(np.float32)


def bgr(tone: str) -> Colour:
    """A colour written as in a stylesheet, `#rrggbb`."""
    red, green, blue = bytes.fromhex(tone.removeprefix("#"))
    return blue, green, red


@lru_cache(maxsize=len(FONTS))
def font(name: str) -> Path:
    """The file of one of the set's fonts; raises RuntimeError where it is not installed."""
    for path in fonts.font_files():
        if path.name == FONTS[name]:
            return path
    raise RuntimeError(f"The font {FONTS[name]} is not installed; try: {fonts.install_hint()}")


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and words.json")
    words = draw_set(parser.parse_args(argv).out)
    sys.stdout.write(f"{len(words)} pictures, {sum(map(len, words.values()))} words\n")


if __name__ == "__main__":  # pragma: no cover
    main()
