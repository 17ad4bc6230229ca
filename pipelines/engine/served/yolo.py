"""Detection networks that a model server runs, asked by a client that loads nothing of what it answers."""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW, Letterbox
from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes, best_boxes, on_frame
from pipelines.engine.detectors.oriented import best_oriented
from pipelines.engine.served.http_exchange import ExchangeFailed
from pipelines.engine.served.inference_protocol import DATATYPES, InferenceClient
from pipelines.errors import PipelineError

# Their outputs begin with rows for boxes and classes.
TASKS = frozenset({"detect", "segment", "pose", "obb"})
STRIDE = 32
MOST_NOTES = 1_000_000


class ServedYolo:
    """One network of a model server, for frames of any size; several threads may use it at once."""

    backend: str = "open inference protocol"
    concurrent: bool = True

    def __init__(self, client: InferenceClient) -> None:
        """Ask the server what it has, and run it once; PipelineError where it is no network of boxes."""
        self._client = client
        try:
            told = client.metadata()
            notes = notes_in(client.config())
        except ExchangeFailed as error:
            raise unusable(str(error)) from error
        if notes.get("task", "detect") not in TASKS:
            raise unusable("it gives no boxes")
        self._input, self._type, self.fixed_size_hw = picture_input(told)
        self._output = first_output(told)
        self._end2end = notes.get("end2end") is True
        self._oriented = notes.get("task") == "obb"
        self.names = names_in(notes)
        self.find(np.zeros((*CAMERA_SIZE_HW, 3), np.uint8), DetectOptions())

    def find(self, image_bgr: NDArray[np.uint8], options: DetectOptions) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3; raises PipelineError where the server does not answer well."""
        height, width = image_bgr.shape[:2]
        letterbox = letterbox_of((height, width), options.imgsz, self.fixed_size_hw)
        rgb = letterbox.apply(image_bgr)[..., ::-1].transpose(0, 3, 1, 2)
        pixels = np.ascontiguousarray(rgb, np.float32) / np.float32(255)
        try:
            output = self._client.infer(self._input, self._type, pixels, self._output)
        except ExchangeFailed as error:
            raise unusable(str(error)) from error
        return on_frame(self._boxes(output, options), letterbox)

    def _boxes(self, output: NDArray[Any], options: DetectOptions) -> FoundBoxes:
        if output.ndim != 3 or output.shape[0] != 1 or not np.isfinite(output).all():
            raise unusable("its output is not that of a YOLO network")
        rows = output[0].astype(np.float32)
        if self._end2end:
            if self._oriented:
                raise unusable("it sorts out its oriented boxes by itself: export it with end2end=False")
            return sorted_out(rows, options)
        rows_of_box = 5 if self._oriented else 4
        last = rows_of_box + len(self.names) if self.names else len(rows)
        if not rows_of_box < last <= len(rows):
            raise unusable("its output has other classes than its configuration")
        return (best_oriented if self._oriented else best_boxes)(rows[:last], options)


def unusable(reason: str) -> PipelineError:
    """The error that a session is told; it names no address, which is the operator's."""
    return PipelineError(f"The served network cannot be used: {reason}")


def letterbox_of(frame_hw: tuple[int, int], imgsz: int, fixed_hw: tuple[int, int] | None) -> Letterbox:
    """The letterbox of a frame, for an input of fixed or free size."""
    if fixed_hw is None:
        return Letterbox.of(frame_hw, imgsz, STRIDE)
    scale = min(fixed_hw[0] / frame_hw[0], fixed_hw[1] / frame_hw[1])
    height, width = (max(1, round(side * scale)) for side in frame_hw)
    return Letterbox(scale, frame_hw, (height, width), fixed_hw)


def picture_input(told: Mapping[str, Any]) -> tuple[str, str, tuple[int, int] | None]:
    """Name and datatype of the input for pictures, and its height and width where they are fixed."""
    try:
        (given,) = told["inputs"]
        name, datatype = str(given["name"]), str(given["datatype"])
        _, channels, height, width = (int(size) for size in given["shape"])
    except (KeyError, TypeError, ValueError) as error:
        raise unusable("it does not take one picture") from error
    if channels != 3 or DATATYPES.get(datatype, np.dtype("u1")).kind != "f" or max(height, width) > 4096:
        raise unusable("it does not take pictures of three colours, as numbers from 0 to 1")
    return name, datatype, (height, width) if height > 0 and width > 0 else None


def first_output(told: Mapping[str, Any]) -> str:
    """The output with the boxes: the first by its name, as Ultralytics has it."""
    try:
        return min(str(output["name"]) for output in told["outputs"])
    except (KeyError, TypeError, ValueError) as error:
        raise unusable("it has no output") from error


def notes_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that Ultralytics left in a model's configuration; empty where none can be read."""
    try:
        text = config["parameters"]["metadata"]["string_value"]
        notes = ast.literal_eval(text) if len(text) <= MOST_NOTES else {}
    except (KeyError, TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    notes = notes if isinstance(notes, dict) else {}
    return {name: readable(value) for name, value in notes.items()}


def readable(value: Any) -> Any:
    """A value, or what its text stands for."""
    try:
        return ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def names_in(notes: Mapping[str, Any]) -> dict[int, str]:
    """The classes' names by their numbers, which go from 0 without a gap; none where they are not told."""
    names = notes.get("names")
    if not isinstance(names, dict) or set(names) != set(range(len(names))):
        return {}
    return {number: str(names[number]) for number in range(len(names))}


def sorted_out(rows: NDArray[np.float32], options: DetectOptions) -> FoundBoxes:
    """Boxes of a network that sorts out by itself what overlaps: rows (n, 6) of corners, score and class."""
    if rows.shape[1] < 6:
        raise unusable("its output is not that of a YOLO network")
    kept = rows[options.wanted(rows[:, 4], rows[:, 5])][: options.max_det]
    return FoundBoxes(kept[:, :4], kept[:, 4], kept[:, 5].astype(np.int64))
