"""Looks into a PyTorch checkpoint without running any of it: a pickle is code, and here nothing is called.

Whatever the pickle asks for is stood in for by an object that only keeps what it is given.
"""

import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipelines.engine.weights.files import ZIP, head_of
from pipelines.engine.weights.known_facts import Facts, readable_names

# The pickle of a network of 300 layers has some 300 KB.
MOST_BYTES = 64 * 1024 * 1024
# Ultralytics' classes of networks and their tasks.
TASKS = {
    "DetectionModel": "detect",
    "WorldModel": "detect",
    "YOLOEModel": "detect",
    "SegmentationModel": "segment",
    "YOLOESegModel": "segment",
    "PoseModel": "pose",
    "OBBModel": "obb",
    "ClassificationModel": "classify",
    "SemanticSegmentationModel": "semantic",
}
OURS = "ultralytics.nn.tasks"
HALF = "FP16"
AGAIN = "is damaged, or was copied only in part: copy the file again"
V5 = (
    "is a network of YOLOv5, which only the program that trained it can load: train it again with "
    "Ultralytics, where yolov5nu and later networks are"
)
NUMBERS_ONLY = "holds the numbers of a network without the network: save all of it, or export it to ONNX"
NO_YOLO = "is a checkpoint of another program: export it to ONNX with Ultralytics"
SCRIPT = "is a TorchScript file: give it the ending .torchscript"


class StandIn:
    """An object of a class that is not loaded; keeps the state that it is given."""

    kind = ""

    # A pickle may make an object without calling its constructor.
    state: Mapping[Any, Any] = MappingProxyType({})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take whatever is given, and forget it."""

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, dict) else {}

    def __setitem__(self, key: Any, value: Any) -> None:
        """Take a value as mappings do, and forget it."""

    def append(self, value: Any) -> None:
        """Take an element as lists do, and forget it."""

    def extend(self, values: Any) -> None:
        """Take elements as lists do, and forget them."""


class Reader(pickle.Unpickler):
    """Reads a pickle with stand-ins for all classes and functions."""

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in that knows what it stands for."""
        return type(name, (StandIn,), {"kind": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:
        """The numbers lie elsewhere in the file, and stay there; their type is kept."""
        kind = getattr(pid[1], "kind", "") if isinstance(pid, tuple) and len(pid) > 1 else ""
        return kind


def facts_of_checkpoint(path: Path) -> Facts:
    """The facts of a checkpoint; what is saved in an old way without an archive is only known to be one."""
    if not head_of(path).startswith(ZIP):
        return Facts()
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.endswith("constants.pkl") for name in names):
                return Facts(problem=about(path, SCRIPT))
            pickled = next((name for name in names if name.endswith("data.pkl")), None)
            if pickled is None or archive.getinfo(pickled).file_size > MOST_BYTES:
                return Facts(problem=about(path, NO_YOLO))
            return judged(path, Reader(io.BytesIO(archive.read(pickled))).load())
    # A pickle that is cut off or made by hand raises anything.
    except Exception:
        return Facts(problem=about(path, AGAIN))


def about(path: Path, problem: str) -> str:
    """The sentence about a file."""
    return f"'{path.name}' {problem}"


def judged(path: Path, checkpoint: Any) -> Facts:
    """The facts of the network in a checkpoint."""
    parts = checkpoint if isinstance(checkpoint, dict) else {"model": checkpoint}
    network = next((part for key in ("ema", "model") if is_network(part := parts.get(key))), None)
    if network is None:
        return Facts(problem=about(path, NUMBERS_ONLY if parts else NO_YOLO))
    module, _, name = network.kind.rpartition(".")
    if module.startswith("models."):
        return Facts(problem=about(path, V5))
    if module != OURS or name not in TASKS:
        return Facts(problem=about(path, NO_YOLO))
    made_of = network.state.get("yaml")
    channels = made_of.get("channels", made_of.get("ch", 3)) if isinstance(made_of, dict) else 3
    names = readable_names(network.state.get("names"))
    return Facts(TASKS[name], names, channels if isinstance(channels, int) else 3)


def is_network(part: Any) -> bool:
    """True if a part of a checkpoint is an object of a class for networks."""
    return isinstance(part, StandIn) and not part.kind.startswith(("collections.", "torch._utils."))
