"""RapidOCR's detector of text, in as many copies as calls are in it at once: some of them may be paused."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.networks import HUNG_AFTER_S
from pipelines.engine.readers.text_finder_input import Image, normalised
from pipelines.engine.scheduling.frame_clock import loading
from pipelines.engine.scheduling.slots import MOST_PAUSED
from pipelines.engine.scheduling.yielding import yield_slot

# One more than may be paused: the call that has the slot never waits for one that waits for the slot.
MOST_COPIES = MOST_PAUSED + 1


class TextFinders:
    """Copies of a detector, each for one call at a time; a second one is loaded when two calls need one."""

    def __init__(self, load: Callable[[], Any], hung_after_s: float = HUNG_AFTER_S) -> None:
        self._load = load
        self._hung_after_s = hung_after_s
        self._idle = [load()]
        self._to_load = MOST_COPIES - 1
        self._changed = threading.Condition()

    @contextmanager
    def borrow(self) -> Iterator[Any]:
        """Hold a copy for the body, which may give way; waits where all of them are in use.

        Where none comes back for `hung_after_s`, native code is likely to hang, and one more is loaded.
        """
        finder = self._take()
        try:
            yield finder
        finally:
            self._give_back(finder)

    def _take(self) -> Any:
        with self._changed:
            while not self._idle and self._to_load <= 0:
                self._to_load += not self._changed.wait(self._hung_after_s)
            if self._idle:
                return self._idle.pop()
            self._to_load -= 1
        try:
            with loading():
                return self._load()
        except BaseException:
            with self._changed:
                self._to_load += 1
                self._changed.notify()
            raise

    def _give_back(self, finder: Any) -> None:
        with self._changed:
            self._idle.append(finder)
            self._changed.notify()


def load_finder(ocr: Any) -> Any:
    """A warm detector of this RapidOCR, which gives way while it works."""
    import openvino
    from rapidocr.ch_ppocr_det import TextDetector

    from pipelines.engine.readers.pausing_network import with_pauses

    options = ocr.cfg.Det
    # As RapidOCR completes them for the one that it would load.
    options.engine_cfg = ocr.cfg.EngineConfig[options.engine_type.value]
    options.model_root_dir = ocr.cfg.Global.model_root_dir
    finder = TextDetector(options)
    model = finder.session.model
    with_pauses(model)
    finder.session.session = openvino.Core().compile_model(model, "CPU").create_infer_request()
    # RapidOCR sorts the boxes but not their scores: we keep both as they come and order lines ourselves.
    finder.sorted_boxes = as_they_come
    finder.get_preprocess = lambda: partial(prepared, mean=finder.mean[0], deviation=finder.std[0])
    finder.postprocess_op.unclip = yielding(finder.postprocess_op.unclip)
    finder(np.full((480, 640, 3), 255, np.uint8))
    return finder


def prepared(picture: Image, mean: float, deviation: float) -> NDArray[np.float32]:
    """The network's input, before which the call yields its slot once more."""
    numbers = normalised(picture, mean, deviation)
    yield_slot()
    return numbers


def as_they_come(boxes: Any) -> Any:
    """No order."""
    return boxes


def yielding(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The step for one of many boxes, which gives way before."""

    def step_by_step(box: Any) -> Any:
        yield_slot()
        return step(box)

    return step_by_step
