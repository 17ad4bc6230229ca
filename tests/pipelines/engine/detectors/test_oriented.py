"""Oriented boxes: where their corners lie, which of them stay, and how the short way compares."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipelines.engine.detectors.nms import DetectOptions
from pipelines.engine.detectors.openvino_yolo import OpenVinoYolo
from pipelines.engine.detectors.oriented import BLOCK, best_oriented, corners_of
from pipelines.engine.detectors.yolo_networks import YoloNetwork, open_converted
from pipelines.engine.openvino import load_converted
from tests.demo_runner import ROOT
from tests.pipelines.engine.oriented_network import export_oriented


def rows_of(*boxes: tuple[float, ...]) -> Any:
    """Rows of one class: (x, y, width, height, score, degrees) each."""
    rows = np.array(boxes, np.float32).T
    rows[5] = np.radians(rows[5])
    return rows


@pytest.mark.parametrize(
    ("degrees", "first", "second"),
    [
        (0, (60, 90), (140, 90)),
        (90, (110, 60), (110, 140)),
        (-90, (110, 60), (110, 140)),
        (180, (60, 90), (140, 90)),
        (45, (78.787, 64.645), (135.355, 121.213)),
        (-45, (64.645, 121.213), (121.213, 64.645)),
        (135, (64.645, 121.213), (121.213, 64.645)),
        (720, (60, 90), (140, 90)),
    ],
)
def test_corners_go_clockwise_from_the_upper_left(
    degrees: float, first: tuple[float, float], second: tuple[float, float]
) -> None:
    (corners,) = corners_of(np.array([[100, 100, 80, 20, math.radians(degrees)]], np.float32))

    assert corners[:2] == pytest.approx(np.array([first, second]), abs=1e-2)
    assert corners.mean(axis=0) == pytest.approx([100, 100], abs=1e-3)
    (x1, y1), (x2, y2), (x3, y3), _ = corners
    assert (x2 - x1) * (y3 - y2) - (y2 - y1) * (x3 - x2) == pytest.approx(1600, rel=1e-3)


def test_of_boxes_on_one_line_the_best_stays_and_crossing_ones_stay_both() -> None:
    found = best_oriented(
        rows_of(
            *((100, 100, 80, 20, 0.7, 30), (101, 100, 80, 20, 0.9, 31), (100, 100, 80, 20, 0.8, -60)),
            (100, 100, 80, 20, 0.1, 90),
        ),
        DetectOptions(),
    )

    assert found.scores == pytest.approx([0.9, 0.8])
    assert found.polygons is not None
    assert found.polygons.shape == (2, 4, 2)
    assert found.boxes_xyxy[0] == pytest.approx(
        [*found.polygons[0].min(axis=0), *found.polygons[0].max(axis=0)]
    )


def test_nothing_above_the_confidence_is_nothing() -> None:
    found = best_oriented(rows_of((100, 100, 80, 20, 0.2, 30)), DetectOptions())

    assert found.boxes_xyxy.shape == (0, 4)
    assert found.polygons is not None
    assert found.polygons.shape == (0, 4, 2)


@pytest.mark.parametrize("classes", [None, [0], [2, 1]])
@pytest.mark.parametrize(("iou", "most"), [(0.5, 3000), (0.3, 60), (0.05, 300), (1.0, 300)])
def test_the_same_stay_as_in_ultralytics(classes: list[int] | None, iou: float, most: int) -> None:
    import torch
    from ultralytics.utils.nms import non_max_suppression

    draw = np.random.default_rng(3)
    count = 5 * BLOCK
    centres, sizes = draw.uniform(0, 300, (2, count)), draw.uniform(8, 90, (2, count))
    scores, angles = draw.uniform(0, 0.7, (3, count)), draw.uniform(-2, 2, (1, count))
    rows = np.concatenate([centres, sizes, scores, angles]).astype(np.float32)
    found = best_oriented(rows, DetectOptions(conf=0.3, iou=iou, max_det=most, classes=classes))
    (expected,) = non_max_suppression(
        torch.from_numpy(rows)[None], 0.3, iou, classes=classes, max_det=most, nc=3, rotated=True
    )

    assert found.scores == pytest.approx(expected[:, 4].numpy())
    assert found.classes.tolist() == expected[:, 5].int().tolist()
    assert len(found.scores) > 2
    assert found.polygons is not None
    assert found.polygons.mean(axis=1) == pytest.approx(expected[:, :2].numpy(), abs=0.01)


def test_sides_below_nought_take_nothing_away_that_they_would_not_in_ultralytics() -> None:
    import torch
    from ultralytics.utils.nms import non_max_suppression

    rows = rows_of((100, 100, -80, 20, 0.9, 30), (101, 100, 80, 20, 0.8, 30), (300, 300, 50, 20, 0.7, 0))
    found = best_oriented(rows, DetectOptions())
    (expected,) = non_max_suppression(torch.from_numpy(rows)[None], 0.25, 0.7, nc=1, rotated=True)

    assert found.scores == pytest.approx(expected[:, 4].numpy())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    exported = export_oriented(tmp_path_factory.mktemp("oriented"))
    return load_converted(exported, tmp_path_factory.mktemp("cache"), lambda folder: folder)


@pytest.mark.model
@pytest.mark.parametrize("size_wh", [(640, 480), (480, 640), (333, 200), (640, 64)])
def test_the_short_way_finds_what_ultralytics_own_predict_finds(
    folder: Path, size_wh: tuple[int, int]
) -> None:
    from ultralytics import YOLO

    network = open_converted(folder)
    assert isinstance(network, OpenVinoYolo)
    page = cv2.imread(str(ROOT / "tests" / "data" / "webcam_text" / "book_page.jpg"))
    assert page is not None
    image = np.ascontiguousarray(page[200:264]) if size_wh[1] == 64 else cv2.resize(page, size_wh)
    options = DetectOptions(640, conf=0.25)
    found = network.find(image, options)
    (expected,) = YOLO(folder, task="obb").predict(
        image, imgsz=640, conf=0.25, max_det=300, verbose=False, device="cpu"
    )
    theirs = expected.obb.xyxyxyxy.numpy()

    assert found.polygons is not None
    assert len(theirs) >= 10
    # Pictures are scaled in another way: boxes at the limits of score and overlap may be given or not.
    assert len(found.scores) == pytest.approx(len(theirs), abs=2)
    assert sum(is_among(one, theirs) for one in found.polygons) >= len(theirs) - 2
    long_way = YoloNetwork(folder, "cpu").find(image, options)
    assert long_way.polygons is not None
    assert long_way.scores == pytest.approx(expected.obb.conf.numpy())
    assert all(is_among(one, theirs) for one in long_way.polygons)


def is_among(corners: Any, others: Any) -> bool:
    """True if these four corners, in whatever order, are about those of one of the others."""
    apart = np.linalg.norm(corners[None, :, None] - others[:, None], axis=3).min(axis=2).max(axis=1)
    return bool(apart.min() < 3)
