"""Networks of oriented boxes give detections with corners, which tracks keep."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes
from pipelines.engine.detectors.yolo_networks import LoadedYolo
from pipelines.engine.devices import DeviceChoice
from pipelines.tools.base import RunContext
from pipelines.tools.yolo import detect
from pipelines.tools.yolo.detect import DetectParams, DetectTool, TrackParams, TrackTool
from tests.pipelines.kit import open_context

FRAME = np.zeros((100, 200, 3), np.uint8)
CORNERS = np.array([[(-20, 50), (60, 10), (70, 30), (-10, 70)], [(300, 0), (400, 0), (400, 9), (300, 9)]])


class Slanted:
    """Finds one slanted line whose end is beyond the frame, and one that is beyond it as a whole."""

    def find(self, image_bgr: Any, options: DetectOptions) -> FoundBoxes:
        polygons = CORNERS.astype(np.float32)
        hulls = np.concatenate([polygons.min(axis=1), polygons.max(axis=1)], axis=1)
        return FoundBoxes(hulls, np.array([0.9, 0.8], np.float32), np.array([0, 0]), polygons)

    @contextmanager
    def borrow(self) -> Iterator["Slanted"]:
        yield self


@pytest.fixture(autouse=True)
def slanted(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedYolo(Slanted(), {0: "text"}, "openvino", None, DeviceChoice("cpu", "cpu"))  # type: ignore[arg-type]
    monkeypatch.setattr(detect, "load_yolo", lambda *_: loaded)


def test_a_detection_has_its_corners_and_their_hull_on_the_frame(tmp_path: Path) -> None:
    tool = DetectTool(DetectParams(weights="slanted"), open_context(tmp_path))

    (found,) = tool.run({"image": FRAME}, RunContext(1))["detections"]

    assert found.polygon == pytest.approx(np.array([(-0.1, 0.5), (0.3, 0.1), (0.35, 0.3), (-0.05, 0.7)]))
    assert (found.x, found.y, found.w, found.h) == pytest.approx((0, 0.1, 0.35, 0.6))


@pytest.mark.model
def test_a_track_keeps_the_corners(tmp_path: Path) -> None:
    tool = TrackTool(TrackParams(weights="slanted"), open_context(tmp_path))

    for frame in (1, 2):
        (found,) = tool.run({"image": FRAME}, RunContext(frame))["detections"]

    assert found.track_id == 1
    assert found.polygon is not None
