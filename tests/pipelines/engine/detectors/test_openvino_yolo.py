"""The short way through OpenVINO finds what Ultralytics' way finds."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml

from pipelines.engine.compiled import MOST_SIZES, OFTEN, CompiledNetwork
from pipelines.engine.detectors import openvino_yolo
from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW, Letterbox
from pipelines.engine.detectors.nms import DetectOptions, best_boxes
from pipelines.engine.detectors.openvino_yolo import OpenVinoYolo
from pipelines.engine.detectors.yolo_networks import YoloNetwork, open_converted
from pipelines.engine.openvino import load_converted
from pipelines.engine.weights.store import BUNDLED_DIR
from training.curve import matches
from training.scenes.scene import scene

pytestmark = pytest.mark.model
BUNDLED = BUNDLED_DIR / "forgesyte-text-n.onnx"
SIZES_HW = [(480, 640), (640, 480), (100, 100), (333, 1000), (1080, 1920), (1, 50), (33, 31)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return load_converted(BUNDLED, tmp_path_factory.mktemp("cache"), lambda folder: folder)


@pytest.fixture(scope="module")
def network(folder: Path) -> OpenVinoYolo:
    return OpenVinoYolo(folder)


@pytest.mark.parametrize("frame_hw", SIZES_HW)
@pytest.mark.parametrize("imgsz", [320, 416, 640])
def test_a_frame_lies_in_the_input_as_ultralytics_lays_it(frame_hw: tuple[int, int], imgsz: int) -> None:
    from ultralytics.data.augment import LetterBox
    from ultralytics.utils.ops import scale_boxes

    frame = np.random.default_rng(0).integers(0, 255, (*frame_hw, 3), np.uint8)
    letterbox = Letterbox.of(frame_hw, imgsz, 32)
    expected = LetterBox((imgsz, imgsz), auto=True, stride=32)(image=frame)
    placed = letterbox.apply(frame)
    assert placed.shape == (1, *expected.shape)
    assert (placed[0] == expected).all()
    high, wide = expected.shape[:2]
    boxes = np.random.default_rng(1).uniform(0, 1, (20, 4)).astype(np.float32) * [wide, high, wide, high]
    back = scale_boxes(expected.shape[:2], boxes.copy(), frame_hw)
    # Ultralytics takes the scale from the sizes with the grey, which is a little less exact.
    assert letterbox.to_frame(boxes.astype(np.float32)) == pytest.approx(
        back, abs=0.003 * max(frame_hw) + 0.05
    )


@pytest.mark.parametrize("classes", [None, [0], [2, 1], []])
@pytest.mark.parametrize("seed", range(4))
def test_of_overlapping_boxes_the_same_are_kept(seed: int, classes: list[int] | None) -> None:
    import torch
    from ultralytics.utils.nms import non_max_suppression

    draw = np.random.default_rng(seed)
    centres, sizes = draw.uniform(0, 200, (2, 400)), draw.uniform(20, 90, (2, 400))
    rows = np.concatenate([centres, sizes, draw.uniform(0, 0.6, (3, 400))]).astype(np.float32)
    found = best_boxes(rows, DetectOptions(conf=0.3, iou=0.5, max_det=60, classes=classes))
    (expected,) = non_max_suppression(
        torch.from_numpy(rows)[None], 0.3, 0.5, classes=classes, max_det=60, nc=3
    )
    if classes == []:
        assert len(found.scores) == 0
        return
    assert found.scores == pytest.approx(expected[:, 4].numpy())
    assert found.boxes_xyxy == pytest.approx(expected[:, :4].numpy(), abs=0.01)
    assert found.classes.tolist() == expected[:, 5].int().tolist()
    assert len(found.scores) > 10


def test_nothing_is_found_where_nothing_is(network: OpenVinoYolo) -> None:
    found = network.find(np.full((64, 64, 3), 80, np.uint8), DetectOptions(conf=0.5))
    assert found.boxes_xyxy.shape == (0, 4)
    assert found.scores.shape == found.classes.shape == (0,)


def test_the_boxes_are_those_of_ultralytics(folder: Path, network: OpenVinoYolo) -> None:
    long_way, rng = YoloNetwork(folder, "cpu"), Random(4)
    assert network.names == long_way.names
    assert network.backend == long_way.backend
    ours = theirs = both = 0
    for seed in range(40):
        image = np.ascontiguousarray(scene(seed)[0][: rng.randint(200, 480), : rng.randint(200, 640)])
        imgsz = rng.choice((320, 480, 640))
        short, long = (way.find(image, DetectOptions(imgsz, conf=0.3)) for way in (network, long_way))
        ours, theirs = ours + len(short.scores), theirs + len(long.scores)
        both += matches(short.boxes_xyxy, long.boxes_xyxy)
    assert both >= 30
    assert ours - both <= 0.05 * ours
    assert theirs - both <= 0.05 * theirs


def test_sizes_that_come_often_get_a_network_of_their_own(folder: Path) -> None:
    network = OpenVinoYolo(folder)._network
    assert network.ready == {(None, 1), (CAMERA_SIZE_HW, 1)}
    for number in range(1, MOST_SIZES + 2):
        size_hw = (32 * number, 64)
        for turn in range(1, OFTEN + 1):
            network.requests(size_hw, 1)
            network.wait()
            assert ((size_hw, 1) in network.ready) == (turn >= OFTEN and number < MOST_SIZES)


def test_several_callers_share_the_cores(folder: Path) -> None:
    network = CompiledNetwork(*model_of(folder), cores=5)
    for callers, streams in ((1, 1), (2, 2), (3, 4), (9, 4)):
        for _ in range(OFTEN):
            network.requests((64, 64), callers)
        network.wait()
        assert ((64, 64), streams) in network.ready
    assert len(network.ready) == 4


def test_no_frame_waits_for_a_network_to_be_compiled(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    network = CompiledNetwork(*model_of(folder), cores=2)
    may_go_on = threading.Event()

    def slow(input_hw: Any, streams: int) -> None:
        assert may_go_on.wait(60)
        raise RuntimeError("no such size")

    monkeypatch.setattr(network, "compile_now", slow)
    for _ in range(OFTEN + 1):
        with network.requests((64, 64), 2).borrow() as request:
            request.infer([np.zeros((1, 64, 64, 3), np.uint8)])
    may_go_on.set()
    network.wait()
    assert network.ready == {(None, 1)}
    assert [record.message for record in caplog.records] == ["network_not_compiled"]


def test_threads_at_once_find_what_one_finds(network: OpenVinoYolo) -> None:
    images = [np.ascontiguousarray(scene(seed)[0]) for seed in range(6)]
    alone = [network.find(image, DetectOptions(320, conf=0.3)) for image in images]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda image: network.find(image, DetectOptions(320, conf=0.3)), images * 4))
    both = most = 0
    for found, expected in zip(together, alone * 4, strict=True):
        # One core and two round differently, so boxes of like scores may change places, or be given or not.
        both += matches(found.boxes_xyxy, expected.boxes_xyxy)
        most += max(len(found.scores), len(expected.scores))
    assert both >= 0.9 * most
    assert sum(len(found.scores) for found in alone) > len(images)


def model_of(folder: Path) -> tuple[Any, Any]:
    import openvino

    core = openvino.Core()
    return core, openvino_yolo.pixels_in(core.read_model(folder / "model.xml"))


def test_the_bundled_network_takes_the_short_way(folder: Path) -> None:
    assert isinstance(open_converted(folder), OpenVinoYolo)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "segment"},
        {"end2end": True},
        {"names": None},
        {"names": {0: "cat", 1: "dog"}},
        {"args": {"dynamic": False}},
        {"args": {"dynamic": True, "nms": True}},
        {"args": None},
    ],
    ids=str,
)
def test_other_networks_go_the_long_way(folder: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    for name in ("model.xml", "model.bin"):
        (tmp_path / name).symlink_to(folder / name)
    notes = yaml.safe_load((folder / "metadata.yaml").read_text())
    (tmp_path / "metadata.yaml").write_text(yaml.safe_dump(notes))
    assert OpenVinoYolo.suits(tmp_path)
    (tmp_path / "metadata.yaml").write_text(yaml.safe_dump(notes | change))
    assert not OpenVinoYolo.suits(tmp_path)


def test_a_folder_without_notes_or_network_does_not_suit(folder: Path, tmp_path: Path) -> None:
    assert not OpenVinoYolo.suits(tmp_path)
    (tmp_path / "model.xml").symlink_to(folder / "model.xml")
    assert not OpenVinoYolo.suits(tmp_path)


def test_other_systems_go_the_long_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_yolo, "SYSTEMS", {("win32", "AMD64")})
    assert not OpenVinoYolo.suits(folder)
