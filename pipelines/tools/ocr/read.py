"""OCR: reads text in the boxes that another tool has found, or in the whole frame."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from forgesyte.units import MILLISECONDS
from pipelines.detections import Detection, from_polygons_pixels
from pipelines.engine.devices import GPU_WORDS, DeviceChoice
from pipelines.engine.readers.calibration import Calibration
from pipelines.engine.readers.easyocr.files import why_not_easyocr
from pipelines.engine.readers.easyocr.options import PUBLISHED
from pipelines.engine.readers.easyocr.reader import load_easyocr
from pipelines.engine.readers.rapidocr_reader import BYTES, RapidOcrReader
from pipelines.engine.readers.text_reader import Image, PixelBox, Readers, Reading
from pipelines.engine.scheduling.frame_clock import loading
from pipelines.engine.scheduling.yielding import yield_slot
from pipelines.engine.weights.store import WeightsStore
from pipelines.tools.base import (
    DETECTIONS,
    TEXT,
    OpenContext,
    Plugin,
    RunContext,
    ToolSpec,
)
from pipelines.tools.ocr.both_ways import SURE_WAY, ReadLine, read_both_ways, settled
from pipelines.tools.ocr.follower import Follower
from pipelines.tools.ocr.frame_scale import made_smaller
from pipelines.tools.ocr.line_crops import crop_box
from pipelines.tools.ocr.line_joining import joined_lines
from pipelines.tools.ocr.line_picture import LinePicture
from pipelines.tools.ocr.line_ways import LineWays
from pipelines.tools.ocr.read_params import ReadParams, memory_settings
from pipelines.tools.ocr.reading_budget import ReadingBudget
from pipelines.tools.ocr.reading_order import reading_order, text_of
from pipelines.tools.ocr.text_memory import TextMemory
from pipelines.tools.ocr.track_text import DOUBTFUL

LABEL = "text"


class ReadTool:
    """The text of each box, and all text in reading order.

    For a picture or a file every box is read on every frame. In a live session each line is read once and
    then remembered for as long as its track lasts.
    """

    def __init__(
        self, params: ReadParams, context: OpenContext, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._params = params
        # That of the engine; measurements set another one.
        self.calibration = params.calibration
        self._clock = clock
        self._device, self._readers = load_reader(params, context)
        self._remarks = remarks_on(params.engine, self._device)
        self._said_smaller = False
        self._live = context.live
        self._follower: Follower | None = None
        self._memory = TextMemory(memory_settings(params), clock)
        self._ways = LineWays()
        self._budget = ReadingBudget(params.time_budget_ms)

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Read `detections` where a tool before has given some, else find and read all text on `image`."""
        context.warnings.extend(self._remarks)
        self._remarks = []
        image_bgr = payload["image"]
        if "detections" not in payload:
            boxes = self._read_whole(image_bgr, context)
        else:
            read = self._read_some if self._live else self._read_all
            joined = self._joined(payload["detections"], size_of(image_bgr))
            boxes = self._shown(read(payload, joined, context))
        return {"detections": boxes, "text": text_of(boxes, size_of(image_bgr))}

    def metadata(self) -> Mapping[str, Any]:
        """The device, the library, and its version."""
        engine = self._params.engine
        is_own = engine == "easyocr" and self._params.easyocr.recog_network not in PUBLISHED
        backend = "torch" if is_own or self._device.used == "cuda" else "openvino"
        return {
            **self._device.as_metadata(),
            "engine": engine,
            "backend": backend,
            "versions": {engine: version(engine)},
        }

    def state(self) -> bytes:
        """Nothing: in a file every line is read on every frame."""
        return b""

    def restore(self, state: bytes) -> None:
        """Go on in the middle of a file: the remarks were made at its first frame."""
        self._remarks = []
        self._said_smaller = True

    def close(self) -> None:
        """Nothing to let go of: the networks are shared."""

    def _say_if_smaller(self, image_bgr: Image, context: RunContext) -> None:
        """Remark once that whole frames are made smaller for the reader."""
        if not self._said_smaller and (remark := made_smaller(self._params.engine, image_bgr)):
            self._said_smaller = True
            context.warnings.append(remark)

    def _read_whole(self, image_bgr: Image, context: RunContext) -> list[Detection]:
        self._say_if_smaller(image_bgr, context)
        size_wh = size_of(image_bgr)
        with self._readers.borrow() as reader:
            found = [
                (box, text.reading)
                for text in reader.find_and_read(image_bgr)
                for box in from_polygons_pixels([text.corners], [LABEL], [text.score], size_wh)
            ]
            boxes, readings = [box for box, _ in found], [reading for _, reading in found]
            limits = [SURE_WAY[self._params.engine]] * len(found)
            lines = settled(reader, image_bgr, boxes, readings, limits, self.calibration)
        context.counters["ocr_reads"] += len(lines)
        return [with_text(line.box, line.reading) for line in lines if self._counts(line.reading)]

    def _shown(self, boxes: Sequence[Detection]) -> list[Detection]:
        """The boxes without those that neither the detector nor the reader was sure of."""
        sure = self._params.sure_box
        return [box for box in boxes if box.score >= sure or self._sure(box) or not self._wanted(box)]

    def _sure(self, box: Detection) -> bool:
        """True if a word was surely read in a box: a lone mark or letter is often a part of other things."""
        letters = sum(map(str.isalnum, box.text or ""))
        return letters > 1 and (box.text_score or 0) >= self.calibration.sure_score

    def _read_all(
        self, payload: Mapping[str, Any], detections: Sequence[Detection], context: RunContext
    ) -> list[Detection]:
        boxes = list(detections)
        places = [place for place, box in enumerate(boxes) if self._wanted(box)]
        for place, line in zip(places, self._read(payload["image"], boxes, places, context), strict=True):
            if self._counts(line.reading):
                boxes[place] = with_text(line.box, line.reading)
        return boxes

    def _read_some(
        self, payload: Mapping[str, Any], detections: Sequence[Detection], context: RunContext
    ) -> list[Detection]:
        size_wh = size_of(payload["image"])
        yield_slot()
        keys = self._keys(payload, detections)
        detections = self._ways.follow(keys, detections, size_wh)
        areas = [box.w * box.h for box in detections]
        differences = self._differences(payload["image"], detections, keys)
        chosen = self._memory.choose(keys, areas, differences, context.pressure)
        never_read = self._memory.unread(keys)
        places = self._affordable(payload["image"], detections, chosen, context, never_read)
        context.counters["ocr_reads_put_off"] += len(chosen) - len(places)
        lines = self._read(payload["image"], detections, places, context, keys)
        for place, line in zip(places, lines, strict=True):
            key = keys[place]
            assert key is not None, "only boxes with a key are chosen"
            if self._counts(line.reading):
                detections[place] = line.box
                self._ways.note(key, line.box, size_wh)
            self._memory.note(key, line.reading, picture_of(payload["image"], detections[place]))
        known = [self._memory.best(key) for key in keys]
        unread = set(range(len(known))) - set(places)
        context.counters["ocr_reads_saved"] += sum(known[place] is not None for place in unread)
        return [
            with_text(box, reading, self._memory.age_s(key)) if reading else box
            for box, reading, key in zip(detections, known, keys, strict=True)
        ]

    def _differences(
        self, image_bgr: Image, boxes: Sequence[Detection], keys: Sequence[int | None]
    ) -> list[float | None]:
        """By how much each line differs from the picture of it that was read; None where there is none."""
        size_wh, pictures = size_of(image_bgr), [self._memory.picture(key) for key in keys]
        return [
            picture.difference(image_bgr, box.polygon_pixels(size_wh), DOUBTFUL) if picture else None
            for box, picture in zip(boxes, pictures, strict=True)
        ]

    def _read(
        self,
        image_bgr: Image,
        boxes: Sequence[Detection],
        places: Sequence[int],
        context: RunContext,
        keys: Sequence[int | None] = (),
    ) -> list[ReadLine]:
        if not places:
            return []
        chosen = [boxes[place] for place in places]
        # Of a line that was read before it is known which way up it is, unless it suddenly reads badly.
        known = [bool(keys) and self._ways.knows(keys[place]) for place in places]
        sure_way = SURE_WAY[self._params.engine]
        limits = [min(self.calibration.sure_score, sure_way) if one else sure_way for one in known]
        start = self._clock()
        with self._readers.borrow() as reader:
            lines = read_both_ways(reader, image_bgr, chosen, limits, self.calibration)
        self._budget.spent(
            crops_of(image_bgr, boxes, places, self.calibration), (self._clock() - start) * MILLISECONDS
        )
        context.counters["ocr_reads"] += len(places)
        return lines

    def _joined(self, boxes: Sequence[Detection], size_wh: tuple[int, int]) -> Sequence[Detection]:
        if not self._params.join:
            return boxes
        others = [box for box in boxes if box.label != LABEL]
        lines = joined_lines((box for box in boxes if box.label == LABEL), size_wh)
        return reading_order([*lines, *others], size_wh)

    def _keys(self, payload: Mapping[str, Any], boxes: Sequence[Detection]) -> list[int | None]:
        """The line of each box: the track numbers of the tool before, or our own where it gives none."""
        if "tracks" in payload or any(box.track_id is not None for box in boxes):
            keys = [box.track_id for box in boxes]
        else:
            # Made here because it brings torch, which a session that reads whole frames does not need.
            with loading():
                self._follower = self._follower or Follower()
            keys = self._follower.keys(boxes, payload["image"])
        return [key if self._wanted(box) else None for key, box in zip(keys, boxes, strict=True)]

    def _affordable(
        self,
        image_bgr: Image,
        boxes: Sequence[Detection],
        places: Sequence[int],
        context: RunContext,
        unread: int,
    ) -> list[int]:
        """Those of these places for which there is time on this frame."""
        crops = crops_of(image_bgr, boxes, places, self.calibration)
        return [places[number] for number in self._budget.affordable(crops, self._clock(), context, unread)]

    def _wanted(self, box: Detection) -> bool:
        return self._params.labels is None or box.label in self._params.labels

    def _counts(self, reading: Reading) -> bool:
        return bool(reading.text) and reading.score >= self.calibration.min_score


def load_reader(params: ReadParams, context: OpenContext) -> tuple[DeviceChoice, Readers]:
    """The reader that sessions share, and where it runs; raises PipelineError."""
    requested = params.device or context.device
    if params.engine == "easyocr":
        return load_easyocr(params.easyocr, requested, context.networks, context.weights)
    reason = "RapidOCR reads on the CPU" if requested in GPU_WORDS else None
    readers = context.networks.get(("rapidocr",), RapidOcrReader, size=BYTES)
    return DeviceChoice(requested, "cpu", reason), readers


def remarks_on(engine: str, device: DeviceChoice) -> list[str]:
    """The remarks that a session is told once."""
    if not device.fallback:
        return []
    return [f"{engine} runs on the {device.used} instead of {device.requested}: {device.reason}"]


def crops_of(
    image_bgr: Image, boxes: Sequence[Detection], places: Sequence[int], margins: Calibration
) -> list[PixelBox]:
    """The boxes at these places as a reader gets them: those that are not level on pictures of their own."""
    return [crop_box(boxes[place], size_of(image_bgr), margins) for place in places]


def picture_of(image_bgr: Image, box: Detection) -> LinePicture:
    """The picture of a box, to see later if it has changed."""
    return LinePicture.of(image_bgr, box.polygon_pixels(size_of(image_bgr)))


def size_of(image_bgr: Image) -> tuple[int, int]:
    """Width and height of a frame."""
    return image_bgr.shape[1], image_bgr.shape[0]


def with_text(box: Detection, reading: Reading, age_s: float | None = None) -> Detection:
    """The box with what was read in it; with the age of a text that waits to be read again."""
    age_ms = None if age_s is None else age_s * MILLISECONDS
    return replace(box, text=reading.text, text_score=reading.score, text_age_ms=age_ms)


def unavailable(params: ReadParams, weights: WeightsStore) -> str | None:
    """Say why the reader cannot be had, or None; RapidOCR's networks are always there."""
    return why_not_easyocr(params.easyocr, weights) if params.engine == "easyocr" else None


plugin = Plugin(
    "ocr",
    "OCR",
    "1.0",
    (
        ToolSpec(
            id="read",
            name="Read text",
            description="Reads the boxes found before, or the whole frame where nothing stands before.",
            params=ReadParams,
            output_types=frozenset({DETECTIONS, TEXT}),
            open=ReadTool,
            optional_input_types=frozenset({DETECTIONS}),
            unavailable=unavailable,
            failure="Text reading failed",
        ),
    ),
)
