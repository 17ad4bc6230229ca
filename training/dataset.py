"""Feeds scenes to Ultralytics' trainer: a pool on disk that fills itself, and crops of changing shape."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, Sampler

from training.scenes import fonts, photos
from training.scenes.lines import Quads, centred, clip_lines, shifted
from training.scenes.scene import HEIGHT, WIDTH, scene

Image = NDArray[np.uint8]
Item = tuple[Image, Quads]
HELD_OUT_SEED = 900_000_000
SHAPE_SHARES = (2, 2, 1, 1)
NEAREST, FARTHEST = 1.6, 0.7


@dataclass(frozen=True)
class ScenePool:
    """Scenes by number, each drawn once from its own seed and kept as a JPEG file and its lines' corners."""

    folder: Path
    first_seed: int
    count: int
    held_out: bool = False
    photos: Path | None = None

    def load(self, index: int) -> Item:
        """The scene of a number: picture (480, 640, 3) BGR and corners (n, 4, 2)."""
        seed = self.first_seed + index
        path = self.folder / f"{seed // 1000:07d}" / f"{seed:010d}.jpg"
        labels = path.with_suffix(".npy")
        if not labels.exists():
            self._draw(seed, path, labels)
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise OSError(f"cannot read {path}; delete it and it will be drawn again")
        return np.asarray(image, np.uint8), np.load(labels)

    def _draw(self, seed: int, path: Path, labels: Path) -> None:
        chosen = fonts.held_out_fonts() if self.held_out else fonts.training_fonts()
        pictures = photos.photos_in(self.photos, self.held_out) if self.photos else None
        image, quads = scene(seed, chosen, pictures)
        path.parent.mkdir(parents=True, exist_ok=True)
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        unfinished.write_bytes(coded.tobytes())
        unfinished.replace(path)
        with unfinished.open("wb") as file:
            np.save(file, quads)
        unfinished.replace(labels)  # the labels come last: where they are, the picture is whole


class SceneDataset(Dataset[Item]):
    """A fixed number of draws from a pool; an index is a scene's number."""

    def __init__(self, pool: ScenePool, length: int) -> None:
        self.pool = pool
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Item:
        cv2.setNumThreads(1)
        return self.pool.load(index % self.pool.count)


class DrawSampler(Sampler[int]):
    """Scene numbers for one epoch: the pool's next part, so that a large pool is used evenly."""

    def __init__(self, pool_count: int, length: int, seed: int) -> None:
        self.pool_count, self.length, self.seed = pool_count, length, seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Any:
        start = self.epoch * self.length
        numbers = [number % self.pool_count for number in range(start, start + self.length)]
        Random(self.seed * 1_000_003 + self.epoch).shuffle(numbers)
        return iter(numbers)


def crop_shapes(imgsz: int) -> list[tuple[int, int]]:
    """Heights and widths of training crops: `imgsz` squared pixels (square, wide, very wide), and large.

    The large one is at most a whole scene: letters that fill a picture are seen nowhere else.
    """
    large = imgsz * 5 // 4
    shapes = [
        (imgsz, imgsz),
        (imgsz * 3 // 4, imgsz * 5 // 4),
        (imgsz * 3 // 5, imgsz * 5 // 3),
        (large, large * 4 // 3),
    ]
    return [(_whole(min(h, HEIGHT)), _whole(min(w, WIDTH))) for h, w in shapes]


def collate_crops(items: Sequence[Item], imgsz: int) -> dict[str, Any]:
    """A training batch: one crop of every scene, all of one random shape, each rescaled a little.

    Nothing is flipped: mirrored letters are not text.
    """
    rng = Random(int(torch.randint(2**31, (1,))))
    (shape,) = rng.choices(crop_shapes(imgsz), SHAPE_SHARES)
    return batch_of([_crop(rng, image, quads, shape) for image, quads in items])


def batch_of(items: Sequence[Item]) -> dict[str, Any]:
    """The dictionary that Ultralytics' loss and validator of oriented boxes take; pictures become RGB."""
    pictures = np.stack([image[..., ::-1].transpose(2, 0, 1) for image, _ in items])
    height, width = pictures.shape[2:]
    rectangles = centred(np.concatenate([quads for _, quads in items]))
    rectangles[:, :4] /= np.array([width, height] * 2, np.float32)
    counts = [len(quads) for _, quads in items]
    return {
        "img": torch.from_numpy(np.ascontiguousarray(pictures)),
        "cls": torch.zeros(len(rectangles), 1),
        "bboxes": torch.from_numpy(rectangles),
        "batch_idx": torch.repeat_interleave(torch.arange(len(items)), torch.tensor(counts)).float(),
        "im_file": [""] * len(items),
        "ori_shape": [(height, width)] * len(items),
        "resized_shape": [(height, width)] * len(items),
        "ratio_pad": [((1.0, 1.0), (0.0, 0.0))] * len(items),
    }


def _crop(rng: Random, image: Image, quads: Quads, shape: tuple[int, int]) -> Item:
    """Cut a (height, width) window out of a scene, seen from a little nearer or farther."""
    height, width = shape
    least = max(height / HEIGHT, width / WIDTH)
    zoom = FARTHEST * (NEAREST / FARTHEST) ** rng.random()
    scale = max(least, zoom if rng.random() < 0.5 else 1.0)
    wide, high = round(width / scale), round(height / scale)
    x, y = rng.randint(0, WIDTH - min(wide, WIDTH)), rng.randint(0, HEIGHT - min(high, HEIGHT))
    window = image[y : y + high, x : x + wide]
    cut = clip_lines(shifted(quads, -x, -y), window.shape[1], window.shape[0])
    if window.shape[:2] != (height, width):
        ratio = np.array([width / window.shape[1], height / window.shape[0]], np.float32)
        window = np.asarray(cv2.resize(window, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        cut = cut * ratio
    return window, cut


def _whole(side: float) -> int:
    return max(32, round(side / 32) * 32)
