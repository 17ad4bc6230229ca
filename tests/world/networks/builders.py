"""Networks' files as other programs, half copies and wrong downloads leave them; some find one box."""

import io
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
# Centre and size of the one box, in pixels of the input.
BOX = (32.0, 32.0, 32.0, 16.0)
SCORE = 0.9
NUMBERS = {"FP32": TensorProto.FLOAT, "FP16": TensorProto.FLOAT16, "bytes": TensorProto.UINT8}


def network(
    *,
    classes: int = 3,
    shape: Sequence[int | str] = (1, 3, SIDE, SIDE),
    rows: np.ndarray[Any, Any] | None = None,
    numbers: str = "FP32",
    notes: Mapping[str, str] | None = None,
) -> bytes:
    """An ONNX network that finds the same box of the last class on any picture; `rows` are other outputs."""
    found = plain_rows(classes) if rows is None else rows
    kind = NUMBERS["FP16" if numbers == "FP16" else "FP32"]
    constant = numpy_helper.from_array(found.astype(helper.tensor_dtype_to_np_dtype(kind)), "boxes")
    nothing = numpy_helper.from_array(np.zeros(1, helper.tensor_dtype_to_np_dtype(kind)), "nothing")
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=kind),
        helper.make_node("ReduceMean", ["numbers"], ["mean"], axes=[0, 1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["boxes", "zero"], ["output0"]),
    ]
    given = helper.make_tensor_value_info("images", NUMBERS[numbers], list(shape))
    taken = helper.make_tensor_value_info("output0", kind, list(found.shape))
    graph = helper.make_graph(nodes, "one box", [given], [taken], [constant, nothing])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, dict(notes or {}))
    return bytes(model.SerializeToString())


def plain_rows(classes: int) -> np.ndarray[Any, Any]:
    """YOLO's output (1, 4 + classes, boxes): the box, and others of nothing."""
    rows = np.zeros((1, 4 + classes, 2 * classes + 8), np.float32)
    rows[0, :4, 0], rows[0, -1, 0] = BOX, SCORE
    return rows


def sorted_rows() -> np.ndarray[Any, Any]:
    """The output (1, 8, 6) where overlapping boxes are sorted out: corners, score and class 2."""
    rows = np.zeros((1, 8, 6), np.float32)
    x, y, w, h = BOX
    rows[0, 0] = (x - w / 2, y - h / 2, x + w / 2, y + h / 2, SCORE, 2)
    return rows


def noted(names: Sequence[str] = ("red", "green", "blue"), **more: str) -> dict[str, str]:
    """The notes of Ultralytics in a file."""
    return {"task": "detect", "stride": "32", "names": str(dict(enumerate(names))), **more}


def checkpoint(module: str, name: str, state: Mapping[str, Any] | None = None, **parts: Any) -> bytes:
    """A `.pt` file with a network of a class; what it would need to run is not in it."""
    # Protocol 0 by hand: an object of the class, made without arguments, and given its state.
    made = f"(i{module}\n{name}\n".encode() + pickled(dict(state or {})) + b"b"
    return archive(b"(dS'model'\n" + made + b"s.", **parts)


def pickled(value: Any) -> bytes:
    """A value as a part of a pickle of protocol 0."""
    return pickle.dumps(value, protocol=0)[:-1]


def archive(data: bytes, **parts: bytes) -> bytes:
    """A file as `torch.save` writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("best/data.pkl", data)
        file.writestr("best/version", "3\n")
        for name, content in parts.items():
            file.writestr(f"best/{name}", content)
    return buffer.getvalue()
