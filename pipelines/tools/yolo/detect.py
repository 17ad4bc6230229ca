"""YOLO: finds things on a frame, and follows them from frame to frame."""

import math
import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.detections import Detection, from_polygons_pixels, from_xyxy_pixels
from pipelines.engine.detectors.letterbox import MAX_INPUT_PIXELS, longest_side
from pipelines.engine.detectors.nms import BoxNetwork, DetectOptions, FoundBoxes
from pipelines.engine.detectors.yolo_networks import TASKS, LoadedYolo, load_yolo
from pipelines.engine.weights.known_facts import TASKS as FINDS
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError
from pipelines.tools.base import (
    DETECTIONS,
    MAX_LABELS,
    TRACKS,
    OpenContext,
    Plugin,
    RunContext,
    ToolSpec,
)
from pipelines.tools.parameters import PLAIN_NAME, OperatorOnly
from pipelines.tools.yolo.any_angle import AnyAngle
from pipelines.tools.yolo.closer_look import CloserLook
from pipelines.tools.yolo.jumps import MOVED_TOO_FAR, JumpWatch
from pipelines.tools.yolo.tracker import Tracker, TrackerSettings

STRIDE = 32
MOST_NAMED = 100
NUMBERED = re.compile(r"class\d+")
FAILURE = "YOLO inference failed"
SMALLER = "The network sees {side} pixels on the longer side instead of {imgsz}: {reason}"
SLIM_FRAME = (
    "The frame is long and thin, and the network sees {side} pixels on the longer side instead of {long}: "
    "small things may be missed"
)
# A frame that is so many times as long as wide is slim.
SLIM = 2.5
# Four times the usual input, which takes 0.2 GB of memory.
SLIM_PIXELS = 1_200_000
# So little smaller is as good.
NEARLY = 0.9
# The last byte of a tool's state where it was said that boxes are left out; no pickle ends with it.
SAID_MORE = b"\x01"


class DetectParams(BaseModel):
    """The parameters of `yolo.detect`."""

    model_config = ConfigDict(extra="forbid")

    weights: Annotated[str, OperatorOnly(PLAIN_NAME, "a name from the weights list, such as yolo11n")] = (
        Field(
            min_length=1,
            description="A name; in a stored pipeline also a path, or the address of a network on a server",
        )
    )
    imgsz: int = Field(640, ge=32, le=4096, description="The longer side of the network's input in pixels")
    conf: float = Field(0.25, ge=0, le=1, description="Boxes with a lower score are left out")
    iou: float = Field(
        0.7, ge=0, le=1, description="Of boxes that overlap more than this, the best one stays"
    )
    classes: list[str] | None = Field(
        None, max_length=MAX_LABELS, description="Only these labels; all of them where it is not given"
    )
    max_det: int = Field(300, ge=1, le=3000, description="At most so many boxes on a frame")
    dense_imgsz: int | None = Field(
        None,
        ge=32,
        le=4096,
        description="A larger frame full of small boxes is looked at again with this for `imgsz`",
    )
    any_angle: bool = Field(
        False, description="Look for turned lines of text too, with a network that finds level ones"
    )
    device: Literal["auto", "cpu", "cuda", "gpu"] | None = Field(
        None, description="Where to run; the server's setting where it is not given"
    )


class TrackParams(DetectParams):
    """The parameters of `yolo.track`."""

    tracker: Literal["bytetrack", "botsort"] = Field(
        "bytetrack", description="botsort makes up for a moving camera, and costs more"
    )
    track_low: float = Field(0.1, ge=0, le=1, description="Boxes down to this score may carry a track on")
    match: float = Field(0.8, ge=0, le=1, description="How much a box may differ from its track")
    keep_frames: int = Field(
        30, ge=1, le=10_000, description="For how many frames a track is remembered unseen"
    )


class DetectTool:
    """Boxes, labels and scores on each frame."""

    def __init__(self, params: DetectParams, context: OpenContext) -> None:
        if problem := conflict(params, context.weights):
            raise PipelineError(problem)
        requested = params.device or context.device
        self._params = params
        self._loaded = load_yolo(params.weights, requested, context.networks, context.weights)
        self._classes = class_numbers(params.classes, self._loaded.names)
        self._remarks = remarks_on(self._loaded, params)
        self._said_smaller = False
        self._live = context.live
        # A network of fixed size sees no more in a second look.
        closer = None if self._loaded.fixed_size_hw else params.dense_imgsz
        self._closer = CloserLook(closer, keeps=context.live)
        self._said_more = False
        self._any_angle = AnyAngle(context.live) if params.any_angle else None

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Find boxes on `image`."""
        return {"detections": self._find(payload["image"], context, self._params.conf)}

    def metadata(self) -> Mapping[str, Any]:
        """The device, the kind of network, and what it was made of."""
        fixed = self._loaded.fixed_size_hw
        return {
            **self._loaded.device.as_metadata(),
            "backend": self._loaded.backend,
            # Clients see this: of a path or an address only the last part.
            "weights": PurePath(self._params.weights).name,
            "imgsz": list(fixed) if fixed else self._params.imgsz,
            "classes": self._loaded.classes,
            "versions": {"ultralytics": version("ultralytics"), "openvino": version("openvino")},
        }

    def state(self) -> bytes:
        """Keep the angles at which things were found, and whether it was said that boxes are left out."""
        angles = pickle.dumps(self._any_angle) if self._any_angle else b""
        return angles + (SAID_MORE if self._said_more else b"")

    def restore(self, state: bytes) -> None:
        """Go on in the middle of a file: the other remarks were made at its first frame.

        Unpickling runs code, so never give it a state from outside.
        """
        self._remarks = []
        self._said_smaller = True
        self._said_more = state.endswith(SAID_MORE)
        if self._any_angle:
            self._any_angle = pickle.loads(state)

    def close(self) -> None:
        """Nothing to let go of: the network is shared."""

    def _find(self, image_bgr: Any, context: RunContext, conf: float) -> list[Detection]:
        context.warnings.extend(self._remarks)
        self._remarks = []
        params = self._params
        self._say_if_smaller(image_bgr.shape[:2], context)
        # One box more, to see whether any is left out.
        imgsz = params.imgsz if self._live else side_for_files(image_bgr.shape[:2], params.imgsz)
        options = DetectOptions(imgsz, conf, params.iou, params.max_det + 1, self._classes)
        with self._loaded.network.borrow() as network:
            found = self._look(network, image_bgr, options)
        self._say_if_more(len(found.scores), context)
        best = slice(params.max_det)
        height, width = image_bgr.shape[:2]
        labels = [self._loaded.names.get(int(number), str(number)) for number in found.classes[best]]
        if found.polygons is not None:
            return from_polygons_pixels(found.polygons[best], labels, found.scores[best], (width, height))
        return from_xyxy_pixels(found.boxes_xyxy[best], labels, found.scores[best], (width, height))

    def _look(self, network: BoxNetwork, image_bgr: Any, options: DetectOptions) -> FoundBoxes:
        def find_level() -> FoundBoxes:
            return self._closer.find(
                lambda side: network.find(image_bgr, replace(options, imgsz=side)),
                image_bgr.shape[:2],
                options.imgsz,
            )

        if self._any_angle is None:
            return find_level()
        return self._any_angle.find(image_bgr, options, network.find, find_level)

    def _say_if_more(self, count: int, context: RunContext) -> None:
        """Remark once that a frame has more boxes than `max_det`."""
        most = self._params.max_det
        if count > most and not self._said_more:
            self._said_more = True
            context.warnings.append(
                f"There are more than {most} boxes: only the best {most} of a frame are given (max_det)"
            )

    def _say_if_smaller(self, frame_hw: tuple[int, int], context: RunContext) -> None:
        """Remark once that frames are made smaller for the network than `imgsz` asks for."""
        if not self._said_smaller and (remark := self._smaller(frame_hw)):
            self._said_smaller = True
            context.warnings.append(remark)

    def _smaller(self, frame_hw: tuple[int, int]) -> str | None:
        imgsz, fixed = self._params.imgsz, self._loaded.fixed_size_hw
        wanted = side_for_files(frame_hw, imgsz)
        given = max(fixed) if fixed else longest_side(frame_hw, imgsz if self._live else wanted, STRIDE)
        if wanted > imgsz and given < wanted * NEARLY:
            return SLIM_FRAME.format(side=given, long=max(frame_hw))
        if given < imgsz and not fixed:
            reason = f"its input has at most {MAX_INPUT_PIXELS:,} pixels"
            return SMALLER.format(side=given, imgsz=imgsz, reason=reason)
        return None


class TrackTool(DetectTool):
    """Boxes that keep a number for as long as the thing is seen; numbers begin at 1 in each session."""

    def __init__(self, params: TrackParams, context: OpenContext) -> None:
        super().__init__(params, context)
        self._lowest = min(params.track_low, params.conf)
        settings = TrackerSettings(params.conf, self._lowest, params.match, params.keep_frames)
        self._tracker = Tracker(params.tracker, settings)
        self._jumps = JumpWatch()

    def run(self, payload: Mapping[str, Any], context: RunContext) -> Mapping[str, Any]:
        """Find boxes on `image` and carry on their tracks; weak boxes are given only on a track."""
        image_bgr = payload["image"]
        found = self._find(image_bgr, context, self._lowest)
        ids = self._tracker.update(found, image_bgr)
        tracks = [replace(found[index], track_id=track_id) for index, track_id in sorted(ids.items())]
        fresh = [
            box for index, box in enumerate(found) if index not in ids and box.score >= self._params.conf
        ]
        if self._jumps.update([*tracks, *fresh]):
            context.warnings.append(MOVED_TOO_FAR)
        return {"detections": [*tracks, *fresh], "tracks": tracks}

    def state(self) -> bytes:
        """Keep the tracks, and what the detector keeps behind them."""
        return pickle.dumps((self._tracker.state(), self._jumps, super().state()))

    def restore(self, state: bytes) -> None:
        """Carry on these tracks; unpickling runs code, so never give it a state from outside."""
        tracks, self._jumps, detector = pickle.loads(state)
        super().restore(detector)
        self._tracker.restore(tracks)

    def metadata(self) -> Mapping[str, Any]:
        """The detector's metadata, and the kind of the tracker."""
        return {**super().metadata(), "tracker": self._tracker.kind}


def side_for_files(frame_hw: tuple[int, int], imgsz: int) -> int:
    """The longer side that a network is to see of a frame in a file, in pixels.

    Of what is long and thin, such as a receipt, it is more than `imgsz`: there this is the shorter side, as
    far as the input has SLIM_PIXELS at most.
    """
    long, short = max(frame_hw), min(frame_hw)
    if long <= SLIM * short:
        return imgsz
    fits = math.sqrt(SLIM_PIXELS / (long * max(short, STRIDE)))
    return max(imgsz, int(long * min(1.0, imgsz / short, fits)))


def class_numbers(labels: Sequence[str] | None, names: Mapping[int, str]) -> list[int] | None:
    """The network's numbers of these labels; raises PipelineError for a label that it does not know."""
    if labels is None:
        return None
    numbers = {name: number for number, name in names.items()}
    unknown = [label for label in labels if label not in numbers]
    if unknown:
        known = ", ".join(list(numbers)[:MOST_NAMED])
        raise PipelineError(f"The network has no class {', '.join(unknown)}; it has: {known}")
    return [numbers[label] for label in labels]


def remarks_on(loaded: LoadedYolo, params: DetectParams) -> list[str]:
    """Say where the network runs on another device, or sees a smaller size, than was asked for."""
    device, remarks = loaded.device, []
    if device.fallback:
        remarks.append(f"YOLO runs on the {device.used} instead of {device.requested}: {device.reason}")
    side = max(loaded.fixed_size_hw or (params.imgsz,))
    if "imgsz" in params.model_fields_set and side < params.imgsz:
        remarks.append(SMALLER.format(side=side, imgsz=params.imgsz, reason="its size is fixed"))
    return remarks


def unavailable(params: DetectParams, weights: WeightsStore) -> str | None:
    """Say why the weights cannot be had, or do not fit the other parameters, or None."""
    return weights.status(params.weights) or conflict(params, weights)


def conflict(params: DetectParams, weights: WeightsStore) -> str | None:
    """Say why a network that is there cannot do what is asked, or None."""
    if weights.is_here(params.weights) and (problem := weights.status(params.weights)):
        return problem
    facts = weights.facts(params.weights)
    if facts is None:
        return None
    name = PurePath(params.weights).name
    if facts.task not in (*TASKS, None):
        about = FINDS.get(str(facts.task), facts.task)
        return f"'{name}' is a network for {about} ({facts.task}), which gives no boxes: choose one for boxes"
    return unknown_labels(name, params.classes or (), facts.names)


def unknown_labels(name: str, labels: Sequence[str], names: Mapping[int, str] | None) -> str | None:
    """Say which labels a network does not have; one without names has only numbers, from class0 on."""
    if names is None:
        unknown = [label for label in labels if not NUMBERED.fullmatch(label)]
        known = "only numbers, from class0 on"
    else:
        unknown = [label for label in labels if label not in set(names.values())]
        known = ", ".join(list(names.values())[:MOST_NAMED])
    if not unknown:
        return None
    return f"'{name}' has no class {', '.join(unknown[:MOST_NAMED])}; it has: {known}"


plugin = Plugin(
    "yolo",
    "YOLO",
    "1.0",
    (
        ToolSpec(
            id="detect",
            name="Find things",
            description="Boxes with label and score, by any network that Ultralytics loads.",
            params=DetectParams,
            output_types=frozenset({DETECTIONS}),
            open=DetectTool,
            unavailable=unavailable,
            conflict=conflict,
            failure=FAILURE,
        ),
        ToolSpec(
            id="track",
            name="Follow things",
            description="Finds things and keeps a number on each of them as it moves.",
            params=TrackParams,
            output_types=frozenset({DETECTIONS, TRACKS}),
            open=TrackTool,
            unavailable=unavailable,
            conflict=conflict,
            failure=FAILURE,
        ),
    ),
)
