"""The networks that everybody runs, each in the forms that the contestants need."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.engine.detectors.ultralytics import import_ultralytics
from pipelines.engine.weights.store import BUNDLED_DIR

# All pictures have this size; a network made for exactly it is the fastest that Ultralytics' users can have.
HEIGHT, WIDTH = 480, 640
SEED = 1
TEXT_WEIGHTS = "forgesyte-text-n"
YOLO_WEIGHTS = "bench-yolo11n"


@dataclass(frozen=True)
class Network:
    """One network: `torch` and `openvino` are what Ultralytics loads, `definition` is ForgeSyte's pipeline.

    None where there is no such form.
    """

    key: str
    about: str
    definition: dict[str, Any]
    torch: Path | None = None
    openvino: Path | None = None


def make_networks(keys: list[str], folder: Path, weights_dir: Path, trained: Path | None) -> list[Network]:
    """The networks of these keys; what has to be made is kept in `folder` for the next time.

    `trained` is a `.pt` file to use for `yolo11n` instead of untrained weights. ForgeSyte finds its copies in
    `weights_dir`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    makers = {
        "yolo11n": lambda: yolo11n(folder, weights_dir, trained),
        "text": lambda: text_detector(folder),
        "yolo_ocr": yolo_ocr,
    }
    return [makers[key]() for key in keys]


KEYS = ("yolo11n", "text", "yolo_ocr")


def yolo11n(folder: Path, weights_dir: Path, trained: Path | None) -> Network:
    """YOLO11n on COCO's 80 classes; without `trained` its weights are random, which cost the same."""
    weights = trained or untrained(folder / "yolo11n.pt")
    weights_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, weights_dir / f"{YOLO_WEIGHTS}.pt")
    about = "YOLO11n, 80 classes, " + (
        f"weights {weights.name}" if trained else "random weights (it finds nothing)"
    )
    definition = detector("bench_yolo11n", YOLO_WEIGHTS)
    return Network("yolo11n", about, definition, weights, exported(weights, folder))


def text_detector(folder: Path) -> Network:
    """The text detector that comes with ForgeSyte, without reading; there is no torch form of it."""
    converted = folder / f"{TEXT_WEIGHTS}_openvino_model"
    if not converted.is_dir():
        convert_for_size(BUNDLED_DIR / f"{TEXT_WEIGHTS}.onnx", converted)
    definition = detector("bench_text", TEXT_WEIGHTS)
    return Network("text", "the bundled text detector, 1 class", definition, openvino=converted)


def yolo_ocr() -> Network:
    """ForgeSyte's own pipeline, which finds text and reads it."""
    from pipelines.defaults import default_definitions

    return Network("yolo_ocr", "the whole pipeline `yolo_ocr`", default_definitions()["yolo_ocr"])


def detector(pipeline_id: str, weights: str) -> dict[str, Any]:
    """A pipeline of one detector, with Ultralytics' thresholds."""
    params = {"weights": weights, "imgsz": WIDTH, "conf": 0.25, "iou": 0.7, "max_det": 300}
    node = {"id": "detect", "plugin_id": "yolo", "tool_id": "detect", "params": params}
    return {
        "id": pipeline_id,
        "name": pipeline_id,
        "nodes": [node],
        "edges": [],
        "entry_nodes": ["detect"],
        "output_nodes": ["detect"],
    }


def untrained(path: Path) -> Path:
    """A YOLO11n as Ultralytics builds it from its own description, with the same random weights each time."""
    if not path.is_file():
        ultralytics = import_ultralytics()
        import torch

        torch.manual_seed(SEED)
        ultralytics.YOLO("yolo11n.yaml").save(str(path))
    return path


def exported(weights: Path, folder: Path) -> Path:
    """Ultralytics' OpenVINO export of a `.pt` file for the pictures' size."""
    made = folder / f"{weights.stem}_openvino_model"
    if not made.is_dir() or made.stat().st_mtime < weights.stat().st_mtime:
        copy = folder / weights.name
        if copy != weights:
            shutil.copyfile(weights, copy)
        network = import_ultralytics().YOLO(str(copy))
        network.export(format="openvino", imgsz=[HEIGHT, WIDTH], device="cpu")
    return made


def convert_for_size(onnx: Path, folder: Path) -> None:
    """An ONNX network of any size as an OpenVINO one for the pictures' size, which Ultralytics loads."""
    import openvino
    import yaml

    from pipelines.engine.openvino import onnx_metadata

    shape = [1, 3, HEIGHT, WIDTH]
    model = openvino.Core().read_model(onnx)
    model.reshape(shape)
    folder.mkdir(parents=True)
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)
    metadata = onnx_metadata(onnx, [*shape])
    (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata, sort_keys=False))
