"""Plain YOLO networks of upright or oriented boxes in OpenVINO's format, without Ultralytics' own work.

The steps are Ultralytics': letterbox the frame, run, keep the best of boxes that overlap.
Here the network itself turns pixels into numbers, and is compiled for the sizes that come often.
"""

import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.compiled import CompiledNetwork, Crowd
from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW, Letterbox
from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes, best_boxes, on_frame
from pipelines.engine.detectors.oriented import best_oriented

# Ultralytics works around faults of OpenVINO on other systems.
SYSTEMS = {("linux", "x86_64"), ("darwin", "x86_64")}
# The rows of a box beside those of its classes, by task: centre and size, and the angle of an oriented one.
ROWS_OF_BOX = {"detect": 4, "obb": 5}


class OpenVinoYolo:
    """One detection network for frames of any size; several threads may use it at once."""

    backend: str = "openvino"
    fixed_size_hw: tuple[int, int] | None = None
    concurrent: bool = True

    def __init__(self, folder: Path) -> None:
        """Load a folder that `suits`, compile it for a camera's frames, and run it once."""
        import openvino

        notes = notes_in(folder)
        self.names: dict[int, str] = {int(number): str(name) for number, name in notes["names"].items()}
        self._stride = int(notes["stride"])
        self._best = best_oriented if notes["task"] == "obb" else best_boxes
        self._tensor = openvino.Tensor
        core = openvino.Core()
        self._network = CompiledNetwork(core, pixels_in(core.read_model(folder / "model.xml")))
        self._network.compile_now(CAMERA_SIZE_HW, 1)
        self._crowd = Crowd()
        self.find(np.zeros((*CAMERA_SIZE_HW, 3), np.uint8), DetectOptions(imgsz=max(CAMERA_SIZE_HW)))

    @staticmethod
    def suits(folder: Path) -> bool:
        """True if a folder has a network that gives boxes in YOLO's plain form, for pictures of any size."""
        if (sys.platform, platform.machine()) not in SYSTEMS or not (folder / "model.xml").is_file():
            return False
        notes = notes_in(folder)
        args = notes.get("args") or {}
        plain = notes.get("task") in ROWS_OF_BOX and not notes.get("end2end") and not args.get("nms")
        colours = int(notes.get("channels", 3)) == 3
        if not (plain and colours and args.get("dynamic") and notes.get("names")):
            return False
        return is_plain(folder, ROWS_OF_BOX[notes["task"]] + len(notes["names"]))

    def find(self, image_bgr: NDArray[np.uint8], options: DetectOptions) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3."""
        height, width = image_bgr.shape[:2]
        letterbox = Letterbox.of((height, width), options.imgsz, self._stride)
        padded = letterbox.apply(image_bgr)
        with self._crowd.enter() as callers:
            requests = self._network.requests(letterbox.input_hw, callers)
            with requests.borrow() as request:
                # `infer` would look at the input's kind anew each time, and copy the output.
                request.set_input_tensor(self._tensor(padded, shared_memory=True))
                request.start_async()
                request.wait()
                found = self._best(request.get_output_tensor(0).data[0], options)
        return on_frame(found, letterbox)


def pixels_in(model: Any, mean: Sequence[float] = (0, 0, 0), scale: Sequence[float] = (255,) * 3) -> Any:
    """The model with a frame's own bytes for input: (1, height, width, 3) BGR, 0 to 255.

    The network gets `(pixel - mean) / scale`, each for red, green and blue.
    """
    from openvino import Layout, PartialShape, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    frame = steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    frame.set_color_format(ColorFormat.BGR).set_shape(PartialShape([1, -1, -1, 3]))
    numbers = steps.input().preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB)
    numbers.mean([*mean]).scale([*scale])
    steps.input().model().set_layout(Layout("NCHW"))
    return steps.build()


def is_plain(folder: Path, wanted: int) -> bool:
    """True if the one output has this number of rows, and the network is not quantised."""
    import openvino

    model = openvino.Core().read_model(folder / "model.xml")
    shape = model.output(0).get_partial_shape()
    rows = shape[1].get_length() if shape.rank.get_length() == 3 and shape[1].is_static else 0
    quantised = any(step.get_type_name() == "FakeQuantize" for step in model.get_ops())
    return len(model.outputs) == 1 and rows == wanted and not quantised


def notes_in(folder: Path) -> dict[str, Any]:
    """The metadata beside the network; empty where there are none."""
    import yaml

    path = folder / "metadata.yaml"
    notes = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return notes if isinstance(notes, dict) else {}
