"""Real networks for the tests of the tools, loaded once per test run."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.networks import NetworkCache
from pipelines.engine.ultralytics import import_ultralytics
from pipelines.engine.weights import WeightsStore
from pipelines.plugins.base import Load, OpenContext, RunContext

MakeContext = Callable[..., OpenContext]
Image = NDArray[np.uint8]


@pytest.fixture(scope="session")
def network_cache() -> NetworkCache:
    return NetworkCache(replicas=1)


@pytest.fixture(scope="session")
def weights_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the folders `weights` and `cache` that all tests share."""
    root = tmp_path_factory.mktemp("store")
    (root / "weights").mkdir()
    return root


@pytest.fixture
def make_context(network_cache: NetworkCache, weights_root: Path) -> MakeContext:
    def make(**options: Any) -> OpenContext:
        store = WeightsStore(weights_root / "weights", weights_root / "cache")
        return OpenContext(network_cache, store, **options)

    return make


@pytest.fixture
def run_context() -> RunContext:
    return RunContext(frame_index=1, load=Load.NORMAL)


@pytest.fixture(scope="session")
def coco_network(test_media: Path, weights_root: Path) -> str:
    """A real YOLO11n of fixed size, under the name that people will use."""
    shutil.copy(test_media / "models" / "yolo11n_int8.onnx", weights_root / "weights" / "yolo11n.onnx")
    return "yolo11n"


@pytest.fixture(scope="session")
def tiny_pt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained YOLO of the smallest size, as Ultralytics saves it."""
    folder = tmp_path_factory.mktemp("tiny")
    definition = folder / "tiny.yaml"
    definition.write_text(
        """
nc: 3
backbone:
  - [-1, 1, Conv, [8, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [[2, 3, 4], 1, Detect, [nc]]
"""
    )
    network = import_ultralytics().YOLO(str(definition))
    network.model.names = {0: "apple", 1: "pear", 2: "plum"}
    path = folder / "tiny.pt"
    network.save(str(path))
    return path


@pytest.fixture(scope="session")
def bus() -> Image:
    """A photo of a bus and four people."""
    import cv2

    ultralytics = import_ultralytics()
    picture: Image = cv2.imread(str(Path(ultralytics.__file__).parent / "assets" / "bus.jpg"))
    return picture


@pytest.fixture
def noise() -> Image:
    return np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
