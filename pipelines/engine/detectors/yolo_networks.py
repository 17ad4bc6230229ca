"""YOLO networks as the tools use them: loaded by name, on the best device, shared between sessions."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW, longest_side
from pipelines.engine.detectors.nms import BoxNetwork, DetectOptions, FoundBoxes
from pipelines.engine.detectors.openvino_yolo import OpenVinoYolo
from pipelines.engine.detectors.oriented import corners_of
from pipelines.engine.detectors.ultralytics import import_ultralytics, open_yolo
from pipelines.engine.devices import DeviceChoice, choose_device
from pipelines.engine.networks import MIB, NetworkCache, NetworkUse
from pipelines.engine.openvino import load_converted
from pipelines.engine.served.http_exchange import ExchangeFailed
from pipelines.engine.served.inference_protocol import InferenceClient
from pipelines.engine.served.models import ServerAddress, is_address
from pipelines.engine.served.yolo import ServedYolo, unusable
from pipelines.engine.weights.files import FOLDER_SUFFIX
from pipelines.engine.weights.store import WeightsStore, size_of
from pipelines.errors import PipelineError

logger = logging.getLogger(__name__)

MOST_STRIDE = 64
CANNOT_RUN = "'{name}' cannot be run: it is damaged or of a kind that is not known. Export it as ONNX again"
TASKS = frozenset({"detect", "segment", "pose", "obb"})

# Connections, and what a request and its answer take.
SERVED_BYTES = 16 * MIB


class YoloNetwork:
    """One network of any kind that Ultralytics loads, for one thread at a time."""

    def __init__(self, path: Path, device: str) -> None:
        """Load and run once, so that the first frame is not slow; PipelineError where it gives no boxes."""
        self._yolo = open_yolo(path, noted_task(path))
        self._device = device
        self._is_grey = channels_of(self._yolo, path) == 1
        if self._yolo.task not in TASKS:
            raise PipelineError(f"This is a network to {self._yolo.task}, which gives no boxes: {path.name}")
        self.find(np.zeros((*CAMERA_SIZE_HW, 3), np.uint8), DetectOptions())
        backend = self._yolo.predictor.model
        self.names: dict[int, str] = dict(backend.names)
        self.backend = str(backend.format)
        self.fixed_size_hw = (
            None if getattr(backend, "dynamic", False) or self.backend == "pt" else input_size(backend)
        )

    def find(self, image_bgr: NDArray[np.uint8], options: DetectOptions) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3; a network of fixed size uses that whatever `imgsz` says."""
        (result,) = self._yolo.predict(
            grey_of(image_bgr) if self._is_grey else image_bgr,
            # Ultralytics may make a square of it.
            imgsz=longest_side((1, 1), options.imgsz, MOST_STRIDE),
            conf=options.conf,
            iou=options.iou,
            max_det=options.max_det,
            classes=None if options.classes is None else list(options.classes),
            device=self._device,
            verbose=False,
        )
        if result.obb is not None:
            return oriented_of(result.obb.data.cpu().numpy())
        rows = result.boxes.data.cpu().numpy()
        return FoundBoxes(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))


def channels_of(yolo: Any, path: Path) -> int:
    """The number of channels that a network takes."""
    if path.suffix == ".pt":
        return int(yolo.model.yaml.get("channels", 3))
    return int(metadata_of(path).get("channels", 3))


def grey_of(image_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame in one channel, HxWx1."""
    import cv2

    return np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY), np.uint8)[:, :, None]


def oriented_of(rows: NDArray[np.float32]) -> FoundBoxes:
    """Oriented boxes of Ultralytics' rows (n, 7): centre, size, angle, score and class."""
    polygons = corners_of(rows[:, :5])
    hulls = np.concatenate([polygons.min(axis=1), polygons.max(axis=1)], axis=1)
    return FoundBoxes(hulls, rows[:, 5], rows[:, 6].astype(np.int64), polygons)


@dataclass(frozen=True)
class LoadedYolo:
    """A network that tools share, and what there is to say about it."""

    network: NetworkUse[BoxNetwork]
    names: dict[int, str]
    backend: str
    fixed_size_hw: tuple[int, int] | None
    device: DeviceChoice
    # The number of classes; None where nothing tells it.
    classes: int | None = None


def load_yolo(name: str, requested: str, networks: NetworkCache, weights: WeightsStore) -> LoadedYolo:
    """The network of a name, path or address; loads it unless it is loaded. Raises PipelineError."""
    if is_address(name):
        address = weights.served(name)
        device = DeviceChoice(requested, "remote")
        shared: NetworkUse[BoxNetwork] = networks.get(
            ("served", address), lambda: load_served(address), size=SERVED_BYTES
        )
    else:
        path = weights.resolve(name)
        device = choose_device(requested, cuda_available(), why_not_on_gpu(path))
        key = ("yolo", str(path), device.used)
        shared = networks.get(
            key, lambda: load_file(path, device.used, weights, networks), stamp(path), memory_of(path)
        )
    with shared.borrow() as network:
        facts = weights.facts(name)
        unnamed = facts is not None and facts.task is not None and facts.names is None
        classes = None if unnamed else len(network.names)
        return LoadedYolo(shared, network.names, network.backend, network.fixed_size_hw, device, classes)


def load_file(path: Path, device: str, weights: WeightsStore, networks: NetworkCache) -> BoxNetwork:
    """A network from a file: through OpenVINO on a CPU where the format allows it, else as it is."""
    where = "cuda:0" if device == "cuda" else device
    try:
        if device == "cpu" and path.suffix in (".pt", ".onnx"):
            return load_converted(path, weights.cache_dir, open_converted)
        if path.suffix == ".pt":
            return open_in_torch(path, where, lambda frames: networks.when_batched(frames))
        return YoloNetwork(path, where)
    except (PipelineError, MemoryError, OSError):
        raise
    # Each library has errors of its own for a network that it cannot run.
    except Exception as error:
        logger.exception("network_not_loaded", extra={"fields": {"weights": path.name}})
        raise PipelineError(CANNOT_RUN.format(name=path.name)) from error


def open_converted(folder: Path) -> BoxNetwork:
    """An OpenVINO network from its folder, without Ultralytics where it is a plain one."""
    return OpenVinoYolo(folder) if OpenVinoYolo.suits(folder) else YoloNetwork(folder.absolute(), "cpu")


def open_in_torch(path: Path, device: str, when_run: Callable[[int], None]) -> BoxNetwork:
    """A network from a `.pt` file, several frames at once and without Ultralytics where it is a plain one."""
    yolo = open_yolo(path)
    from pipelines.engine.detectors.torch_yolo import TorchYolo

    if not TorchYolo.suits(yolo.model):
        return YoloNetwork(path, device)
    return TorchYolo(yolo.model, device, when_run=when_run)


def noted_task(path: Path) -> str | None:
    """The task that the file names; None for a `.pt` file, into which Ultralytics looks by itself."""
    if path.suffix == ".pt":
        return None
    return str(metadata_of(path).get("task", "detect"))


def metadata_of(path: Path) -> dict[str, Any]:
    """The notes of Ultralytics in a file or folder, as it reads them."""
    import_ultralytics()
    from ultralytics.nn.backends.base import BaseBackend

    return dict(BaseBackend.read_metadata(str(path)) or {})


def load_served(address: ServerAddress) -> ServedYolo:
    """A network on a model server; raises PipelineError."""
    try:
        return ServedYolo(InferenceClient(address))
    except ExchangeFailed as error:
        raise unusable(str(error)) from error


def memory_of(path: Path) -> int:
    """About how many bytes a network from this file takes: small ones took 116 and 126 MB on a CPU."""
    return 100 * MIB + 4 * size_of(path)


def stamp(path: Path) -> tuple[int, int]:
    """Changes when another file takes the name."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def cuda_available() -> bool:
    """True if torch sees a CUDA device; the first call takes seconds."""
    import torch

    return bool(torch.cuda.is_available())


def why_not_on_gpu(path: Path) -> str | None:
    """The reason for which a format runs on the CPU whatever is asked for, or None."""
    if path.name.endswith(FOLDER_SUFFIX):
        return "an OpenVINO network runs on the CPU"
    if path.suffix == ".onnx":
        from onnxruntime import get_available_providers

        if "CUDAExecutionProvider" not in get_available_providers():
            return "this ONNX Runtime has no CUDA: give .pt or .engine weights for the GPU"
    return None


def input_size(backend: Any) -> tuple[int, int]:
    """Height and width of a network that takes pictures of one size only."""
    height, width = backend.imgsz
    return int(height), int(width)
