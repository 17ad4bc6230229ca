"""One OpenVINO network, compiled for the sizes that come often and for as many callers as there are."""

import logging
import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)

Size = tuple[int, int]
# A network that is compiled for one size is faster by about 1 ms a frame, and compiling takes half a second.
OFTEN, MOST_SIZES = 3, 4
# Each has memory of its own, and of a large input that millisecond is a small part.
LARGEST = 1280 * 1280
# A crowd that was there a moment ago is likely to come back.
CROWD_LASTS_S = 0.5
MOST_STREAMS = 8


class Crowd:
    """Counts the callers that have been inside at once within the last half second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._inside = 0
        self._most = 0
        self._until = 0.0

    @contextmanager
    def enter(self) -> Iterator[int]:
        """Be one of them for the body; gives their number, oneself among them."""
        with self._lock:
            self._inside += 1
            now = self._clock()
            if self._inside >= self._most or now > self._until:
                self._most, self._until = self._inside, now + CROWD_LASTS_S
            most = self._most
        try:
            yield most
        finally:
            with self._lock:
                self._inside -= 1


class Requests:
    """The requests that run one compiled network: as many as are in use at once."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        # Appending to a list and popping from it are safe between threads.
        self._idle: list[Any] = []

    @contextmanager
    def borrow(self) -> Iterator[Any]:
        """Hold an InferRequest for the body; its output is valid as long."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        try:
            yield request
        finally:
            self._idle.append(request)


class CompiledNetwork:
    """Chooses how to run an input: for one caller all cores work on it, several callers get a share each.

    What is missing is compiled in a thread of its own while the network goes on with what it has: no frame
    waits for that. Several threads may use it at once.
    """

    def __init__(self, core: Any, model: Any, cores: int | None = None) -> None:
        """`model` takes (1, height, width, 3) of any height and width."""
        self._core = core
        self._model = model
        self._most_streams = min(cores or os.cpu_count() or 1, MOST_STREAMS)
        self._ready: dict[tuple[Size | None, int], Requests] = {}
        self._asked: set[tuple[Size | None, int]] = set()
        self._seen: Counter[Size] = Counter()
        self._lock = threading.Lock()
        self._compiler = ThreadPoolExecutor(1, thread_name_prefix="compiler")
        self.compile_now(None, 1)

    @property
    def ready(self) -> frozenset[tuple[Size | None, int]]:
        """The compiled variants: each a size, None for any, and a number of callers."""
        return frozenset(self._ready)

    def requests(self, input_hw: Size, callers: int) -> Requests:
        """The best variant there is for this input; has a better one compiled for the next inputs."""
        streams = self._streams(callers)
        if (input_hw, streams) in self._ready:
            return self._ready[input_hw, streams]
        self._ask_for(input_hw, streams)
        return self._ready.get((input_hw, 1)) or self._ready[None, 1]

    def compile_now(self, input_hw: Size | None, streams: int) -> None:
        """Compile for a size and a number of callers, unless that is done."""
        if (input_hw, streams) in self._ready:
            return
        model = self._model
        if input_hw is not None:
            model = model.clone()
            model.reshape([1, *input_hw, 3])
        hint = {"PERFORMANCE_HINT": "LATENCY"} if streams == 1 else {"NUM_STREAMS": str(streams)}
        self._asked.add((input_hw, streams))
        self._ready[input_hw, streams] = Requests(self._core.compile_model(model, "CPU", hint))

    def wait(self) -> None:
        """Wait until all is compiled that was asked for."""
        self._compiler.submit(int).result()

    def _streams(self, callers: int) -> int:
        """The power of two that suits so many callers."""
        streams = 1 << (callers - 1).bit_length()
        return min(streams, 1 << (self._most_streams.bit_length() - 1))

    def _ask_for(self, input_hw: Size, streams: int) -> None:
        if math.prod(input_hw) > LARGEST:
            return
        with self._lock:
            self._seen[input_hw] += 1
            sizes = {size for size, _ in self._asked if size}
            room = input_hw in sizes or len(sizes) < MOST_SIZES
            if self._seen[input_hw] < OFTEN or not room or (input_hw, streams) in self._asked:
                return
            self._asked.add((input_hw, streams))
        self._compiler.submit(self._compile_quietly, input_hw, streams)

    def _compile_quietly(self, input_hw: Size, streams: int) -> None:
        try:
            self.compile_now(input_hw, streams)
        except Exception:
            # The network goes on as it did.
            logger.exception("network_not_compiled", extra={"fields": {"size": input_hw, "streams": streams}})
