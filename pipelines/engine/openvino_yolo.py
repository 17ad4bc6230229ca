"""Plain YOLO detection networks in OpenVINO's format, without Ultralytics' own work around each frame.

The steps are Ultralytics': fit the frame into the input on grey, run, keep the best of boxes that overlap.
Here the network itself turns pixels into numbers, and is compiled for the sizes that come often.
"""

import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.found_boxes import FoundBoxes

Image = NDArray[np.uint8]
Rows = NDArray[np.float32]
GREY = 114
CAMERA_SIZE_HW = (480, 640)
# A network that is compiled for one size is faster by about 1 ms a frame, and compiling takes half a second.
OFTEN, MOST_SIZES = 3, 4
# Ultralytics works around faults of OpenVINO on other systems.
SYSTEMS = {("linux", "x86_64"), ("darwin", "x86_64")}


@dataclass(frozen=True)
class Fit:
    """How a frame lies in a network's input: its scale, its size in there, and the input's size."""

    scale: float
    frame_hw: tuple[int, int]
    inner_hw: tuple[int, int]
    input_hw: tuple[int, int]

    @classmethod
    def of(cls, frame_hw: tuple[int, int], imgsz: int, stride: int) -> Self:
        """The frame with its longer side at `imgsz`, on an input of whole strides."""
        scale = imgsz / max(frame_hw)
        height, width = (max(1, round(side * scale)) for side in frame_hw)
        whole = (-(-height // stride) * stride, -(-width // stride) * stride)
        return cls(scale, frame_hw, (height, width), whole)

    @property
    def corner(self) -> tuple[int, int]:
        """Where the frame's left upper corner lies in the input, x and y."""
        (high, wide), (height, width) = self.input_hw, self.inner_hw
        return round((wide - width) / 2 - 0.1), round((high - height) / 2 - 0.1)

    def placed(self, image_bgr: Image) -> Image:
        """The input (1, height, width, 3): the frame in the middle of grey."""
        import cv2

        height, width = self.inner_hw
        if image_bgr.shape[:2] != self.inner_hw:
            image_bgr = np.asarray(cv2.resize(image_bgr, (width, height)), np.uint8)
        if self.inner_hw == self.input_hw:
            return np.ascontiguousarray(image_bgr)[None]
        left, top = self.corner
        placed = np.full((1, *self.input_hw, 3), GREY, np.uint8)
        placed[0, top : top + height, left : left + width] = image_bgr
        return placed

    def back(self, boxes_xyxy: Rows) -> Rows:
        """Boxes (n, 4) on the input as boxes on the frame, cut at its edges."""
        moved = (boxes_xyxy - np.array(self.corner * 2, np.float32)) / self.scale
        height, width = self.frame_hw
        return np.asarray(np.clip(moved, 0, np.array([width, height] * 2)), np.float32)


class OpenVinoYolo:
    """One detection network for frames of any size, for one thread at a time."""

    backend: str = "openvino"
    fixed_size_hw: tuple[int, int] | None = None

    def __init__(self, folder: Path) -> None:
        """Load a folder that `suits`, and compile it for a camera's frames."""
        import openvino

        notes = notes_in(folder)
        self.names: dict[int, str] = {int(number): str(name) for number, name in notes["names"].items()}
        self._stride = int(notes["stride"])
        self._core = openvino.Core()
        self._model = pixels_in(self._core.read_model(folder / "model.xml"))
        self._any_size = self._compiled(self._model)
        self._of_size: dict[tuple[int, int], Any] = {}
        self._seen: Counter[tuple[int, int]] = Counter()
        for _ in range(OFTEN):
            self.find(np.zeros((*CAMERA_SIZE_HW, 3), np.uint8), max(CAMERA_SIZE_HW), 0.25, 0.7, 300)

    @staticmethod
    def suits(folder: Path) -> bool:
        """Whether a folder has a network that gives boxes in YOLO's plain form, for pictures of any size."""
        if (sys.platform, platform.machine()) not in SYSTEMS or not (folder / "model.xml").is_file():
            return False
        notes = notes_in(folder)
        args = notes.get("args") or {}
        plain = notes.get("task") == "detect" and not notes.get("end2end") and not args.get("nms")
        return bool(
            plain and args.get("dynamic") and notes.get("names") and is_plain(folder, len(notes["names"]))
        )

    def find(
        self,
        image_bgr: Image,
        imgsz: int,
        conf: float,
        iou: float,
        max_det: int,
        classes: Sequence[int] | None = None,
    ) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3."""
        height, width = image_bgr.shape[:2]
        fit = Fit.of((height, width), imgsz, self._stride)
        request = self._request(fit.input_hw)
        request.infer([fit.placed(image_bgr)], share_inputs=True)
        found = best_boxes(request.get_output_tensor(0).data[0], conf, iou, max_det, classes)
        return FoundBoxes(fit.back(found.boxes_xyxy), found.scores, found.classes)

    def _request(self, input_hw: tuple[int, int]) -> Any:
        """What runs inputs of a size: made for it where the size comes often."""
        if input_hw in self._of_size:
            return self._of_size[input_hw]
        self._seen[input_hw] += 1
        if self._seen[input_hw] < OFTEN or len(self._of_size) >= MOST_SIZES:
            return self._any_size
        model = self._model.clone()
        model.reshape([1, *input_hw, 3])
        self._of_size[input_hw] = self._compiled(model)
        return self._of_size[input_hw]

    def _compiled(self, model: Any) -> Any:
        settings = {"PERFORMANCE_HINT": "LATENCY"}
        return self._core.compile_model(model, "CPU", settings).create_infer_request()


def best_boxes(
    rows: Rows, conf: float, iou: float, max_det: int, classes: Sequence[int] | None = None
) -> FoundBoxes:
    """The best of a network's rows (4 + classes, n): centre, size, and a score for each class.

    Of boxes of one class that overlap more than `iou`, the best one stays.
    """
    from cv2.dnn import NMSBoxesBatched

    scores = rows[4:].max(axis=0)
    kept = np.flatnonzero(scores > conf)
    numbers = rows[4:, kept].argmax(axis=0)
    if classes is not None:
        wanted = np.isin(numbers, classes)
        kept, numbers = kept[wanted], numbers[wanted]
    centres, sizes, scores = rows[:2, kept].T, rows[2:4, kept].T, scores[kept]
    corners = centres - sizes / 2
    order: list[int] = []
    if len(kept):
        placed = np.concatenate([corners, sizes], axis=1).astype(float)
        order = list(NMSBoxesBatched(placed.tolist(), scores.tolist(), numbers.tolist(), conf, iou))[:max_det]
    boxes = np.concatenate([corners, corners + sizes], axis=1)[order].astype(np.float32)
    return FoundBoxes(boxes, scores[order].astype(np.float32), numbers[order].astype(np.int64))


def pixels_in(model: Any) -> Any:
    """The model with a frame's own bytes for input: (1, height, width, 3) BGR, 0 to 255."""
    from openvino import Layout, PartialShape, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model)
    frame = steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC"))
    frame.set_color_format(ColorFormat.BGR).set_shape(PartialShape([1, -1, -1, 3]))
    steps.input().preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB).scale(255.0)
    steps.input().model().set_layout(Layout("NCHW"))
    return steps.build()


def is_plain(folder: Path, classes: int) -> bool:
    """Whether the output is a row for each coordinate and class, and the numbers are no small integers."""
    import openvino

    model = openvino.Core().read_model(folder / "model.xml")
    shape = model.output(0).get_partial_shape()
    rows = shape[1].get_length() if shape.rank.get_length() == 3 and shape[1].is_static else 0
    small = any(step.get_type_name() == "FakeQuantize" for step in model.get_ops())
    return len(model.outputs) == 1 and rows == 4 + classes and not small


def notes_in(folder: Path) -> dict[str, Any]:
    """What is noted of the network beside it; empty where nothing is."""
    import yaml

    path = folder / "metadata.yaml"
    notes = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return notes if isinstance(notes, dict) else {}
