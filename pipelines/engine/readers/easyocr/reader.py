"""Reads text with EasyOCR's networks: through OpenVINO on a CPU, in torch on a GPU."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipelines.engine.detectors.yolo_networks import cuda_available
from pipelines.engine.devices import DeviceChoice, choose_device
from pipelines.engine.networks import MIB, NetworkCache, NetworkUse, SharedNetwork
from pipelines.engine.readers.deskew import straightened
from pipelines.engine.readers.easyocr.canvas import LONGEST, Canvas, Maps
from pipelines.engine.readers.easyocr.files import folders, why_not_easyocr
from pipelines.engine.readers.easyocr.line_pictures import Line, begins_calm
from pipelines.engine.readers.easyocr.lines import Chances, LineReader
from pipelines.engine.readers.easyocr.networks import open_finder, open_recogniser
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.readers.easyocr.recognisers import find_recogniser
from pipelines.engine.readers.easyocr.text_boxes import word_quads
from pipelines.engine.readers.easyocr.text_lines import LEAST_LETTER, joined_words, levelled_quad
from pipelines.engine.readers.pieces import pieces_of_frame
from pipelines.engine.readers.text_finders import TextFinders
from pipelines.engine.readers.text_reader import (
    Corners,
    FoundText,
    Image,
    PixelBox,
    Readers,
    Reading,
    TextReader,
    best_of,
    corners_from,
    quarter_turns,
)
from pipelines.engine.scheduling.frame_clock import loading
from pipelines.engine.scheduling.yielding import not_yielding, yield_slot
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound

# What both networks take in memory with what they work on: measured.
BYTES = 400 * MIB
# A large page full of text takes several seconds on a busy machine.
HUNG_AFTER_S = 20.0
# A box whose edge goes through its first letter is also read from so much of its height before it.
EARLIER = 0.14


class EasyOcrReader:
    """One recogniser, and a detector or a few from the first whole frame on.

    Several threads may use it at once. It gives way to shorter calls between its steps, and holds the
    recogniser for one step only.
    """

    concurrent: bool = True

    def __init__(self, options: EasyOcrOptions, device: str, weights: WeightsStore) -> None:
        """Load the recogniser; raises WeightsNotFound where its file is neither here nor to be had."""
        recogniser = find_recogniser(options, weights)
        self._recognisers = SharedNetwork(
            lambda: open_recogniser(recogniser, device, weights.cache_dir), HUNG_AFTER_S
        )
        self._lines = LineReader(self._recognise, recogniser)
        self._load_finder = partial(open_finder, options, device, weights)
        self._finders: TextFinders | None = None
        self._finding = threading.Lock()

    def read(
        self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox], options: EasyOcrOptions
    ) -> list[Reading]:
        """Cut every box out, make its line level, and read it; tall ones also turned."""
        views = [*views_of(image_bgr, boxes_xyxy), *longer_views(image_bgr, boxes_xyxy)]
        readings = self._lines.read([crop for _, crop in views], options)
        return best_views(views, readings, len(boxes_xyxy))

    def find_and_read(self, image_bgr: Image, options: EasyOcrOptions) -> list[FoundText]:
        """Every line that EasyOCR's own detector finds; WeightsNotFound where that is not to be had."""
        if min(image_bgr.shape[:2]) < LEAST_LETTER:
            return []
        return [
            replace(found, corners=piece.back(found.corners))
            for piece in pieces_of_frame(image_bgr, LONGEST)
            for found in self._find_and_read(piece.image_bgr, options)
        ]

    def _find_and_read(self, image_bgr: Image, options: EasyOcrOptions) -> list[FoundText]:
        canvas = Canvas.of(image_bgr)
        maps = self._find(canvas.picture)
        yield_slot()
        words = [quad / canvas.scale for quad in word_quads(maps[..., 0], maps[..., 1])]
        height, width = image_bgr.shape[:2]
        level, slanted = joined_words(words, (width, height))
        views = views_of(image_bgr, level)
        views += [(len(level) + place, levelled_quad(image_bgr, quad)) for place, quad in enumerate(slanted)]
        corners = [*map(corners_of, level), *(corners_from(quad.tolist()) for quad in slanted)]
        readings = self._lines.read([crop for _, crop in views], options, are_words=True)
        best = best_views(views, readings, len(corners))
        # EasyOCR does not tell how sure its detector is, so the reading's score stands for both.
        return [FoundText(place, one.score, one) for place, one in zip(corners, best, strict=True)]

    def _find(self, picture: Image) -> Maps:
        yield_slot()
        if self._finders is None:
            with loading(), not_yielding(), self._finding:
                self._finders = self._finders or TextFinders(self._load_finder, HUNG_AFTER_S)
        with self._finders.borrow() as finder:
            maps: Maps = finder(picture)
        return maps

    def _recognise(self, lines: Sequence[Line]) -> Sequence[Chances]:
        yield_slot()
        with self._recognisers.borrow() as network:
            return network(lines)


def best_views(views: Sequence[tuple[int, Image]], readings: Sequence[Reading], count: int) -> list[Reading]:
    """For each of `count` lines the best reading of its views, which come with the line's number."""
    return best_of([(number, reading) for (number, _), reading in zip(views, readings, strict=True)], count)


def views_of(image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[tuple[int, Image]]:
    """The pictures to read for each box, with its number."""
    views = []
    for number, (x1, y1, x2, y2) in enumerate(boxes_xyxy):
        yield_slot()
        for turns in quarter_turns((x1, y1, x2, y2)):
            views.append((number, straightened(np.rot90(image_bgr[y1:y2, x1:x2], turns))))
    return views


def longer_views(image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[tuple[int, Image]]:
    """One more picture for each level box whose left edge goes through a letter: it begins before that."""
    return [
        (number, straightened(image_bgr[y1:y2, max(0, x1 - round(EARLIER * (y2 - y1))) : x2]))
        for number, (x1, y1, x2, y2) in enumerate(boxes_xyxy)
        if quarter_turns((x1, y1, x2, y2)) == (0,) and not begins_calm(image_bgr[y1:y2, x1:x2])
    ]


def corners_of(box: PixelBox) -> Corners:
    """The corners of an upright box."""
    x1, y1, x2, y2 = box
    return corners_from([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])


def load_easyocr(
    options: EasyOcrOptions, requested: str, networks: NetworkCache, weights: WeightsStore
) -> tuple[DeviceChoice, Readers]:
    """The reader that sessions with the same networks share; raises PipelineError."""
    reason = why_not_easyocr(options, weights)
    if reason:
        raise WeightsNotFound(reason)
    device = choose_device(requested, cuda_available())
    network = network_of(options, weights)
    shared = networks.get(
        ("easyocr", network, device.used),
        lambda: EasyOcrReader(network, device.used, weights),
        size=BYTES,
    )
    return device, TunedReaders(shared, options)


def network_of(options: EasyOcrOptions, weights: WeightsStore) -> EasyOcrOptions:
    """The options that decide which networks are loaded, the same for all ways to write them."""
    storage, user_networks = folders(options, weights)
    return EasyOcrOptions(
        languages=tuple(sorted(set(options.languages))),
        recog_network=options.recog_network,
        user_network_directory=str(user_networks),
        model_storage_directory=str(storage),
    )


@dataclass(frozen=True)
class TunedReader:
    """The shared reader as one session uses it."""

    shared: EasyOcrReader
    options: EasyOcrOptions

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """One reading for each box."""
        return self.shared.read(image_bgr, boxes_xyxy, self.options)

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Every line on the frame."""
        return self.shared.find_and_read(image_bgr, self.options)


@dataclass(frozen=True)
class TunedReaders:
    """The shared reader, used with the options of one session."""

    shared: NetworkUse[EasyOcrReader]
    options: EasyOcrOptions

    @contextmanager
    def borrow(self) -> Iterator[TextReader]:
        """Use the reader for the body, with these options."""
        with self.shared.borrow() as reader:
            yield TunedReader(reader, self.options)
