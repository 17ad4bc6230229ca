"""Looks into an ONNX file: what it takes, what it gives, and what Ultralytics noted in it."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.engine.weights.known_facts import Facts, numbered, readable_names

EXPORT = "export it from its .pt file with Ultralytics: yolo export format=onnx"
Shape = Sequence[int | None]
# The columns of a row whose boxes are sorted out already: corners, score, class.
SORTED_COLUMNS = 6
BOX_ROWS = 4
# The coefficients of a mask, in the outputs of networks for segments.
MASKS = 32
# The types of ONNX (TensorProto) that pictures may come in.
PRECISIONS = {1: "FP32", 10: "FP16"}
CHANNELS = (1, 3)


def facts_of_onnx(path: Path) -> Facts:
    """The facts of an ONNX file; nothing of it is run."""
    try:
        from onnx import load

        model = load(str(path), load_external_data=False)
        notes = {note.key: note.value for note in model.metadata_props}
        missing = missing_parts(model, path.parent)
        given = [value for value in model.graph.input if value.name not in initialised(model)]
        return Facts(problem=about(path, missing)) if missing else judged(path, model, given, notes)
    # Whatever the reader stumbles over, the file is no whole network.
    except Exception:
        return Facts(problem=about(path, "is damaged, or was copied only in part: copy the file again"))


def initialised(model: Any) -> set[str]:
    """The names of the numbers that a network brings; older exporters list them among its inputs."""
    return {tensor.name for tensor in model.graph.initializer}


def missing_parts(model: Any, folder: Path) -> str:
    """The fault of files beside it that hold its numbers; empty where there is none."""
    places = {
        entry.value
        for tensor in model.graph.initializer
        for entry in tensor.external_data
        if entry.key == "location"
    }
    gone = sorted(Path(place).name for place in places if not (folder / Path(place).name).is_file())
    return f"needs '{gone[0]}' beside it, which is not there: copy both files" if gone else ""


def judged(path: Path, model: Any, given: Sequence[Any], notes: Mapping[str, str]) -> Facts:
    """The facts that inputs, outputs and notes tell."""
    if not model.graph.node or not model.graph.output:
        return Facts(problem=about(path, "holds no network: " + EXPORT))
    if len(given) != 1 or len(taken := shape_of(given[0])) != 4:
        return Facts(problem=about(path, f"is no network that takes one picture: {EXPORT}"))
    precision = PRECISIONS.get(given[0].type.tensor_type.elem_type)
    outputs = [shape_of(value) for value in model.graph.output]
    task = notes.get("task") or task_of(outputs)
    names = readable_names(literal(notes.get("names")))
    counted = classes_in(outputs, task, notes)
    problem = wrong_input(taken, precision) or wrong_output(outputs, task, names, counted)
    if names is None and counted is not None:
        names = numbered(counted)
    _, channels, height, width = taken
    size = (height, width) if height and width else None
    return Facts(task, names, channels, precision, size, about(path, problem) if problem else "")


def about(path: Path, problem: str) -> str:
    """The sentence about a file."""
    return f"'{path.name}' {problem}"


def shape_of(value: Any) -> list[int | None]:
    """The dimensions of an input or output; None for what is free."""
    return [side.dim_value or None for side in value.type.tensor_type.shape.dim]


def task_of(outputs: Sequence[Shape]) -> str:
    """The task where nothing is noted."""
    if len(outputs) == 2 and len(outputs[1]) == 4:
        return "segment"
    return "classify" if len(outputs[0]) == 2 else "detect"


def classes_in(outputs: Sequence[Shape], task: str, notes: Mapping[str, str]) -> int | None:
    """The number of classes that the output tells; None where it tells none."""
    shape = outputs[0]
    if task == "classify" and len(shape) == 2:
        return shape[1]
    if task not in ("detect", "segment") or len(shape) != 3 or shape[1] is None or is_sorted(shape, notes):
        return None
    return shape[1] - BOX_ROWS - (MASKS if task == "segment" else 0)


def is_sorted(shape: Shape, notes: Mapping[str, str]) -> bool:
    """True if the output has a row for each box and overlapping ones are sorted out already."""
    nms = (literal(notes.get("args")) or {}).get("nms")
    return shape[-1] == SORTED_COLUMNS or notes.get("end2end") == "True" or nms is True


def wrong_input(shape: Shape, precision: str | None) -> str:
    """The reason why pictures cannot go in; empty where they can."""
    batch, channels, _, last = shape
    if precision is None:
        return f"takes no numbers with a point, as pictures are given to YOLO: {EXPORT}"
    if channels not in (*CHANNELS, None) and last in CHANNELS:
        return f"takes pictures with the colours last (NHWC) and not first (NCHW): {EXPORT}"
    if channels not in (*CHANNELS, None):
        return f"takes pictures of {channels} channels, and frames have 3, or 1 where they are grey"
    if batch not in (None, 1):
        return f"takes {batch} pictures at once and not one: export it with batch=1"
    return ""


def wrong_output(
    outputs: Sequence[Shape], task: str, names: Mapping[int, str] | None, counted: int | None
) -> str:
    """The reason why its output is not understood; empty where it is."""
    shape = outputs[0]
    if task not in ("detect", "segment"):
        return ""
    if len(shape) != 3:
        return f"gives nothing that is a list of boxes: {EXPORT}"
    if has_a_row_for_each_box(shape[1], shape[2]) and (names is None or counted != len(names)):
        return (
            "gives a row for each box with an objectness, as YOLOv5 and YOLOv7 do, or as RT-DETR does, "
            f"and not YOLO's later layout: use a network of YOLOv8 or later, and {EXPORT}"
        )
    if counted is not None and counted < 1:
        return f"gives {shape[1]} rows, which are too few for boxes and classes: {EXPORT}"
    if names is not None and counted is not None and len(names) != counted:
        return f"names {len(names)} classes and gives scores for {counted}: {EXPORT}"
    return ""


def has_a_row_for_each_box(rows: int | None, columns: int | None) -> bool:
    """True if the output lies as YOLOv5's does; where boxes are sorted out already, rows are right."""
    return bool(rows and columns and rows > columns > BOX_ROWS and columns != SORTED_COLUMNS)


def literal(text: str | None) -> Any:
    """The Python literal in a note; None where there is none that can be read."""
    try:
        return ast.literal_eval(text) if text else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
