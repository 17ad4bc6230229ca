"""YOLO networks of every kind find what is there, on the device that they say."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.detections import Detection
from pipelines.engine import openvino as openvino_module
from pipelines.engine.compiled import CompiledNetwork
from pipelines.engine.detectors.nms import DetectOptions
from pipelines.engine.detectors.ultralytics import import_ultralytics
from pipelines.engine.detectors.yolo_networks import YoloNetwork
from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError, WeightsNotFound
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.yolo.detect import DetectParams, DetectTool, TrackParams, TrackTool, plugin, unavailable
from tests.pipelines.tools.conftest import Image, MakeContext

pytestmark = pytest.mark.model


def detect(tool: DetectTool, image: Image) -> list[Detection]:
    return list(tool.run({"frame_index": 1, "image": image}, RunContext(1))["detections"])


def warnings_of(tool: DetectTool, image: Image) -> list[str]:
    context = RunContext(1)
    tool.run({"frame_index": 1, "image": image}, context)
    return context.warnings


def fresh_context(folder: Path) -> OpenContext:
    """A store and a cache of networks that no other test has used."""
    store = WeightsStore(folder / "weights", folder / "cache", allowed=[Path(gettempdir())])
    return OpenContext(NetworkCache(), store)


def converted(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "openvino").iterdir())


def test_a_real_network_finds_the_bus_and_the_people(
    make_context: MakeContext, coco_network: str, bus: Image
) -> None:
    tool = DetectTool(DetectParams(weights=coco_network), make_context())
    found = detect(tool, bus)
    labels = Counter(box.label for box in found)
    assert labels["bus"] == 1
    assert labels["person"] >= 3
    for box in found:
        assert 0 <= box.x < box.x + box.w <= 1
        assert 0 <= box.y < box.y + box.h <= 1
    (found_bus,) = (box for box in found if box.label == "bus")
    assert found_bus.w > 0.8
    assert found_bus.y == pytest.approx(0.21, abs=0.05)


def test_a_network_of_fixed_size_uses_its_own_size_and_says_so(
    make_context: MakeContext, coco_network: str, bus: Image
) -> None:
    tool = DetectTool(DetectParams(weights=coco_network, imgsz=1280), make_context())
    context = RunContext(1)
    found = tool.run({"frame_index": 1, "image": bus}, context)["detections"]
    assert "bus" in {box.label for box in found}
    assert context.warnings == [
        "The network sees 320 pixels on the longer side instead of 1280: its size is fixed"
    ]
    assert tool.metadata()["imgsz"] == [320, 320]
    assert tool.metadata()["backend"] == "openvino"


def test_only_the_classes_asked_for_are_found(
    make_context: MakeContext, coco_network: str, bus: Image
) -> None:
    tool = DetectTool(DetectParams(weights=coco_network, classes=["bus"]), make_context())
    assert {box.label for box in detect(tool, bus)} == {"bus"}
    with pytest.raises(PipelineError, match="no class unicorn; it has: person, bicycle"):
        DetectTool(DetectParams(weights=coco_network, classes=["unicorn"]), make_context())


def test_the_limits_are_kept(make_context: MakeContext, coco_network: str, bus: Image) -> None:
    strict = DetectTool(DetectParams(weights=coco_network, conf=0.7), make_context())
    assert all(box.score >= 0.7 for box in detect(strict, bus))
    few = DetectTool(DetectParams(weights=coco_network, max_det=2), make_context())
    assert len(detect(few, bus)) == 2


@pytest.mark.parametrize("kind", [(DetectTool, DetectParams), (TrackTool, TrackParams)])
def test_boxes_that_are_left_out_are_told_once(
    make_context: MakeContext, coco_network: str, bus: Image, kind: tuple[Any, Any]
) -> None:
    tool, params = kind
    first = tool(params(weights=coco_network, max_det=2), make_context())
    second = tool(params(weights=coco_network, max_det=2), make_context())
    third = tool(params(weights=coco_network, max_det=2), make_context())
    second.restore(first.state())
    warnings = [warnings_of(first, bus), warnings_of(first, bus), warnings_of(second, bus)]
    third.restore(second.state())
    warnings.append(warnings_of(third, bus))
    said = ["There are more than 2 boxes: only the best 2 of a frame are given (max_det)"]
    assert warnings == [said, [], said, []]


def test_as_many_boxes_as_may_be_are_all(make_context: MakeContext, coco_network: str, bus: Image) -> None:
    count = len(detect(DetectTool(DetectParams(weights=coco_network), make_context()), bus))
    tool = DetectTool(DetectParams(weights=coco_network, max_det=count), make_context())
    assert warnings_of(tool, bus) == []


def test_two_sessions_share_one_network(
    make_context: MakeContext, coco_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    DetectTool(DetectParams(weights=coco_network), make_context())
    monkeypatch.setattr(YoloNetwork, "__init__", lambda *_: pytest.fail("loaded again"))
    DetectTool(DetectParams(weights=coco_network, conf=0.5), make_context())


def test_asking_for_a_gpu_that_is_not_there_is_told_once(
    make_context: MakeContext, coco_network: str, noise: Image
) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    tool = DetectTool(DetectParams(weights=coco_network), make_context(device="cuda"))
    assert tool.metadata()["device_used"] == "cpu"
    assert tool.metadata()["fallback"] is True
    contexts = [RunContext(1), RunContext(2)]
    for context in contexts:
        tool.run({"frame_index": context.frame_index, "image": noise}, context)
    assert contexts[0].warnings == ["YOLO runs on the cpu instead of cuda: no CUDA device was found"]
    assert contexts[1].warnings == []


def test_the_tools_own_device_comes_before_the_servers(make_context: MakeContext, coco_network: str) -> None:
    tool = DetectTool(DetectParams(weights=coco_network, device="cpu"), make_context(device="cuda"))
    assert tool.metadata()["device_requested"] == "cpu"
    assert tool.metadata()["fallback"] is False


def test_a_pt_file_is_exported_into_the_cache_and_never_beside_itself(
    tmp_path: Path, tiny_pt: Path, noise: Image
) -> None:
    before = sorted(tiny_pt.parent.iterdir())
    tool = DetectTool(DetectParams(weights=str(tiny_pt), conf=0.0, max_det=7), fresh_context(tmp_path))
    found = detect(tool, noise)
    assert len(found) == 7
    assert {box.label for box in found} <= {"apple", "pear", "plum"}
    assert tool.metadata()["backend"] == "openvino"
    assert sorted(tiny_pt.parent.iterdir()) == before
    assert len(converted(tmp_path)) == 1


def test_a_network_of_free_size_sees_the_frame_without_padding(
    tmp_path: Path, tiny_pt: Path, noise: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes_hw: list[tuple[int, int]] = []
    requests = CompiledNetwork.requests

    def noted(network: CompiledNetwork, input_hw: tuple[int, int], callers: int) -> Any:
        sizes_hw.append(input_hw)
        return requests(network, input_hw, callers)

    monkeypatch.setattr(CompiledNetwork, "requests", noted)
    tool = DetectTool(DetectParams(weights=str(tiny_pt), imgsz=640), fresh_context(tmp_path))
    detect(tool, noise)
    assert sizes_hw[-1] == (480, 640)
    assert tool.metadata()["imgsz"] == 640


def test_an_onnx_file_of_free_size_keeps_its_names(tmp_path: Path, tiny_pt: Path, noise: Image) -> None:
    path = export_onnx(tiny_pt, tmp_path, dynamic=True)
    tool = DetectTool(DetectParams(weights=str(path), conf=0.0, max_det=5), fresh_context(tmp_path))
    assert len(detect(tool, noise)) == 5
    assert {box.label for box in detect(tool, noise)} <= {"apple", "pear", "plum"}
    assert tool.metadata()["imgsz"] == 640


def export_onnx(weights: Path, folder: Path, **options: object) -> Path:
    """An ONNX file as another tool may write it: without Ultralytics' own post-processing of the graph."""
    import shutil
    import warnings

    copy = folder / weights.name
    shutil.copy(weights, copy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Path(import_ultralytics().YOLO(str(copy)).export(format="onnx", simplify=False, **options))


def test_an_onnx_file_without_notes_gets_numbers_for_names(
    tmp_path: Path, tiny_pt: Path, noise: Image
) -> None:
    import onnx

    path = export_onnx(tiny_pt, tmp_path, imgsz=160)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    tool = DetectTool(DetectParams(weights=str(path), conf=0.0, max_det=5), fresh_context(tmp_path))
    assert {box.label for box in detect(tool, noise)} <= {"class0", "class1", "class2"}
    assert tool.metadata()["imgsz"] == [160, 160]


def test_a_pt_file_runs_on_torch_too(tiny_pt: Path, noise: Image) -> None:
    network = YoloNetwork(tiny_pt, "cpu")
    found = network.find(noise, DetectOptions(conf=0.0, max_det=4))
    assert len(found.scores) == 4
    assert (network.backend, network.fixed_size_hw) == ("pt", None)
    assert network.names == {0: "apple", 1: "pear", 2: "plum"}


def test_an_openvino_folder_is_used_as_it_is(tmp_path: Path, tiny_pt: Path, noise: Image) -> None:
    DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))
    (folder,) = converted(tmp_path)
    other = tmp_path / "other"
    (other / "weights").mkdir(parents=True)
    folder.rename(other / "weights" / "mine_openvino_model")
    tool = DetectTool(DetectParams(weights="mine", conf=0.0, max_det=3), fresh_context(other))
    assert len(detect(tool, noise)) == 3
    assert not (other / "cache").exists()


def test_the_second_process_finds_the_export_in_the_cache(
    tmp_path: Path, tiny_pt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))
    monkeypatch.setattr(openvino_module, "convert", lambda *_: pytest.fail("exported again"))
    DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))


@pytest.mark.parametrize("damage", ["*.xml", "*.bin", "metadata.yaml"])
def test_a_damaged_export_is_made_anew(tmp_path: Path, tiny_pt: Path, noise: Image, damage: str) -> None:
    DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))
    (folder,) = converted(tmp_path)
    (damaged,) = folder.glob(damage)
    damaged.write_bytes(damaged.read_bytes()[:20])
    tool = DetectTool(DetectParams(weights=str(tiny_pt), conf=0.0, max_det=3), fresh_context(tmp_path))
    assert len(detect(tool, noise)) == 3
    assert {box.label for box in detect(tool, noise)} <= {"apple", "pear", "plum"}
    assert converted(tmp_path) == [folder]


def test_two_who_export_at_once_both_get_a_whole_network(tmp_path: Path, tiny_pt: Path, noise: Image) -> None:
    def open_and_run(_: int) -> int:
        params = DetectParams(weights=str(tiny_pt), conf=0.0, max_det=3)
        return len(detect(DetectTool(params, fresh_context(tmp_path)), noise))

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(open_and_run, range(2))) == [3, 3]
    assert len(converted(tmp_path)) == 1


def test_a_network_that_gives_no_boxes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "classes.pt"
    import_ultralytics().YOLO("yolo11n-cls.yaml").save(str(path))
    for _ in range(2):
        with pytest.raises(PipelineError, match="which gives no boxes: choose one for boxes"):
            DetectTool(DetectParams(weights=str(path)), fresh_context(tmp_path))


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path, tiny_pt: Path) -> None:
    context = fresh_context(tmp_path)
    context.weights.cache_dir.mkdir()
    (context.weights.cache_dir / "openvino").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="openvino"):
        DetectTool(DetectParams(weights=str(tiny_pt)), context)


def test_a_place_in_the_cache_that_is_taken_is_an_error(tmp_path: Path, tiny_pt: Path) -> None:
    folder = tmp_path / "cache" / "openvino" / openvino_module.folder_name(tiny_pt)
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the network should be")
    with pytest.raises(OSError, match=folder.name):
        DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))


@pytest.mark.parametrize(
    ("text", "value"), [("{0: 'a'}", {0: "a"}), (None, "default"), ("", "default"), ("{0: open}", "default")]
)
def test_notes_that_cannot_be_read_are_left_out(text: str | None, value: object) -> None:
    assert openvino_module.literal(text, "default") == value


def test_missing_weights_are_told_before_and_at_opening(tmp_path: Path) -> None:
    context = fresh_context(tmp_path)
    params = DetectParams(weights="nothing")
    reason = unavailable(params, context.weights)
    assert reason is not None
    assert "Put the file into" in reason
    with pytest.raises(WeightsNotFound, match="Put the file into"):
        DetectTool(params, context)


def test_nothing_is_printed(
    tmp_path: Path, tiny_pt: Path, noise: Image, capfd: pytest.CaptureFixture[str]
) -> None:
    tool = DetectTool(DetectParams(weights=str(tiny_pt)), fresh_context(tmp_path))
    detect(tool, noise)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"weights": ""},
        {"weights": "a", "imgsz": 1},
        {"weights": "a", "conf": 2},
        {"weights": "a", "device": "abacus"},
        {"weights": "a", "wieghts": "b"},
    ],
)
def test_bad_params_are_refused(params: dict[str, object]) -> None:
    spec = plugin.tool("detect")
    assert spec is not None
    with pytest.raises(ValidationError):
        spec.params.model_validate(params)


def test_the_sentence_that_clients_read() -> None:
    assert {tool.failure for tool in plugin.tools} == {"YOLO inference failed"}


def test_in_the_middle_of_a_file_nothing_is_remarked_again(
    make_context: MakeContext, coco_network: str, bus: Image
) -> None:
    context = make_context(device="gpu")
    first = DetectTool(DetectParams(weights=coco_network), context)
    assert first.state() == b""
    second = DetectTool(DetectParams(weights=coco_network), context)
    second.restore(first.state())
    run = RunContext(7)
    second.run({"image": bus}, run)
    assert run.warnings == []
