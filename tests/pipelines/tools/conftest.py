"""Real networks for the tests of the tools, loaded once per test run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.detectors.ultralytics import import_ultralytics
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.tools.base import OpenContext, Pressure, RunContext
from tests.pipelines.untrained import tiny_network

MakeContext = Callable[..., OpenContext]
Image = NDArray[np.uint8]


@pytest.fixture(scope="session")
def network_cache() -> NetworkCache:
    return NetworkCache()


@pytest.fixture(scope="session")
def weights_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the folders `weights` and `cache` that all tests share."""
    root = tmp_path_factory.mktemp("store")
    (root / "weights").mkdir()
    return root


@pytest.fixture
def make_context(network_cache: NetworkCache, weights_root: Path) -> MakeContext:
    def make(**options: Any) -> OpenContext:
        allowed = [Path(gettempdir())]
        store = WeightsStore(weights_root / "weights", weights_root / "cache", allowed=allowed)
        return OpenContext(network_cache, store, **options)

    return make


@pytest.fixture
def run_context() -> RunContext:
    return RunContext(frame_index=1, pressure=Pressure.NORMAL)


@pytest.fixture(scope="session")
def coco_network(test_media: Path, weights_root: Path) -> str:
    """A real YOLO11n of fixed size, under the name that people will use."""
    shutil.copy(test_media / "models" / "yolo11n_int8.onnx", weights_root / "weights" / "yolo11n.onnx")
    return "yolo11n"


@pytest.fixture(scope="session")
def tiny_pt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained YOLO of the smallest size, as Ultralytics saves it."""
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "tiny.pt"
    tiny_network(folder).save(str(path))
    return path


@pytest.fixture(scope="session")
def bus() -> Image:
    """A photo of a bus and four people."""
    return picture_from(Path(import_ultralytics().__file__).parent / "assets" / "bus.jpg")


def picture_from(path: Path) -> Image:
    """A picture file as BGR."""
    import cv2

    picture: Any = cv2.imread(str(path))
    assert picture is not None, f"{path} cannot be read"
    return np.asarray(picture, np.uint8)


def letterboxed(image: Image, size_wh: tuple[int, int] = (640, 480)) -> Image:
    """The picture as large as it fits, in the middle of a grey frame."""
    import cv2

    width, height = size_wh
    scale = min(width / image.shape[1], height / image.shape[0])
    new_wh = round(image.shape[1] * scale), round(image.shape[0] * scale)
    frame = np.full((height, width, 3), 114, np.uint8)
    left, top = (width - new_wh[0]) // 2, (height - new_wh[1]) // 2
    frame[top : top + new_wh[1], left : left + new_wh[0]] = cv2.resize(
        image, new_wh, interpolation=cv2.INTER_AREA
    )
    return frame


@pytest.fixture(scope="session")
def poster(test_media: Path) -> Image:
    """A poster with 41 words, as a webcam would see it."""
    return letterboxed(picture_from(test_media / "media" / "text" / "poster.png"))


@pytest.fixture(scope="session")
def words(test_media: Path) -> dict[str, list[str]]:
    """The words on each of the pictures."""
    loaded: dict[str, list[str]] = json.loads((test_media / "media" / "text" / "words.json").read_text())
    return loaded


@pytest.fixture
def noise() -> Image:
    return np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
