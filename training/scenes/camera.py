"""The effects of a webcam on a scene: light, blur, noise, colour and JPEG."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def photograph(rng: Random, image_bgr: Image) -> Image:
    """The picture as a camera would hand it over; same shape, boxes stay valid."""
    steps = (
        (0.5, _light),
        (0.15, _cast_shadow),
        (0.12, _glare),
        (0.6, _blur),
        (0.7, _tone),
        (0.6, _noise),
        (0.7, _coded),
    )
    for share, step in steps:
        if rng.random() < share:
            image_bgr = step(rng, image_bgr)
    return image_bgr


def _cast_shadow(rng: Random, image: Image) -> Image:
    """The shadow of something with straight edges, hard or soft, over a part of the picture."""
    height, width = image.shape[:2]
    light = np.full((height // 4, width // 4), 255, np.uint8)
    corners = [
        (rng.randint(-width // 8, width * 3 // 8), rng.randint(-height // 8, height * 3 // 8))
        for _ in range(4)
    ]
    cv2.fillConvexPoly(light, cv2.convexHull(np.array(corners, np.int32)), rng.randint(90, 200))
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(0.3, 6)), np.uint8)
    field = cv2.resize(light, (width, height))
    return np.asarray(cv2.multiply(image, cv2.merge([field] * 3), scale=1 / 255), np.uint8)


def _glare(rng: Random, image: Image) -> Image:
    """A lamp or a window mirrored in paper, glass or plastic."""
    height, width = image.shape[:2]
    light = np.zeros((height // 4, width // 4), np.uint8)
    centre, axes = (
        (rng.randint(0, width // 4), rng.randint(0, height // 4)),
        (rng.randint(5, 50), rng.randint(4, 30)),
    )
    cv2.ellipse(light, centre, axes, rng.randint(0, 180), 0, 360, rng.randint(60, 230), -1)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), rng.uniform(2, 14)), np.uint8)
    return np.asarray(cv2.add(image, cv2.merge([cv2.resize(light, (width, height))] * 3)), np.uint8)


def _light(rng: Random, image: Image) -> Image:
    """Uneven light: a shadow's edge, a lamp, a vignette."""
    height, width = image.shape[:2]
    cells = np.random.default_rng(rng.getrandbits(32)).uniform(rng.uniform(0.35, 0.9), 1.15, (3, 4))
    field = cv2.resize(cells.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    field = np.asarray(field * 128, np.uint8)
    return np.asarray(cv2.multiply(image, cv2.merge([field] * 3), scale=1 / 128), np.uint8)


def _blur(rng: Random, image: Image) -> Image:
    kind = rng.random()
    if kind < 0.55:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.5)), np.uint8)
    if kind < 0.8:
        height, width = image.shape[:2]
        factor = rng.uniform(0.5, 0.9)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.filter2D(image, -1, _motion_kernel(rng)), np.uint8)


def _motion_kernel(rng: Random) -> NDArray[np.float32]:
    size = rng.choice((3, 5, 5, 7, 9))
    kernel = np.zeros((size, size), np.float32)
    dx, dy = rng.choice(((1, 0), (0, 1), (1, 1), (1, -1)))
    for step in range(-(size // 2), size // 2 + 1):
        kernel[size // 2 + dy * step, size // 2 + dx * step] = 1 / size
    return kernel


def _tone(rng: Random, image: Image) -> Image:
    """Exposure, gamma, contrast and white balance, as one look-up table a channel."""
    ramp = np.arange(256, dtype=np.float32) / 255
    gamma, gain, lift = rng.uniform(0.6, 1.6), rng.uniform(0.35, 1.2), rng.uniform(0, 0.15)
    tables = [ramp**gamma * gain * rng.uniform(0.85, 1.12) + lift for _ in range(3)]
    table = np.clip(np.stack(tables, axis=1) * 255, 0, 255).astype(np.uint8).reshape(256, 1, 3)
    toned = np.asarray(cv2.LUT(image, table), np.uint8)
    if rng.random() < 0.1:
        toned[:] = cv2.cvtColor(toned, cv2.COLOR_BGR2GRAY)[..., None]
    return toned


def _noise(rng: Random, image: Image) -> Image:
    height, width = image.shape[:2]
    grains = _grains(height + 64, width + 64)
    x, y, level = rng.randint(0, 63), rng.randint(0, 63), rng.choice((rng.randint(2, 14), rng.randint(2, 24)))
    added = grains[y : y + height, x : x + width] * level // 8
    return np.asarray(cv2.add(image, added, dtype=cv2.CV_8U), np.uint8)


@lru_cache(maxsize=4)
def _grains(height: int, width: int) -> NDArray[np.int16]:
    """One field of noise (standard deviation 8), drawn once because drawing it is the slow part."""
    return np.random.default_rng(0).normal(0, 8, (height, width, 3)).astype(np.int16)


def _coded(rng: Random, image: Image) -> Image:
    """JPEG as webcams send it, or the blocks and smears of a video with too few bits."""
    if rng.random() < 0.75:
        return _jpeg(image, rng.randint(25, 95))
    height, width = image.shape[:2]
    size = (width, height) if rng.random() < 0.5 else (width * 2 // 3, height * 2 // 3)
    coarse = _jpeg(
        np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), rng.randint(12, 35)
    )
    smooth = cv2.bilateralFilter(coarse, 5, 14, 3) if rng.random() < 0.5 else coarse
    return np.asarray(cv2.resize(smooth, (width, height)), np.uint8)


def _jpeg(image: Image, quality: int) -> Image:
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
