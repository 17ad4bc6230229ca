"""Follows boxes from frame to frame with Ultralytics' trackers."""

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.detections import Detection
from pipelines.engine.detectors.ultralytics import import_ultralytics

# BoT-SORT sees how the picture moved on a copy of half its size, and of at most so many pixels.
SMALLER, MOTION_PIXELS = 2, 1_000_000
# On what is narrower no motion is seen.
LEAST_SIDE = 16


@dataclass(frozen=True)
class TrackerSettings:
    """Boxes of a score from `high` up begin a track, those from `low` up carry one on.

    `match` is the greatest distance between a box and its track, 1 - IoU; a track that is not seen is
    remembered for `keep_frames`.
    """

    high: float
    low: float
    match: float
    keep_frames: int


class Tracker:
    """The tracks of one session, numbered from 1."""

    def __init__(
        self,
        kind: Literal["bytetrack", "botsort"],
        settings: TrackerSettings,
        *,
        shrink: int | None = None,
        corners: int | None = None,
    ) -> None:
        """BoT-SORT sees how the picture moved by so many corners of a picture made smaller by `shrink`."""
        import_ultralytics()
        from ultralytics.engine.results import Boxes
        from ultralytics.trackers import BOTSORT, BYTETracker

        self.kind = kind
        self._boxes = Boxes
        self._tracker: Any = {"bytetrack": BYTETracker, "botsort": BOTSORT}[kind](library_settings(settings))
        self._shrink = shrink
        self._size_wh: tuple[int, int] | None = None
        if corners is not None:
            self._tracker.gmc.feature_params["maxCorners"] = corners

    def update(
        self,
        detections: Sequence[Detection],
        image_bgr: NDArray[np.uint8] | None,
        size_wh: tuple[int, int] = (1, 1),
    ) -> dict[int, int]:
        """Track numbers of those detections that have one, by their place in the list.

        A box gets its number when it is seen for the second time, except on the first frame.
        """
        if image_bgr is not None:
            size_wh = (image_bgr.shape[1], image_bgr.shape[0])
        # A film may change its size; tracks are kept in pixels, those of the first frame.
        size_wh, given_wh = self._size_wh or size_wh, size_wh
        self._size_wh = size_wh
        rows = [[*box.xyxy_pixels(size_wh), box.score, 0.0] for box in detections]
        boxes = self._boxes(np.asarray(rows, np.float32).reshape(len(rows), 6), size_wh[::-1])
        moved = image_bgr if self.kind == "botsort" and self._can_see_motion(size_wh) else None
        if moved is not None and given_wh != size_wh:
            moved = resized(moved, size_wh)
        return {int(row[-1]): int(row[4]) for row in self._tracker.update(boxes, moved)}

    def _can_see_motion(self, size_wh: tuple[int, int]) -> bool:
        """Prepare BoT-SORT for a picture of this size; False where it is too narrow."""
        motion, (width, height) = self._tracker.gmc, size_wh
        shrink = self._shrink or max(SMALLER, math.ceil(math.sqrt(width * height / MOTION_PIXELS)))
        motion.downscale = shrink
        return min(size_wh) // shrink >= LEAST_SIDE

    def state(self) -> bytes:
        """The tracks and all that they hang on; for this tool in our own data folder only."""
        return pickle.dumps((self._tracker, self._size_wh))

    def restore(self, state: bytes) -> None:
        """Carry on the tracks that `state` gave; unpickling runs code, so never give it one from outside."""
        self._tracker, self._size_wh = pickle.loads(state)


def resized(image: NDArray[np.uint8], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture, HxWxC, in another size."""
    import cv2

    return np.asarray(cv2.resize(image, size_wh), np.uint8).reshape(size_wh[1], size_wh[0], image.shape[2])


def library_settings(settings: TrackerSettings) -> SimpleNamespace:
    """The settings under Ultralytics' names; those of BoT-SORT are its defaults."""
    return SimpleNamespace(
        track_high_thresh=settings.high,
        track_low_thresh=settings.low,
        new_track_thresh=settings.high,
        track_buffer=settings.keep_frames,
        match_thresh=settings.match,
        fuse_score=True,
        gmc_method="sparseOptFlow",
        proximity_thresh=0.5,
        appearance_thresh=0.8,
        with_reid=False,
        device="cpu",
    )
