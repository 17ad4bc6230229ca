"""The detect and track tools with a network whose boxes are known: what is asked, given and remarked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.detectors.letterbox import MAX_INPUT_PIXELS, longest_side
from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes
from pipelines.engine.detectors.yolo_networks import LoadedYolo
from pipelines.engine.devices import DeviceChoice
from pipelines.tools.base import RunContext
from pipelines.tools.yolo import detect
from pipelines.tools.yolo.any_angle import SMALL_ANGLES
from pipelines.tools.yolo.detect import (
    SAID_MORE,
    SLIM_FRAME,
    SMALLER,
    DetectParams,
    DetectTool,
    TrackParams,
    TrackTool,
    side_for_files,
)
from pipelines.tools.yolo.jumps import MOVED_TOO_FAR
from pipelines.tools.yolo.tracker import TrackerSettings
from tests.pipelines.tools.conftest import Image, MakeContext

FRAME = np.zeros((100, 200, 3), np.uint8)
NAMES = {0: "car", 1: "bus"}
CPU = DeviceChoice("auto", "cpu")
TOO_LARGE = f"its input has at most {MAX_INPUT_PIXELS:,} pixels"
INPUT_SIDE = longest_side((3000, 4000), 4000, 32)


class Network:
    """Gives the boxes that a test wants, and keeps what it was asked."""

    def __init__(self, boxes: int = 3, *, oriented: bool = False) -> None:
        self.asked: list[DetectOptions] = []
        self.boxes, self.oriented = boxes, oriented

    @contextmanager
    def borrow(self) -> Iterator["Network"]:
        yield self

    def find(self, image_bgr: Image, options: DetectOptions) -> FoundBoxes:
        self.asked.append(options)
        count = min(self.boxes, options.max_det)
        boxes = np.array([[20 * n, 10, 20 * n + 10, 30] for n in range(count)], np.float32).reshape(-1, 4)
        scores = np.array([0.9 - 0.1 * n for n in range(count)], np.float32)
        corners = [[[x1, y1], [x2, y1], [x2, y2], [x1, y2]] for x1, y1, x2, y2 in boxes]
        polygons = np.array(corners, np.float32).reshape(-1, 4, 2) if self.oriented else None
        return FoundBoxes(boxes, scores, np.array([n % 3 for n in range(count)], np.int64), polygons)


OpenTool = Callable[..., Any]


@pytest.fixture
def open_tool(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> OpenTool:
    """Open a tool with a network: `open_tool(network, live=True, imgsz=320)`."""

    def open_it(network: Network, kind: Any = DetectTool, *, live: bool = False, **options: Any) -> Any:
        loaded = {name: options.pop(name) for name in ("fixed_size_hw", "device") if name in options}
        use: Any = network
        found = LoadedYolo(use, NAMES, "openvino", **{"fixed_size_hw": None, "device": CPU, **loaded})
        monkeypatch.setattr(detect, "load_yolo", lambda *_: found)
        params = TrackParams if kind is TrackTool else DetectParams
        return kind(params(weights="some/folder/yolo11n.onnx", **options), make_context(live=live))

    return open_it


def run(tool: Any, image: Image = FRAME) -> tuple[dict[str, Any], list[str]]:
    context = RunContext(1)
    return dict(tool.run({"image": image}, context)), context.warnings


class TestDetect:
    def test_boxes_are_fractions_of_the_frame_with_label_and_score(self, open_tool: OpenTool) -> None:
        outputs, warnings = run(open_tool(Network()))

        assert warnings == []
        assert outputs.keys() == {"detections"}
        first, second, third = outputs["detections"]
        assert (first.x, first.y, first.w, first.h) == pytest.approx((0, 0.1, 0.05, 0.2))
        assert [box.label for box in (first, second, third)] == ["car", "bus", "2"]
        assert [box.score for box in (first, second, third)] == pytest.approx([0.9, 0.8, 0.7])
        assert first.polygon is None

    def test_oriented_boxes_keep_their_corners(self, open_tool: OpenTool) -> None:
        outputs, _ = run(open_tool(Network(2, oriented=True), max_det=1))

        (box,) = outputs["detections"]
        assert np.array(box.polygon) == pytest.approx(
            np.array([[0, 0.1], [0.05, 0.1], [0.05, 0.3], [0, 0.3]])
        )

    def test_the_network_is_asked_for_what_the_parameters_say_and_one_box_more(
        self, open_tool: OpenTool
    ) -> None:
        network = Network()
        run(open_tool(network, imgsz=320, conf=0.4, iou=0.6, max_det=7, classes=["bus"]))
        run(open_tool(network))

        assert network.asked == [
            DetectOptions(320, 0.4, 0.6, 8, [1]),
            DetectOptions(640, 0.25, 0.7, 301, None),
        ]

    @pytest.mark.parametrize(("live", "side"), [(False, 1897), (True, 640)])
    def test_a_slim_frame_of_a_file_is_seen_larger(self, open_tool: OpenTool, live: bool, side: int) -> None:
        network = Network(0)
        run(open_tool(network, live=live), np.zeros((1000, 3000, 3), np.uint8))

        (options,) = network.asked
        assert options.imgsz == side

    def test_boxes_that_are_left_out_are_told_once(self, open_tool: OpenTool) -> None:
        tool = open_tool(Network(3), max_det=2)
        outputs, warnings = run(tool)

        assert len(outputs["detections"]) == 2
        assert warnings == ["There are more than 2 boxes: only the best 2 of a frame are given (max_det)"]
        assert run(tool)[1] == []
        assert tool.state() == SAID_MORE

    def test_exactly_as_many_boxes_as_may_be_are_all(self, open_tool: OpenTool) -> None:
        tool = open_tool(Network(2), max_det=2)
        outputs, warnings = run(tool)

        assert (len(outputs["detections"]), warnings, tool.state()) == (2, [], b"")

    def test_what_was_said_is_said_no_more_in_the_middle_of_a_file(self, open_tool: OpenTool) -> None:
        slim = np.zeros((100, 4000, 3), np.uint8)
        device = DeviceChoice("cuda", "cpu", "there is no GPU")
        fresh = open_tool(Network(3), live=True, max_det=2, device=device)
        assert len(run(fresh, slim)[1]) == 3

        for state, said in [(SAID_MORE, 0), (b"", 1)]:
            resumed = open_tool(Network(3), live=True, max_det=2, device=device)
            resumed.restore(state)
            assert len(run(resumed, slim)[1]) == said

    @pytest.mark.parametrize(
        ("frame_hw", "imgsz", "live", "remark"),
        [
            ((400, 2000), 640, True, SLIM_FRAME.format(side=640, long=2000)),
            ((284, 711), 640, True, None),
            ((284, 712), 640, True, SLIM_FRAME.format(side=640, long=712)),
            ((400, 2000), 640, False, None),
            ((480, 640), 640, True, None),
            ((3000, 4000), 4096, False, SMALLER.format(side=INPUT_SIDE, imgsz=4096, reason=TOO_LARGE)),
        ],
    )
    def test_a_frame_that_is_made_smaller_is_remarked_once(
        self, open_tool: OpenTool, frame_hw: tuple[int, int], imgsz: int, live: bool, remark: str | None
    ) -> None:
        tool, frame = open_tool(Network(0), live=live, imgsz=imgsz), np.zeros((*frame_hw, 3), np.uint8)

        assert run(tool, frame)[1] == ([remark] if remark else [])
        assert run(tool, frame)[1] == []

    def test_a_network_of_fixed_size_misses_small_things_on_slim_frames_only(
        self, open_tool: OpenTool
    ) -> None:
        for frame_hw, remarks in [((400, 2000), 1), ((3000, 4000), 0)]:
            tool = open_tool(Network(0), fixed_size_hw=(640, 480))
            assert len(run(tool, np.zeros((*frame_hw, 3), np.uint8))[1]) == remarks

    @pytest.mark.parametrize(
        ("fixed", "imgsz", "expected"),
        [
            (None, 640, [640, "yolo11n.onnx"]),
            ((480, 640), 640, [[480, 640], "yolo11n.onnx"]),
        ],
    )
    def test_tells_what_it_runs_on(
        self, open_tool: OpenTool, fixed: tuple[int, int] | None, imgsz: int, expected: list[Any]
    ) -> None:
        metadata = open_tool(Network(), fixed_size_hw=fixed, imgsz=imgsz).metadata()

        assert [metadata["imgsz"], metadata["weights"]] == expected
        assert (metadata["backend"], metadata["device_used"], metadata["fallback"]) == (
            "openvino",
            "cpu",
            False,
        )
        assert metadata["classes"] is None
        assert metadata["versions"] == {name: version(name) for name in ("ultralytics", "openvino")}

    @pytest.mark.parametrize(
        ("options", "remarks"),
        [
            ({"fixed_size_hw": (320, 320), "imgsz": 640}, ["sees 320 pixels"]),
            ({"fixed_size_hw": (320, 320)}, []),
            ({"fixed_size_hw": (640, 480), "imgsz": 640}, []),
            ({"imgsz": 640}, []),
            (
                {"device": DeviceChoice("cuda", "cpu", "there is no GPU")},
                ["on the cpu instead of cuda"],
            ),
        ],
    )
    def test_another_device_or_a_smaller_size_is_remarked_once(
        self, open_tool: OpenTool, options: dict[str, Any], remarks: list[str]
    ) -> None:
        tool = open_tool(Network(), **options)
        warnings = run(tool)[1]

        assert len(warnings) == len(remarks)
        assert all(said in warning for said, warning in zip(remarks, warnings, strict=True))
        assert run(tool)[1] == []


class Tracker:
    """Numbers the boxes of a frame as a test says."""

    def __init__(self, kind: str, settings: TrackerSettings) -> None:
        self.kind, self.settings = kind, settings
        self.ids = {0: 7, 2: 5}
        self.seen: list[Any] = []

    def update(self, detections: list[Detection], image_bgr: Image) -> dict[int, int]:
        self.seen.append((len(detections), image_bgr))
        return self.ids

    def state(self) -> bytes:
        return b"tracks"

    def restore(self, state: bytes) -> None:
        assert state == b"tracks"
        self.ids = {}


class TestTrack:
    @pytest.fixture(autouse=True)
    def fake_tracker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(detect, "Tracker", Tracker)

    def test_tracks_come_first_and_weak_boxes_only_on_one(self, open_tool: OpenTool) -> None:
        network = Network(5)
        tool = open_tool(network, TrackTool, conf=0.6, track_low=0.3, match=0.7, keep_frames=9)
        outputs, _ = run(tool)

        assert [box.track_id for box in outputs["tracks"]] == [7, 5]
        assert outputs["detections"][:2] == outputs["tracks"]
        assert [round(box.score, 1) for box in outputs["detections"]] == [0.9, 0.7, 0.8, 0.6]
        assert network.asked[0].conf == 0.3
        assert tool._tracker.settings == TrackerSettings(0.6, 0.3, 0.7, 9)
        ((count, image),) = tool._tracker.seen
        assert count == 5
        assert image is FRAME
        assert tool.metadata()["tracker"] == "bytetrack"

    def test_the_lowest_score_is_never_above_the_least_wanted(self, open_tool: OpenTool) -> None:
        network = Network()
        tool = open_tool(network, TrackTool, conf=0.2, track_low=0.5)
        run(tool)

        assert network.asked[0].conf == 0.2
        assert tool._tracker.settings.low == 0.2

    def test_things_that_move_too_far_are_told(
        self, open_tool: OpenTool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tool = open_tool(Network(3), TrackTool)
        given: list[int] = []

        def moved(boxes: Sequence[Detection]) -> bool:
            given.append(len(boxes))
            return True

        monkeypatch.setattr(tool._jumps, "update", moved)

        assert run(tool)[1] == [MOVED_TOO_FAR]
        assert given == [3]

    def test_goes_on_with_tracks_and_with_what_the_detector_has_said(self, open_tool: OpenTool) -> None:
        first = open_tool(Network(4), TrackTool, max_det=3)
        run(first)
        assert first._said_more
        other = open_tool(Network(4), TrackTool, max_det=3)
        other.restore(first.state())

        assert other._said_more
        assert other._tracker.ids == {}
        assert type(other._jumps) is type(first._jumps)
        assert run(other)[1] == []


@pytest.mark.parametrize(
    ("frame_hw", "imgsz", "side"),
    [
        ((480, 640), 640, 640),
        ((400, 1000), 640, 640),
        ((400, 1001), 640, 1001),
        ((1001, 400), 640, 1001),
        ((400, 2000), 640, 2000),
        ((1000, 3000), 640, 1897),
        ((1000, 3000), 320, 960),
        ((10, 8000), 640, 8000),
        ((10, 100_000), 640, 61237),
    ],
)
def test_the_side_of_slim_frames(frame_hw: tuple[int, int], imgsz: int, side: int) -> None:
    assert side_for_files(frame_hw, imgsz) == side


class TestAnyAngle:
    def test_only_where_it_is_asked_for_the_frame_is_looked_at_turned(self, open_tool: OpenTool) -> None:
        plain, turning = Network(), Network()

        run(open_tool(plain))
        run(open_tool(turning, any_angle=True))

        assert len(plain.asked) == 1
        assert len(turning.asked) > len(SMALL_ANGLES)

    def test_networks_of_oriented_boxes_are_asked_once(self, open_tool: OpenTool) -> None:
        network = Network(oriented=True)

        run(open_tool(network, any_angle=True))

        assert len(network.asked) == 1

    @pytest.mark.parametrize("kind", [DetectTool, TrackTool])
    def test_goes_on_in_a_file_without_looking_all_around_again(self, open_tool: OpenTool, kind: Any) -> None:
        tool = open_tool(Network(0), kind, any_angle=True)
        run(tool)
        network = Network(0)
        again = open_tool(network, kind, any_angle=True)

        again.restore(tool.state())
        run(again)

        assert len(network.asked) == 1
