"""Networks converted to OpenVINO, the fastest on a CPU; each is converted once per machine."""

import ast
import hashlib
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from pipelines.engine.detectors.ultralytics import open_yolo
from pipelines.engine.weights.downloads import file_digest
from pipelines.engine.weights.files import FOLDER_SUFFIX
from pipelines.engine.weights.onnx_facts import facts_of_onnx
from pipelines.errors import PipelineError

T = TypeVar("T")
DEFAULT_IMGSZ = 640
# torch traces one network at a time.
_tracing = threading.Lock()


# Makes an OpenVINO folder of a file, within a folder to work in.
Make = Callable[[Path, Path], Path]


def load_converted(weights: Path, cache_dir: Path, load: Callable[[Path], T], make: Make | None = None) -> T:
    """Call `load` with the OpenVINO folder of a network's file, converting it first where needed.

    `make` converts it; without, it is a YOLO network in a `.pt` or `.onnx` file. A folder in the cache that
    cannot be loaded is made anew, once.
    """
    folder = cache_dir / "openvino" / folder_name(weights)
    if folder.is_dir():
        try:
            return load(folder)
        except PipelineError:
            raise
        # Whatever is wrong with a file in the cache, making it anew is the remedy.
        except Exception:
            discard(folder)
    convert(weights, folder, make or maker_of(weights))
    return load(folder)


def maker_of(weights: Path) -> Make:
    """The conversion that suits a YOLO network's file."""
    return convert_onnx if weights.suffix == ".onnx" else export_pt


def folder_name(weights: Path) -> str:
    """A name that changes with the file's content and with the libraries that convert it."""
    makers = f"{version('openvino')} {version('ultralytics')} 3"
    key = hashlib.sha256(f"{file_digest(weights)} {makers}".encode()).hexdigest()[:16]
    return f"{weights.stem}-{key}{FOLDER_SUFFIX}"


def convert(weights: Path, folder: Path, make: Make) -> None:
    """Make `folder` whole or not at all; another process may do the same at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as workspace:
        made = make(weights, Path(workspace))
        try:
            made.rename(folder)
        except OSError:
            # Where another process was faster, its folder is as good.
            if not folder.is_dir():
                raise


def discard(folder: Path) -> None:
    """Remove a folder from the cache; nobody sees it half removed."""
    with suppress(FileNotFoundError), tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as bin_dir:
        folder.rename(Path(bin_dir) / "broken")


def export_pt(weights: Path, workspace: Path) -> Path:
    """Export with Ultralytics, for pictures of any size; it writes beside its input, hence the copy."""
    # Ultralytics names the network after its input; converted ones are called `model`, whatever they were.
    copy = workspace / "model.pt"
    shutil.copyfile(weights, copy)
    with warnings.catch_warnings():
        # torch deprecates the tracing that the export relies on.
        warnings.simplefilter("ignore", FutureWarning)
        network = open_yolo(copy.absolute())
        return Path(network.export(format="openvino", dynamic=True, imgsz=DEFAULT_IMGSZ, device="cpu"))


def convert_onnx(weights: Path, workspace: Path) -> Path:
    """Convert with OpenVINO, in the layout and with the metadata that Ultralytics reads."""
    import openvino
    import yaml

    folder = workspace / f"model{FOLDER_SUFFIX}"
    folder.mkdir()
    # `openvino.convert_model` does the same in Python and keeps every other thread waiting meanwhile.
    model = openvino.Core().read_model(weights)
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)
    metadata = onnx_metadata(weights, [dimension_of(size) for size in model.input(0).partial_shape])
    (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata, sort_keys=False))
    return folder


def convert_torch(
    network: Any,
    example_shape: Sequence[int],
    workspace: Path,
    finish: Callable[[Any], Any] = lambda model: model,
) -> Path:
    """Convert a torch module that takes one array of numbers, of any size along any axis.

    `finish` may add steps to the OpenVINO model.
    """
    import openvino
    import torch

    folder = workspace / f"model{FOLDER_SUFFIX}"
    folder.mkdir()
    with _tracing, warnings.catch_warnings():
        # torch deprecates the tracing, and warns of what it cannot trace.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(network, example_input=torch.zeros(*example_shape))
    openvino.save_model(finish(model), folder / "model.xml", compress_to_fp16=False)
    return folder


def dimension_of(size: Any) -> int | None:
    """A fixed dimension, or None for one that is free."""
    return int(size.get_length()) if size.is_static else None


def onnx_metadata(weights: Path, shape: list[int | None]) -> dict[str, Any]:
    """The metadata that Ultralytics left in an ONNX file, completed where another exporter left none.

    `shape` is the input's: batch, channels, height, width.
    """
    from onnx import load

    notes = {note.key: note.value for note in load(weights, load_external_data=False).metadata_props}
    batch, channels, height, width = shape
    metadata: dict[str, Any] = {
        "task": facts_of_onnx(weights).task or "detect",
        "stride": int(notes.get("stride", 32)),
        "batch": batch or int(notes.get("batch", 1)),
        "channels": channels or int(notes.get("channels", 3)),
        "imgsz": [height or DEFAULT_IMGSZ, width or DEFAULT_IMGSZ],
        "end2end": notes.get("end2end", "False") == "True",
        "args": {**literal(notes.get("args"), {}), "dynamic": height is None or width is None},
    }
    names = facts_of_onnx(weights).names
    return {**metadata, "names": dict(names)} if names else metadata


def literal(text: str | None, default: Any) -> Any:
    """The Python literal in a note, or `default` where there is none that can be read."""
    try:
        return ast.literal_eval(text) if text else default
    except (ValueError, SyntaxError):
        return default
