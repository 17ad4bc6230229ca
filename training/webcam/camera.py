"""Simulates a webcam before a scene, for the benchmark set; apart from the training's camera.

Light is added and blurred in linear light, as in a lens; noise grows where there is little light, as on a
sensor; then come white balance, gamma, the sharpening and smoothing of a cheap camera, and JPEG.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Field = NDArray[np.float32]
GAMMA = 2.2


@dataclass(frozen=True)
class Look:
    """Conditions of a picture; lengths are in pixels of the frame, light is a share of full scale."""

    exposure: float = 0.9
    grain: float = 0.016
    focus: float = 0.55
    shake: float = 0.0
    glare: float = 0.0
    shadow: float = 0.0
    warmth: float = 0.0
    quality: int = 78


LOOKS = {
    "daylight": Look(),
    "office": Look(exposure=0.75, grain=0.024, shadow=0.35, warmth=-0.06, quality=75),
    "handheld": Look(exposure=0.8, grain=0.02, shake=4.0, quality=76),
    "evening": Look(exposure=0.2, grain=0.036, focus=0.7, shadow=0.4, warmth=0.16, quality=72),
    "dark": Look(exposure=0.11, grain=0.036, focus=0.6, warmth=0.08, quality=70),
    "glare": Look(exposure=0.65, grain=0.018, glare=0.36, quality=75),
    "backlit": Look(exposure=0.35, grain=0.03, glare=0.12, shadow=0.3, warmth=-0.05, quality=72),
    "soft": Look(exposure=0.7, focus=1.15, grain=0.02, quality=76),
}


def capture(rng: np.random.Generator, scene_bgr: Image, look: Look) -> Image:
    """The frame, BGR, at half the scene's size."""
    light = (scene_bgr.astype(np.float32) / 255) ** GAMMA
    light *= _lighting(rng, scene_bgr.shape[:2], look)[..., None]
    if look.glare:
        light += _glare(rng, scene_bgr.shape[:2], look.glare)[..., None]
    light = cv2.GaussianBlur(light, (0, 0), 2 * look.focus)
    if look.shake:
        light = cv2.filter2D(light, -1, _path(rng, 2 * look.shake), borderType=cv2.BORDER_REPLICATE)
    light = cv2.resize(light, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return _developed(_sensed(rng, light, look.grain), look)


def jpeg(frame_bgr: Image, look: Look) -> bytes:
    """The frame as the webcam's JPEG file."""
    return bytes(cv2.imencode(".jpg", frame_bgr, [cv2.IMWRITE_JPEG_QUALITY, look.quality])[1])


def _lighting(rng: np.random.Generator, size_hw: tuple[int, ...], look: Look) -> Field:
    """Exposure with a vignette, a fall from one side to the other, and the soft edge of a shadow."""
    height, width = size_hw
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    edge = 1 / (1 + np.exp(-(along - rng.uniform(-0.4, 0.4)) * rng.uniform(4, 14)))
    field = (1 - 0.12 * (x * x + y * y)) * (1 + 0.12 * along) * (1 - look.shadow * edge)
    return np.asarray(field * look.exposure, np.float32)


def _glare(rng: np.random.Generator, size_hw: tuple[int, ...], strength: float) -> Field:
    """A lamp's reflection, wide and soft, over a veil of stray light."""
    height, width = size_hw
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    centre = rng.uniform(0.25, 0.75, 2) * (width, height)
    spread = rng.uniform(0.16, 0.3, 2) * width
    spot = np.exp(-(((x - centre[0]) / spread[0]) ** 2) - ((y - centre[1]) / spread[1]) ** 2)
    return np.asarray(strength * (spot + 0.15), np.float32)


def _path(rng: np.random.Generator, length: float) -> Field:
    """A kernel of the way that a hand goes while the shutter is open: about straight, in any direction."""
    side = int(np.ceil(length)) | 1
    side += 4
    angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25)
    steps = np.linspace(-0.5, 0.5, 64)
    x = side / 2 + length * (steps * np.cos(angle) - bend * steps**2 * np.sin(angle))
    y = side / 2 + length * (steps * np.sin(angle) + bend * steps**2 * np.cos(angle))
    kernel = np.zeros((side, side), np.float32)
    np.add.at(kernel, (y.astype(int), x.astype(int)), 1 / len(steps))
    return kernel


def _sensed(rng: np.random.Generator, light: Field, grain: float) -> Field:
    """Light with shot noise, which follows its square root, and read noise; colours are noisier than grey."""
    spread = grain * np.sqrt(np.clip(light, 0, 1) + 0.01)
    shared = rng.normal(0, 1, light.shape[:2])[..., None]
    noise = 0.8 * shared + 0.6 * cv2.GaussianBlur(rng.normal(0, 1, light.shape), (0, 0), 0.8)
    return np.asarray(np.clip(light + spread * noise * 0.5, 0, 1), np.float32)


def _developed(light: Field, look: Look) -> Image:
    """White balance, gamma with some gain where it is dark, and a touch of sharpening."""
    balance = np.array([1 - look.warmth, 1.0, 1 + look.warmth], np.float32)
    gain = max(1.0, 0.45 / look.exposure)
    tone = np.clip(light * balance * gain, 0, 1) ** (1 / GAMMA) * 255
    tone = tone + 0.35 * (tone - cv2.GaussianBlur(tone, (0, 0), 1.0))
    return np.asarray(np.clip(tone, 0, 255), np.uint8)
