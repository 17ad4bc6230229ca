"""EasyOCR's networks as they run: converted to OpenVINO on a CPU, in torch on a GPU."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW
from pipelines.engine.detectors.openvino_yolo import pixels_in
from pipelines.engine.engine import cores
from pipelines.engine.openvino import convert_torch, load_converted
from pipelines.engine.readers.easyocr.canvas import Image, Maps, maps_of
from pipelines.engine.readers.easyocr.files import PublishedFile, folders, published_file
from pipelines.engine.readers.easyocr.line_pictures import MIDDLE, USUAL_WIDTHS, Line
from pipelines.engine.readers.easyocr.lines import Chances, LineNetwork
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.readers.easyocr.recognisers import Recogniser
from pipelines.engine.weights.store import WeightsStore

# A picture (1, height, width, 3), BGR, becomes the maps of letters and of links (height / 2, width / 2, 2).
MapNetwork = Callable[[Image], Maps]
# The inputs with which networks are traced; they take any other size.
LINE_WIDTH, PICTURE_HW = 200, (96, 128)
# The detector gives way in layers with so many channels: those with fewer have many pixels.
PAUSING_CHANNELS = 128


def open_recogniser(recogniser: Recogniser, device: str, cache_dir: Path) -> LineNetwork:
    """The network of a recogniser; one's own, which may be of any kind, runs in torch."""
    height = recogniser.height

    def make(file: Path, workspace: Path) -> Path:
        from pipelines.engine.readers.easyocr.torch_networks import load_recogniser

        network = load_recogniser(recogniser)
        return convert_torch(network, (1, 1, height, LINE_WIDTH), workspace, line_in)

    if device == "cpu" and not recogniser.is_own:
        return load_converted(recogniser.file, cache_dir, lambda folder: OpenVinoLines(folder, height), make)
    from pipelines.engine.readers.easyocr.torch_networks import TorchLines, load_recogniser

    return TorchLines(load_recogniser(recogniser), device)


def open_finder(options: EasyOcrOptions, device: str, weights: WeightsStore) -> MapNetwork:
    """EasyOCR's detector; raises WeightsNotFound."""
    from easyocr.config import detection_models

    storage, _ = folders(options, weights)
    file = published_file(PublishedFile.of(detection_models["craft"]), storage, weights)
    if device == "cpu":
        return load_converted(file, weights.cache_dir, OpenVinoMaps, convert_finder)
    from pipelines.engine.readers.easyocr.torch_networks import TorchMaps, load_finder

    return TorchMaps(load_finder(file), device)


def convert_finder(file: Path, workspace: Path) -> Path:
    """Convert the detector, with a frame's own bytes for input."""
    from pipelines.engine.readers.easyocr.torch_networks import DEVIATION, MEAN, load_finder

    return convert_torch(
        load_finder(file), (1, 3, *PICTURE_HW), workspace, lambda model: pixels_in(model, MEAN, DEVIATION)
    )


class OpenVinoLines:
    """A recogniser in OpenVINO: each core works on a line of its own, which is faster than all on one."""

    def __init__(self, folder: Path, height: int) -> None:
        """Load the network, and prepare it for the usual widths."""
        import openvino

        self._tensor = openvino.Tensor
        network = compiled(folder, {"NUM_STREAMS": str(cores())})
        self._queue = openvino.AsyncInferQueue(network, cores())
        self._queue.set_callback(keep_answer)
        for heights in USUAL_WIDTHS:
            self([np.zeros((height, heights * height), np.uint8)] * cores())

    def __call__(self, lines: Sequence[Line]) -> list[Chances]:
        """Lines become chances."""
        answers: dict[int, Chances] = {}
        for place, line in enumerate(lines):
            self._queue.start_async([line[None, None]], (answers, place))
        self._queue.wait_all()
        return [answers[place] for place in range(len(lines))]


def keep_answer(request: Any, job: tuple[dict[int, Chances], int]) -> None:
    """Copy what a request has found, which it overwrites next."""
    answers, place = job
    answers[place] = np.array(request.get_output_tensor(0).data[0])


class OpenVinoMaps:
    """The detector in OpenVINO, on all cores; it gives way to shorter calls while it works."""

    def __init__(self, folder: Path) -> None:
        """Load the network, and prepare it for a camera's frames."""
        self._request = compiled(folder, {"PERFORMANCE_HINT": "LATENCY"}, with_pauses).create_infer_request()
        self(np.zeros((1, *CAMERA_SIZE_HW, 3), np.uint8))

    def __call__(self, picture: Image) -> Maps:
        """A picture becomes its maps; of a large one it sees two parts."""
        return maps_of(picture, self._infer)

    def _infer(self, picture: Image) -> Maps:
        answer = self._request.infer([picture], share_inputs=True, share_outputs=True)
        return np.array(answer[0][0])


def compiled(folder: Path, hints: dict[str, str], change: Callable[[Any], object] = bool) -> Any:
    """A converted network, with the kind of numbers that OpenVINO finds fastest on this machine.

    `change` may change the model before.
    """
    import openvino

    core = openvino.Core()
    model = core.read_model(folder / "model.xml")
    change(model)
    return core.compile_model(model, "CPU", hints)


def with_pauses(model: Any) -> None:
    """Put pauses into the detector."""
    from pipelines.engine.readers.pausing_network import with_pauses_in_convolutions

    with_pauses_in_convolutions(model, PAUSING_CHANNELS)


def line_in(model: Any) -> Any:
    """The model with a grey line's own bytes for input: (1, 1, height, width), 0 to 255."""
    from openvino import PartialShape, Type
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(Type.u8).set_shape(PartialShape([1, 1, -1, -1]))
    steps.input().preprocess().convert_element_type(Type.f32).mean(MIDDLE).scale(MIDDLE)
    return steps.build()
