"""The reading tool with a reader whose texts are known: what it gives, remarks, keeps and follows."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.devices import DeviceChoice
from pipelines.engine.readers.rapidocr_reader import BYTES, RapidOcrReader
from pipelines.engine.readers.text_reader import FoundText, PixelBox, Reading
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr import read as read_module
from pipelines.tools.ocr.frame_scale import made_smaller
from pipelines.tools.ocr.read import ReadTool, load_reader, remarks_on, with_text
from pipelines.tools.ocr.read_params import ReadParams
from tests.pipelines.tools.conftest import Image, MakeContext

FRAME = np.full((480, 640, 3), 255, np.uint8)
LARGE = np.full((3000, 4000, 3), 255, np.uint8)
CPU = DeviceChoice("auto", "cpu")


class Reader:
    """Finds and reads what a test says."""

    def __init__(self, *found: FoundText, reading: Reading | None = None) -> None:
        self.found = list(found)
        self.reading = reading or Reading("NO ENTRY", 0.99)
        self.reads = 0

    @contextmanager
    def borrow(self) -> Iterator["Reader"]:
        yield self

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        return self.found

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        self.reads += len(boxes_xyxy)
        return [self.reading] * len(boxes_xyxy)


OpenTool = Callable[..., ReadTool]


@pytest.fixture
def open_tool(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> OpenTool:
    """Open the tool with a reader: `open_tool(reader, live=True, labels=["text"])`."""

    def open_it(reader: Reader, *, live: bool = False, device: DeviceChoice = CPU, **params: Any) -> ReadTool:
        monkeypatch.setattr(read_module, "load_reader", lambda *_: (device, reader))
        return ReadTool(ReadParams(**params), make_context(live=live))

    return open_it


def found(text: str, left: float, score: float = 0.9, text_score: float = 0.99) -> FoundText:
    corners = ((left, 100.0), (left + 160, 100.0), (left + 160, 124.0), (left, 124.0))
    return FoundText(corners, score, Reading(text, text_score))


def box(x: float = 0.1, score: float = 0.9, label: str = "text", **fields: Any) -> Detection:
    return Detection(x, 0.2, 0.25, 0.05, label, score, **fields)


def run(tool: ReadTool, image: Image = FRAME, **payload: Any) -> tuple[dict[str, Any], RunContext]:
    context = RunContext(1)
    return dict(tool.run({"image": image, **payload}, context)), context


class TestWholeFrames:
    def test_all_that_counts_is_given_in_reading_order(self, open_tool: OpenTool) -> None:
        reader = Reader(found("ENTRY", 300), found("NO", 100), found("|l|", 20, text_score=0.1))
        outputs, context = run(open_tool(reader))

        assert outputs["text"] == "NO\nENTRY"
        assert [(one.text, one.label) for one in outputs["detections"]] == [("ENTRY", "text"), ("NO", "text")]
        assert outputs["detections"][1].x == pytest.approx(100 / 640)
        assert context.counters["ocr_reads"] == 3

    def test_a_frame_that_the_reader_sees_smaller_is_remarked_once(self, open_tool: OpenTool) -> None:
        tool = open_tool(Reader())

        assert run(tool)[1].warnings == []
        remark = made_smaller("rapidocr", LARGE)
        assert remark is not None
        assert run(tool, LARGE)[1].warnings == [remark]
        assert run(tool, LARGE)[1].warnings == []

    def test_nothing_is_remarked_again_in_the_middle_of_a_file(self, open_tool: OpenTool) -> None:
        device = DeviceChoice("cuda", "cpu", "there is no GPU")
        assert len(run(open_tool(Reader(), device=device), LARGE)[1].warnings) == 2
        resumed = open_tool(Reader(), device=device)
        resumed.restore(b"")

        assert run(resumed, LARGE)[1].warnings == []
        assert resumed.state() == b""


class TestBoxes:
    def test_each_box_of_a_file_is_read_on_each_frame(self, open_tool: OpenTool) -> None:
        reader = Reader()
        tool = open_tool(reader)
        for _ in range(2):
            outputs, context = run(tool, detections=[box(0.1), box(0.6)])
        assert outputs["text"] == "NO ENTRY\nNO ENTRY"
        assert [one.text_score for one in outputs["detections"]] == [0.99, 0.99]
        assert (reader.reads, context.counters["ocr_reads"]) == (4, 2)

    @pytest.mark.parametrize(
        ("score", "text", "text_score", "is_shown"),
        [
            (0.6, "x", 0.6, True),
            (0.59, "NO", 0.99, True),
            (0.59, "N.", 0.99, False),
            (0.59, "NO", 0.7, False),
            (0.59, "..", 0.99, False),
        ],
    )
    def test_a_weak_box_is_shown_where_a_word_was_surely_read(
        self, open_tool: OpenTool, score: float, text: str, text_score: float, is_shown: bool
    ) -> None:
        tool = open_tool(
            Reader(reading=Reading(text, text_score)), sure_box=0.6, sure_score=0.8, min_score=0.5
        )

        assert bool(run(tool, detections=[box(score=score)])[0]["detections"]) is is_shown

    def test_boxes_of_other_labels_are_passed_on_unread(self, open_tool: OpenTool) -> None:
        reader = Reader()
        outputs, _ = run(open_tool(reader, labels=["text"]), detections=[box(score=0.1, label="car")])

        assert [(one.label, one.text) for one in outputs["detections"]] == [("car", None)]
        assert reader.reads == 0

    def test_boxes_of_one_line_are_joined_unless_told_otherwise(self, open_tool: OpenTool) -> None:
        boxes = [box(0.1), box(0.2), box(0.1, label="car"), box(0.2, label="car")]
        for join, count in [(True, 3), (False, 4)]:
            assert len(run(open_tool(Reader(), join=join), detections=boxes)[0]["detections"]) == count

    def test_the_age_of_a_text_is_given_in_milliseconds(self) -> None:
        assert with_text(box(), Reading("A", 0.9), 0.5) == box(text="A", text_score=0.9, text_age_ms=500)
        assert with_text(box(), Reading("A", 0.9)).text_age_ms is None


class Follower:
    """Numbers boxes by their place."""

    def __init__(self) -> None:
        self.calls = 0

    def keys(self, boxes: Sequence[Detection], image_bgr: Image) -> list[int | None]:
        self.calls += 1
        return list(range(len(boxes)))


class TestLive:
    @pytest.fixture(autouse=True)
    def followers(self, monkeypatch: pytest.MonkeyPatch) -> list[Follower]:
        made: list[Follower] = []

        def make() -> Follower:
            made.append(Follower())
            return made[-1]

        monkeypatch.setattr(read_module, "Follower", make)
        return made

    def test_lines_without_numbers_are_followed_by_one_follower(
        self, open_tool: OpenTool, followers: list[Follower]
    ) -> None:
        reader = Reader()
        tool = open_tool(reader, live=True)
        for _ in range(3):
            outputs, context = run(tool, detections=[box()])
        assert [follower.calls for follower in followers] == [3]
        assert (reader.reads, outputs["text"], context.counters["ocr_reads_saved"]) == (1, "NO ENTRY", 1)

    def test_the_time_of_reading_is_taken_from_the_budget(
        self, open_tool: OpenTool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tool = open_tool(Reader(), live=True)
        ticks = itertools.count(step=0.25)
        spent: list[tuple[int, float]] = []
        monkeypatch.setattr(tool, "_clock", lambda: next(ticks))
        monkeypatch.setattr(tool._budget, "spent", lambda crops, ms: spent.append((len(crops), ms)))
        run(tool, detections=[box(0.1, track_id=7), box(0.6, track_id=8)])
        assert spent == [(2, 250)]
        run(tool, detections=[box(0.1, track_id=7), box(0.6, track_id=8)])
        assert len(spent) == 1, "nothing had to be read again"

    @pytest.mark.parametrize(
        "payload", [{"detections": [box(track_id=7)]}, {"detections": [box()], "tracks": []}]
    )
    def test_numbers_of_the_tool_before_are_taken(
        self, open_tool: OpenTool, followers: list[Follower], payload: dict[str, Any]
    ) -> None:
        run(open_tool(Reader(), live=True), **payload)
        assert followers == []


class TestOpening:
    @pytest.mark.parametrize(
        ("engine", "used", "options", "backend"),
        [
            ("rapidocr", "cpu", {}, "openvino"),
            ("easyocr", "cpu", {}, "openvino"),
            ("easyocr", "cuda", {}, "torch"),
            ("easyocr", "cpu", {"recog_network": "own"}, "torch"),
            ("rapidocr", "cpu", {"recog_network": "own"}, "openvino"),
        ],
    )
    def test_tells_what_it_runs_on(
        self, open_tool: OpenTool, engine: str, used: str, options: dict[str, str], backend: str
    ) -> None:
        tool = open_tool(Reader(), device=DeviceChoice("auto", used), engine=engine, easyocr=options)

        assert tool.metadata() == {
            **DeviceChoice("auto", used).as_metadata(),
            "engine": engine,
            "backend": backend,
            "versions": {engine: version(engine)},
        }

    def test_another_device_is_remarked(self) -> None:
        assert remarks_on("easyocr", CPU) == []
        remarks = remarks_on("easyocr", DeviceChoice("cuda", "cpu", "there is no GPU"))
        assert remarks == ["easyocr runs on the cpu instead of cuda: there is no GPU"]

    @pytest.mark.parametrize(
        ("server", "own", "requested", "reason"),
        [
            ("auto", None, "auto", None),
            ("auto", "cuda", "cuda", "RapidOCR reads on the CPU"),
            ("gpu", None, "gpu", "RapidOCR reads on the CPU"),
            ("cuda", "cpu", "cpu", None),
        ],
    )
    def test_rapidocr_is_shared_and_reads_on_the_cpu(
        self, make_context: MakeContext, server: str, own: Any, requested: str, reason: str | None
    ) -> None:
        asked: list[Any] = []
        context = make_context(device=server)

        class Networks:
            def get(self, key: Any, load: Any, *, size: Any) -> str:
                asked.append((key, load, size))
                return "readers"

        networks: Any = Networks()
        opening = OpenContext(networks, context.weights, device=server)
        device, readers = load_reader(ReadParams(device=own), opening)
        assert device == DeviceChoice(requested, "cpu", reason)
        assert str(readers) == "readers"
        assert asked == [(("rapidocr",), RapidOcrReader, BYTES)]

    def test_easyocr_is_asked_for_the_tools_own_device(
        self, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context = make_context(device="cpu")
        monkeypatch.setattr(read_module, "load_easyocr", lambda *asked: asked)
        params = ReadParams(engine="easyocr", device="cuda")

        asked: Any = load_reader(params, context)
        assert asked == (params.easyocr, "cuda", context.networks, context.weights)
