"""Measures the frames a second that a network gives to several sessions at once, and their latency.

    python -m bench.micro.gpu [--weights yolo11n.pt] [--device cuda:0] [--sessions 1,2,4,8,16,32]

Each session is a thread that asks again as soon as it has its answer. Three ways take turns: Ultralytics'
`predict` behind a lock, the short way with one frame at a time, and the short way with frames together.
The whole server, with a pipeline of the same weights, is measured by

    manage.py load_test --pattern ramp --sessions 32 --fps 0 --in-flight 2 --pipeline ID
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.nms import BoxNetwork, DetectOptions, FoundBoxes
from pipelines.engine.detectors.torch_yolo import TorchYolo
from pipelines.engine.detectors.ultralytics import import_ultralytics
from pipelines.engine.detectors.yolo_networks import YoloNetwork
from pipelines.engine.networks import SharedNetwork

Image = NDArray[np.uint8]
Find = Callable[[Image], FoundBoxes]
SIZE_HW = (480, 640)
WARM_UP_S = 1.0


class OneByOne(TorchYolo):
    """The short way without company."""

    frames_at_once = 1


@dataclass(frozen=True)
class Row:
    """Figures of so many sessions: frames a second of all, milliseconds for one, frames in a mean batch."""

    way: str
    sessions: int
    frames_per_s: float
    p50_ms: float
    p95_ms: float
    batch: float

    def as_markdown(self) -> str:
        """A line of the table."""
        figures = f"{self.frames_per_s:.0f} | {self.p50_ms:.1f} | {self.p95_ms:.1f} | {self.batch:.1f}"
        return f"| {self.sessions} | {self.way} | {figures} |"


@dataclass
class Way:
    """One way to find boxes, and the sizes of the batches that it made."""

    name: str
    network: SharedNetwork[BoxNetwork]
    sizes: list[int]

    def find(self, image_bgr: Image) -> FoundBoxes:
        """Boxes as `yolo.detect` asks for them."""
        with self.network.borrow() as network:
            return network.find(image_bgr, DetectOptions(imgsz=max(SIZE_HW)))


def ways(weights: Path, device: str) -> Iterator[Way]:
    """The three ways, each with a network of its own."""
    yield Way("Ultralytics", SharedNetwork(partial(YoloNetwork, weights.absolute(), device)), [])
    for name, kind in (("one by one", OneByOne), ("together", TorchYolo)):
        sizes: list[int] = []
        network: Any = import_ultralytics().YOLO(str(weights)).model
        yield Way(name, SharedNetwork(partial(kind, network, device, when_run=sizes.append)), sizes)


def measured(way: Way, sessions: int, seconds: float) -> Row:
    """Ask from so many threads for so long, after a second that does not count."""
    frames = np.random.default_rng(0).integers(0, 255, (sessions, *SIZE_HW, 3), np.uint8)
    ask_all(way.find, frames, min(WARM_UP_S, seconds))
    way.sizes.clear()
    waits_ms = ask_all(way.find, frames, seconds)
    p50, p95 = np.percentile(waits_ms, [50, 95])
    batch = statistics.mean(way.sizes) if way.sizes else 1.0
    return Row(way.name, sessions, len(waits_ms) / seconds, float(p50), float(p95), batch)


def ask_all(find: Find, frames: NDArray[np.uint8], seconds: float) -> list[float]:
    """Milliseconds that each answer took which came in time."""
    waits_ms: list[float] = []
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=ask, args=(find, frame, until, waits_ms)) for frame in frames]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits_ms


def ask(find: Find, frame: Image, until: float, waits_ms: list[float]) -> None:
    """One session."""
    while (begun := time.perf_counter()) < until:
        find(frame)
        over = time.perf_counter()
        if over <= until:
            waits_ms.append((over - begun) * 1000)


def untrained(folder: Path) -> Path:
    """A YOLO11n that finds nothing, and is as fast as one that does."""
    import_ultralytics().YOLO("yolo11n.yaml").save(str(folder / "yolo11n.pt"))
    return folder / "yolo11n.pt"


def device_line(device: str) -> str:
    """The processor or the GPU that computes."""
    import torch

    name = (
        torch.cuda.get_device_name(device)
        if device.startswith("cuda")
        else f"{torch.get_num_threads()} threads"
    )
    return f"{device} ({name}), torch {torch.__version__}, frames of {SIZE_HW[1]}x{SIZE_HW[0]}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="a .pt file; an untrained YOLO11n where none is given")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--sessions", default="1,2,4,8,16,32")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        competing = list(ways(options.weights or untrained(Path(folder)), options.device))
    print(f"{device_line(options.device)}\n")
    print("| sessions | way | frames/s | p50 ms | p95 ms | frames a batch |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for sessions in map(int, options.sessions.split(",")):
        for way in competing:
            print(measured(way, sessions, options.seconds).as_markdown(), flush=True)


if __name__ == "__main__":
    main()
