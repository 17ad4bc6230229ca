"""Frames that go through a network in torch together are answered as each would be alone."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.engine.detectors import yolo_networks
from pipelines.engine.detectors.nms import BoxNetwork, DetectOptions, FoundBoxes
from pipelines.engine.detectors.torch_yolo import COPIES, FRAMES_AT_ONCE, Copy, TorchYolo, copies_of
from pipelines.engine.detectors.ultralytics import import_ultralytics
from pipelines.engine.detectors.yolo_networks import YoloNetwork, load_yolo, open_in_torch
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError
from tests.pipelines.untrained import enliven, tiny_network
from training.curve import matches

pytestmark = pytest.mark.model
Image = NDArray[np.uint8]
LIMIT_S = 60
SIZES_HW = [(480, 640), (640, 480), (100, 100), (333, 1000), (33, 31)]
DEVICES = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]


@pytest.fixture(scope="module")
def lively_pt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lively")
    enliven(tiny_network(folder)).save(str(folder / "lively.pt"))
    return folder / "lively.pt"


@pytest.fixture(scope="module", params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def plain(path: Path) -> Any:
    """The network in a file, as Ultralytics loads it."""
    return import_ultralytics().YOLO(str(path)).model


def frame_of(size_hw: tuple[int, int], seed: int = 0) -> Image:
    """A picture with large and small things on it."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (-(-size_hw[0] // 8), -(-size_hw[1] // 8), 3), np.uint8)
    return np.ascontiguousarray(coarse.repeat(8, 0).repeat(8, 1)[: size_hw[0], : size_hw[1]])


LIMITS = DetectOptions(imgsz=320, conf=0.3, iou=0.6, max_det=1000)


def look(network: BoxNetwork, image: Image, **changes: Any) -> FoundBoxes:
    return network.find(image, replace(LIMITS, **changes))


def same(found: FoundBoxes, expected: FoundBoxes) -> bool:
    return (
        found.classes.tolist() == expected.classes.tolist()
        and np.allclose(found.scores, expected.scores, atol=1e-4)
        and np.allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=0.05)
    )


class Gate:
    """Holds the first batches until so many frames wait for the next one, and notes the size of each."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self._busy = threading.Semaphore(0)
        self._open = threading.Event()

    def __call__(self, frames: int) -> None:
        self.sizes.append(frames)
        if len(self.sizes) <= COPIES:
            self._busy.release()
            assert self._open.wait(LIMIT_S)

    def together(self, network: TorchYolo, calls: Sequence[tuple[Image, dict[str, Any]]]) -> list[FoundBoxes]:
        """The results of calls from a thread each, while all copies of the network are busy."""
        changed = network._batcher._changed
        with ThreadPoolExecutor(COPIES + len(calls)) as threads:
            try:
                for _ in range(COPIES):
                    threads.submit(look, network, calls[0][0])
                    assert self._busy.acquire(timeout=LIMIT_S)
                answers = [threads.submit(look, network, image, **changes) for image, changes in calls]
                with changed:
                    assert changed.wait_for(lambda: waiting(network) == len(calls), LIMIT_S)
            finally:
                self._open.set()
            return [answer.result(LIMIT_S) for answer in answers]


def waiting(network: TorchYolo) -> int:
    return sum(len(batch.items) for batch in network._batcher._waiting)


@pytest.mark.parametrize("imgsz", [320, 416, 640])
def test_the_boxes_are_those_of_ultralytics(lively_pt: Path, imgsz: int) -> None:
    short, long = TorchYolo(plain(lively_pt), "cpu"), YoloNetwork(lively_pt, "cpu")
    assert (short.names, short.backend, short.fixed_size_hw) == (long.names, long.backend, None)
    for size_hw in SIZES_HW:
        found, expected = (look(way, frame_of(size_hw), imgsz=imgsz) for way in (short, long))
        assert found.classes.tolist() == expected.classes.tolist()
        assert found.scores == pytest.approx(expected.scores, abs=1e-4)
        # Ultralytics takes the scale from the sizes with the grey, which is a little less exact.
        assert found.boxes_xyxy == pytest.approx(expected.boxes_xyxy, abs=0.003 * max(size_hw) + 0.05)
    assert len(look(short, frame_of((480, 640))).scores) > 20


def test_frames_of_one_size_go_through_together_and_are_answered_as_if_alone(
    lively_pt: Path, device: str
) -> None:
    images = [frame_of((480, 640), seed) for seed in range(FRAMES_AT_ONCE)]
    alone = TorchYolo(plain(lively_pt), device, dtypes=[torch.float32])
    gate = Gate()
    network = TorchYolo(plain(lively_pt), device, dtypes=[torch.float32], when_run=gate)
    found = gate.together(network, [(image, {}) for image in images])
    assert gate.sizes == [1] * COPIES + [FRAMES_AT_ONCE]
    assert all(same(one, look(alone, image)) for one, image in zip(found, images, strict=True))
    assert len({tuple(one.scores.tolist()) for one in found}) == FRAMES_AT_ONCE


def test_frames_of_other_sizes_go_through_apart(lively_pt: Path, device: str) -> None:
    images = [frame_of(size_hw, seed) for size_hw in SIZES_HW for seed in (0, 1)]
    gate = Gate()
    network = TorchYolo(plain(lively_pt), device, dtypes=[torch.float32], when_run=gate)
    found = gate.together(network, [(image, {}) for image in images])
    # The smallest two are both square once they are laid into the input.
    assert sorted(gate.sizes[COPIES:]) == [2, 2, 2, 4]
    assert all(same(one, look(network, image)) for one, image in zip(found, images, strict=True))


def test_each_of_a_batch_has_limits_of_its_own(lively_pt: Path) -> None:
    image = frame_of((480, 640))
    gate = Gate()
    network = TorchYolo(plain(lively_pt), "cpu", when_run=gate)
    limits: list[dict[str, Any]] = [
        {},
        {"conf": 0.6},
        {"classes": [1]},
        {"max_det": 3},
        {"iou": 0.1},
        {"classes": []},
    ]
    every, sure, pears, few, apart, none = gate.together(network, [(image, changes) for changes in limits])
    assert gate.sizes[COPIES:] == [len(limits)]
    assert 0 < len(sure.scores) < len(every.scores)
    assert sure.scores.min() > 0.6
    assert set(pears.classes) == {1} < set(every.classes)
    first = {key: value[:3] for key, value in vars(every).items() if value is not None}
    assert same(few, replace(every, **first))
    assert 0 < len(apart.scores) < len(every.scores)
    assert none.boxes_xyxy.shape == (0, 4)


def test_sessions_side_by_side_each_get_their_own_boxes(lively_pt: Path, device: str) -> None:
    network = TorchYolo(plain(lively_pt), device, dtypes=[torch.float32])
    images = [frame_of(size_hw, seed) for seed in range(3) for size_hw in SIZES_HW]
    expected = [look(network, image) for image in images]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda image: look(network, image), images * 3))
    assert all(same(one, other) for one, other in zip(found, expected * 3, strict=True))


def test_half_the_digits_find_the_same(lively_pt: Path, device: str) -> None:
    image = frame_of((480, 640))
    exact, quick = (
        look(TorchYolo(plain(lively_pt), device, dtypes=[dtype]), image)
        for dtype in (torch.float32, torch.float16)
    )
    assert matches(quick.boxes_xyxy, exact.boxes_xyxy) >= 0.95 * len(exact.scores) > 20
    assert quick.scores[:10] == pytest.approx(exact.scores[:10], abs=0.02)
    moved = np.abs(quick.boxes_xyxy[:, None] - exact.boxes_xyxy[None]).max(axis=2).min(axis=1)
    assert np.median(moved) < 0.5


def overflowing(path: Path) -> Any:
    """A network whose numbers become too large for FP16, and small again."""
    network = plain(path).fuse(verbose=False)
    with torch.no_grad():
        network.model[1].conv.weight *= 1e7
        network.model[2].conv.weight *= 1e-7
    return network


def test_a_network_that_needs_all_digits_gets_them(lively_pt: Path) -> None:
    image = frame_of((480, 640))
    found = look(TorchYolo(overflowing(lively_pt), "cpu", dtypes=[torch.float16, torch.float32]), image)
    assert same(found, look(TorchYolo(overflowing(lively_pt), "cpu"), image))
    assert len(found.scores) > 20
    with pytest.raises(PipelineError, match="no finite numbers"):
        TorchYolo(overflowing(lively_pt), "cpu", dtypes=[torch.float16])


def test_a_picture_that_must_not_be_written_is_looked_at(lively_pt: Path) -> None:
    network, image = TorchYolo(plain(lively_pt), "cpu"), frame_of((320, 320))
    expected = look(network, image)
    image.flags.writeable = False
    assert same(look(network, image), expected)


def test_no_picture_is_changed(lively_pt: Path) -> None:
    image = frame_of((320, 320))
    before = image.copy()
    look(TorchYolo(plain(lively_pt), "cpu"), image)
    assert (image == before).all()


class SmallMemory(nn.Module):
    """Finds one box on each frame, at its mean brightness, where no more than `room` come at once."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        if len(frames) > self._room:
            raise torch.OutOfMemoryError
        return (frames.mean(dim=(1, 2, 3))[:, None, None].expand(-1, 5, 1),)


def grey(brightness: int) -> Tensor:
    return torch.full((32, 32, 3), brightness, dtype=torch.uint8)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_what_is_too_much_for_the_memory_is_done_in_parts(count: int) -> None:
    copy = Copy(SmallMemory(room=2), torch.device("cpu"), torch.float32)
    rows = copy([grey(10 * number) for number in range(count)])
    assert [row[0, 0] for row in rows] == pytest.approx([10 * number / 255 for number in range(count)])


def test_one_frame_that_is_too_much_is_an_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        Copy(SmallMemory(room=0), torch.device("cpu"), torch.float32)([grey(1), grey(2)])


def test_the_copies_share_nothing(lively_pt: Path) -> None:
    one, other = copies_of(plain(lively_pt), torch.device("cpu"), [torch.float32])
    addresses = [{part.data_ptr() for part in copy._network.parameters()} for copy in (one, other)]
    assert not addresses[0] & addresses[1]


@pytest.mark.parametrize(
    ("definition", "suits"),
    [
        ("yolo11n.yaml", True),
        ("yolo26n.yaml", True),
        ("yolo11n-seg.yaml", False),
        ("yolo11n-pose.yaml", False),
        ("yolo11n-obb.yaml", False),
        ("yolov10n.yaml", False),
    ],
)
def test_plain_networks_go_the_short_way(definition: str, suits: bool) -> None:
    assert TorchYolo.suits(import_ultralytics().YOLO(definition).model) == suits


def test_other_plain_networks_go_the_long_way(tmp_path: Path) -> None:
    assert not TorchYolo.suits(import_ultralytics().RTDETR("rtdetr-resnet50.yaml").model)
    of_grey = tiny_network(tmp_path).model
    of_grey.yaml["channels"] = 1
    assert not TorchYolo.suits(of_grey)
    with_one_head = import_ultralytics().YOLO("yolo26n.yaml").model
    with_one_head.end2end = True
    assert not TorchYolo.suits(with_one_head.fuse(verbose=False))


def test_two_heads_find_what_ultralytics_finds(tmp_path: Path) -> None:
    path = tmp_path / "two_heads.pt"
    enliven(tiny_network(tmp_path, "end2end: true\nreg_max: 1\n")).save(str(path))
    image = frame_of((320, 320))
    found, expected = (
        look(network, image, max_det=20)
        for network in (TorchYolo(plain(path), "cpu"), YoloNetwork(path, "cpu"))
    )
    assert same(found, expected)
    assert len(found.scores) == 20


def test_a_file_is_opened_the_short_way_where_that_will_do(lively_pt: Path, tmp_path: Path) -> None:
    assert isinstance(open_in_torch(lively_pt, "cpu", lambda frames: None), TorchYolo)
    import_ultralytics().YOLO("yolo11n-seg.yaml").save(str(tmp_path / "segments.pt"))
    assert isinstance(open_in_torch(tmp_path / "segments.pt", "cpu", lambda frames: None), YoloNetwork)


def test_where_a_gpu_is_said_to_be_all_sessions_share_one_network_and_batches_are_told(
    lively_pt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sharing, with the network itself on the CPU; that it runs on a GPU only a GPU can show."""
    monkeypatch.setattr(yolo_networks, "cuda_available", lambda: True)
    monkeypatch.setattr(
        yolo_networks, "open_in_torch", lambda path, device, when_run: open_in_torch(path, "cpu", when_run)
    )
    cache, sizes = NetworkCache(), list[int]()
    store = WeightsStore(lively_pt.parent, tmp_path / "cache")
    loaded = load_yolo(str(lively_pt), "auto", cache, store)
    cache.when_batched = sizes.append
    with loaded.network.borrow() as one, loaded.network.borrow() as other:
        assert one is other
        look(one, frame_of((320, 320)))
    assert cache.frames_at_once == FRAMES_AT_ONCE
    assert sizes == [1]
