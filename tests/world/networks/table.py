"""One row for each kind of network's file: adding a case is adding a row."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.world.networks import builders as b

NUMBERED = {0: "class0", 1: "class1", 2: "class2"}
COLOURS = {0: "red", 1: "green", 2: "blue"}
TASKS = "ultralytics.nn.tasks"
WEB_PAGE = b"<!DOCTYPE html><html><title>404</title></html>"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5613764\n"


@dataclass(frozen=True)
class Runs:
    """A file that runs: the names of its classes, None where nothing tells them, and the label of its box."""

    name: str
    build: Callable[[], bytes]
    names: dict[int, str] | None
    label: str
    channels: int = 3
    precision: str = "FP32"


@dataclass(frozen=True)
class Refused:
    """A file that cannot run, and the words that say what it is and what to do."""

    name: str
    build: Callable[[], bytes]
    words: tuple[str, ...]


RUNS = [
    Runs("noted.onnx", lambda: b.network(notes=b.noted()), COLOURS, "blue"),
    Runs("foreign.onnx", b.network, NUMBERED, "class2"),
    Runs("free.onnx", lambda: b.network(shape=(1, 3, "h", "w")), NUMBERED, "class2"),
    Runs("free-batch.onnx", lambda: b.network(shape=("n", 3, "h", "w")), NUMBERED, "class2"),
    Runs("sorted.onnx", lambda: b.network(rows=b.sorted_rows()), None, "class2"),
    Runs("sorted-noted.onnx", lambda: b.network(rows=b.sorted_rows(), notes=b.noted()), COLOURS, "blue"),
    Runs(
        "sorted-free.onnx",
        lambda: b.network(rows=b.sorted_rows(), shape=(1, 3, "h", "w"), notes=b.noted()),
        COLOURS,
        "blue",
    ),
    Runs("one-class.onnx", lambda: b.network(classes=1), {0: "class0"}, "class0"),
    Runs("grey.onnx", lambda: b.network(shape=(1, 1, b.SIDE, b.SIDE)), NUMBERED, "class2", channels=1),
    Runs(
        "grey-noted.onnx",
        lambda: b.network(shape=(1, 1, "h", "w"), notes=b.noted(channels="1")),
        COLOURS,
        "blue",
        channels=1,
    ),
    Runs("half.onnx", lambda: b.network(numbers="FP16"), NUMBERED, "class2", precision="FP16"),
    Runs("oblong.onnx", lambda: b.network(shape=(1, 3, 32, b.SIDE)), NUMBERED, "class2"),
    Runs("standing.onnx", lambda: b.network(shape=(1, 3, 96, b.SIDE)), NUMBERED, "class2"),
    Runs("oblong-noted.onnx", lambda: b.network(shape=(1, 3, b.SIDE, 96), notes=b.noted()), COLOURS, "blue"),
]

REFUSED = [
    Refused("page.onnx", lambda: WEB_PAGE, ("web page", "download the file itself")),
    Refused("page.pt", lambda: b"\n " + WEB_PAGE, ("web page", "download the file itself")),
    Refused("pointer.onnx", lambda: LFS, ("Git LFS", "git lfs pull")),
    Refused("pointer.pt", lambda: LFS, ("Git LFS", "git lfs pull")),
    Refused("nothing.onnx", lambda: b"", ("is empty", "copy")),
    Refused("half-copied.onnx", lambda: b.network()[:-400], ("copied only in part", "copy the file again")),
    Refused("half-copied.pt", lambda: b.checkpoint(TASKS, "DetectionModel")[:-60], ("copied only in part",)),
    Refused("numbers.pt", lambda: b.archive(b"(dS'weight'\nI1\ns."), ("numbers of a network without",)),
    Refused("v5.pt", lambda: b.checkpoint("models.yolo", "Model"), ("YOLOv5", "train it again")),
    Refused(
        "v5-later.pt", lambda: b.checkpoint("models.yolo", "DetectionModel"), ("YOLOv5", "train it again")
    ),
    Refused("other.pt", lambda: b.checkpoint("torchvision.models.resnet", "ResNet"), ("another program",)),
    Refused(
        "script.pt", lambda: b.archive(b"N.", **{"constants.pkl": b"N."}), ("TorchScript", ".torchscript")
    ),
    Refused(
        "classes.pt", lambda: b.checkpoint(TASKS, "ClassificationModel"), ("whole pictures", "for boxes")
    ),
    Refused("v5.onnx", lambda: b.network(rows=np.zeros((1, 100, 8))), ("objectness", "YOLOv8")),
    Refused("eighty.onnx", lambda: b.network(classes=80, notes=b.noted()), ("names 3 classes", "for 80")),
    Refused("last.onnx", lambda: b.network(shape=(1, 64, 64, 3)), ("NHWC", "export it")),
    Refused("four.onnx", lambda: b.network(shape=(1, 4, 64, 64)), ("4 channels",)),
    Refused("batch.onnx", lambda: b.network(shape=(8, 3, 64, 64)), ("8 pictures at once", "batch=1")),
    Refused("bytes.onnx", lambda: b.network(numbers="bytes"), ("no numbers with a point", "export it")),
    Refused("whole.onnx", lambda: b.network(rows=np.zeros((1, 10))), ("whole pictures", "for boxes")),
    Refused("audio.onnx", lambda: b.network(shape=(1, 1, 1, 1), rows=np.zeros((3,))), ("list of boxes",)),
]
