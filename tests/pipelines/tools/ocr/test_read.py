"""RapidOCR reads real pictures: whole frames, boxes that another tool has found, and live sessions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from pipelines.detections import Detection
from pipelines.engine.readers.rapidocr_reader import RapidOcrReader
from pipelines.engine.readers.text_reader import PixelBox, Reading
from pipelines.tools.base import RunContext
from pipelines.tools.ocr.read import ReadTool, plugin
from pipelines.tools.ocr.read_params import ReadParams
from pipelines.tools.yolo.detect import DetectParams, DetectTool
from tests.pipelines.tools.conftest import Image, MakeContext, letterboxed, picture_from

pytestmark = pytest.mark.model
SIGN = ["NO ENTRY", "Platform 7", "EXIT"]


def draw_sign(lines: Sequence[str] = SIGN) -> tuple[Image, list[Detection]]:
    """A white frame with printed lines, and their boxes."""
    import cv2

    image = np.full((480, 640, 3), 255, np.uint8)
    boxes = []
    for number, text in enumerate(lines):
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 2)
        left, bottom = 60, 100 + 110 * number
        cv2.putText(image, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
        y = (bottom - height - 6) / 480
        boxes.append(Detection((left - 4) / 640, y, (width + 8) / 640, (height + 12) / 480, "text", 0.9))
    return image, boxes


@pytest.fixture
def reader(make_context: MakeContext) -> ReadTool:
    return ReadTool(ReadParams(), make_context())


class CountingReader:
    """Notes what the real reader is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[int] = []
        read = RapidOcrReader.read

        def counted(reader: RapidOcrReader, image_bgr: Image, boxes: Sequence[PixelBox]) -> list[Reading]:
            self.calls.append(len(boxes))
            return read(reader, image_bgr, boxes)

        monkeypatch.setattr(RapidOcrReader, "read", counted)


def found_words(text: str, words: list[str]) -> int:
    return sum(word.lower() in text.lower() for word in words)


@pytest.mark.parametrize(
    ("picture", "at_least"),
    [
        ("poster.png", 38),
        ("line.jpg", 26),
        ("street_sign.jpg", 2),
        ("street_awning.jpg", 2),
        ("house_number.jpg", 1),
    ],
)
def test_the_whole_frame_is_read(
    reader: ReadTool, test_media: Path, words: dict[str, list[str]], picture: str, at_least: int
) -> None:
    image = letterboxed(picture_from(test_media / "media" / "text" / picture))
    outputs = reader.run({"frame_index": 1, "image": image}, RunContext(1))
    assert found_words(outputs["text"], words[picture]) >= at_least
    for box in outputs["detections"]:
        assert box.label == "text"
        assert box.text
        assert 0.5 <= box.text_score <= 1
        assert 0 < box.score <= 1


def test_the_whole_frame_comes_in_reading_order(reader: ReadTool, poster: Image) -> None:
    text = reader.run({"frame_index": 1, "image": poster}, RunContext(1))["text"]
    places = [
        text.index(start) for start in ("Reduce your", "Clean hands", "Cover nose", "Avoid", "Thoroughly")
    ]
    assert places == sorted(places)


def test_an_empty_frame_has_no_text(reader: ReadTool) -> None:
    image = np.full((480, 640, 3), 200, np.uint8)
    assert reader.run({"frame_index": 1, "image": image}, RunContext(1)) == {"detections": [], "text": ""}


def test_the_boxes_of_the_tool_before_are_read_in_one_call(
    reader: ReadTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, boxes = draw_sign()
    counting, context = CountingReader(monkeypatch), RunContext(1)
    outputs = reader.run({"frame_index": 1, "image": image, "detections": boxes}, context)
    assert [box.text for box in outputs["detections"]] == SIGN
    assert outputs["text"] == "\n".join(SIGN)
    assert counting.calls == [3]
    assert context.counters["ocr_reads"] == 3
    for read, given in zip(outputs["detections"], boxes, strict=True):
        assert replace(read, text=None, text_score=None) == given


def test_no_boxes_before_means_nothing_to_read(reader: ReadTool, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = CountingReader(monkeypatch)
    image, _ = draw_sign()
    outputs = reader.run({"frame_index": 1, "image": image, "detections": []}, RunContext(1))
    assert outputs == {"detections": [], "text": ""}
    assert counting.calls == []


def test_boxes_of_any_label_are_read_unless_labels_are_given(make_context: MakeContext) -> None:
    image, boxes = draw_sign()
    mixed = [replace(boxes[0], label="plate"), boxes[1], replace(boxes[2], label="person")]
    payload = {"frame_index": 1, "image": image, "detections": mixed}
    everything = ReadTool(ReadParams(), make_context()).run(payload, RunContext(1))
    assert everything["text"] == "\n".join(SIGN)
    for live in (False, True):
        some = ReadTool(ReadParams(labels=["plate", "text"]), make_context(live=live))
        outputs = some.run(payload, RunContext(1))
        assert [box.text for box in outputs["detections"]] == ["NO ENTRY", "Platform 7", None]


def test_what_cannot_be_read_stays_a_box_without_text(reader: ReadTool, noise: Image) -> None:
    box = Detection(0.1, 0.1, 0.3, 0.05, "text", 0.9)
    outputs = reader.run({"frame_index": 1, "image": noise, "detections": [box]}, RunContext(1))
    assert outputs == {"detections": [box], "text": ""}


@pytest.mark.parametrize("turns", [1, 3])
def test_lines_that_run_up_or_down_are_read(reader: ReadTool, turns: int) -> None:
    image, boxes = draw_sign(["Platform 7"])
    box = boxes[0]
    turned = np.ascontiguousarray(np.rot90(image, turns))
    if turns == 1:
        upright = Detection(box.y, 1 - box.x - box.w, box.h, box.w, "text", 0.9)
    else:
        upright = Detection(1 - box.y - box.h, box.x, box.h, box.w, "text", 0.9)
    outputs = reader.run({"frame_index": 1, "image": turned, "detections": [upright]}, RunContext(1))
    assert outputs["text"] == "Platform 7"


def test_a_single_narrow_letter_is_not_turned(reader: ReadTool) -> None:
    image, boxes = draw_sign(["7"])
    outputs = reader.run({"frame_index": 1, "image": image, "detections": boxes}, RunContext(1))
    assert outputs["text"] == "7"


@pytest.mark.parametrize(
    "box",
    [
        Detection(0.0, 0.0, 1.0, 1.0, "text", 0.9),
        Detection(0.999, 0.999, 0.001, 0.001, "text", 0.9),
        Detection(0.5, 0.5, 0.4, 0.0001, "text", 0.9),
        Detection(0.5, 0.2, 0.0001, 0.6, "text", 0.9),
    ],
)
def test_boxes_of_any_shape_do_no_harm(reader: ReadTool, noise: Image, box: Detection) -> None:
    outputs = reader.run({"frame_index": 1, "image": noise, "detections": [box]}, RunContext(1))
    assert len(outputs["detections"]) == 1


def test_reading_boxes_and_whole_frames_takes_turns(reader: ReadTool) -> None:
    image, boxes = draw_sign()
    for _ in range(2):
        whole = reader.run({"frame_index": 1, "image": image}, RunContext(1))
        assert whole["text"] == "\n".join(SIGN)
        part = reader.run({"frame_index": 1, "image": image, "detections": boxes[:1]}, RunContext(1))
        assert part["text"] == "NO ENTRY"


def test_nothing_to_read_is_nothing_read() -> None:
    image, _ = draw_sign()
    assert RapidOcrReader().read(image, []) == []


def test_sessions_share_one_reader(make_context: MakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    ReadTool(ReadParams(), make_context())
    monkeypatch.setattr(RapidOcrReader, "__init__", lambda *_: pytest.fail("loaded again"))
    ReadTool(ReadParams(), make_context(live=True))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    image, _ = draw_sign()
    reader = RapidOcrReader()
    assert reader.find_and_read(image)
    assert reader.read(image, [(10, 10, 200, 60)])
    assert capfd.readouterr() == ("", "")


def test_asking_for_a_gpu_is_answered_honestly_and_once(make_context: MakeContext) -> None:
    tool = ReadTool(ReadParams(device="cuda"), make_context())
    assert tool.metadata()["device_used"] == "cpu"
    assert tool.metadata()["fallback"] is True
    image, _ = draw_sign()
    contexts = [RunContext(1), RunContext(2)]
    for context in contexts:
        tool.run({"frame_index": 1, "image": image, "detections": []}, context)
    assert contexts[0].warnings == ["rapidocr runs on the cpu instead of cuda: RapidOCR reads on the CPU"]
    assert contexts[1].warnings == []


def test_a_frame_that_is_made_smaller_is_told_once(make_context: MakeContext) -> None:
    tool, resumed = (ReadTool(ReadParams(), make_context()) for _ in range(2))
    resumed.restore(tool.state())
    image = np.full((600, 2400, 3), 255, np.uint8)
    contexts = [RunContext(number) for number in range(3)]
    tool.run({"frame_index": 1, "image": image, "detections": []}, contexts[0])
    tool.run({"frame_index": 2, "image": image}, contexts[1])
    tool.run({"frame_index": 3, "image": image}, contexts[2])
    said = ["rapidocr sees 2000 pixels on the longer side instead of 2400: small letters may be missed"]
    assert [context.warnings for context in contexts] == [[], said, []]
    context = RunContext(4)
    resumed.run({"frame_index": 4, "image": image}, context)
    assert context.warnings == []


@pytest.fixture
def detector(make_context: MakeContext) -> DetectTool:
    return DetectTool(DetectParams(weights="forgesyte-text-n"), make_context())


def test_the_bundled_detector_and_the_reader_read_a_poster(
    detector: DetectTool, reader: ReadTool, poster: Image, words: dict[str, list[str]]
) -> None:
    payload = {"frame_index": 1, "image": poster}
    outputs = reader.run({**payload, **detector.run(payload, RunContext(1))}, RunContext(1))
    assert len(outputs["detections"]) >= 5
    assert found_words(outputs["text"], words["poster.png"]) >= 25


def test_a_live_session_has_read_the_poster_within_ten_frames(
    detector: DetectTool, make_context: MakeContext, poster: Image, words: dict[str, list[str]]
) -> None:
    live = ReadTool(ReadParams(), make_context(live=True))
    for index in range(1, 11):
        payload = {"frame_index": index, "image": poster}
        outputs = live.run({**payload, **detector.run(payload, RunContext(index))}, RunContext(index))
    assert found_words(outputs["text"], words["poster.png"]) >= 25


@pytest.mark.parametrize("live", [False, True])
def test_an_unsure_box_is_shown_only_where_a_word_was_surely_read(
    make_context: MakeContext, live: bool
) -> None:
    image, boxes = draw_sign(["NO ENTRY", "X", "Platform 7", "EXIT"])
    image[300:340] = 255  # the third line is gone
    unsure = [replace(box, score=0.3) for box in boxes[:3]]
    bus = replace(boxes[1], label="bus", score=0.3)
    payload = {"frame_index": 1, "image": image, "detections": [*unsure, replace(boxes[3], score=0.6), bus]}
    tool = ReadTool(ReadParams(sure_box=0.5, labels=["text"], reads_per_frame=10), make_context(live=live))
    shown = tool.run(payload, RunContext(1))["detections"]
    assert [(box.label, box.text) for box in shown] == [("text", "NO ENTRY"), ("bus", None), ("text", "EXIT")]
    everything = ReadTool(ReadParams(labels=["text"], reads_per_frame=10), make_context(live=live))
    assert len(everything.run(payload, RunContext(1))["detections"]) == 5


@pytest.mark.parametrize(
    "params",
    [
        {"engine": "tesseract"},
        {"reads_per_frame": 0},
        {"min_score": 2},
        {"reread_interval_s": 0},
        {"easyocr": {"recog_network": "../evil"}},
        {"langauge": "en"},
    ],
)
def test_bad_params_are_refused(params: dict[str, object]) -> None:
    spec = plugin.tool("read")
    assert spec is not None
    assert spec.failure == "Text reading failed"
    with pytest.raises(ValidationError):
        spec.params.model_validate(params)
