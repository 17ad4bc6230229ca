"""An engine without networks: real slots and real threads, pipelines that do what a test tells them."""

import asyncio
import io
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

from PIL import Image

from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.slot import Slot
from pipelines.engine.scheduling.slots import Slots
from pipelines.errors import UnknownPipeline
from pipelines.tools.base import Pressure
from pipelines.tools.inspector import RunReport

PATIENCE_S = 60.0
# So long that it cannot be taken for the age of a frame.
RUN_TOTAL_MS = 1e7


@cache
def jpeg(width: int = 64, height: int = 48) -> bytes:
    """A small valid picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def huge_header() -> bytes:
    """A valid small file whose header declares 60000x60000 pixels."""
    data = jpeg()
    size_at = data.index(b"\xff\xc0") + 5
    return data[:size_at] + (60_000).to_bytes(2, "big") * 2 + data[size_at + 4 :]


class FakePipeline:
    """Answers each frame with its index; `hold()` keeps frames in their thread until `release()`."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.pressures: list[Pressure] = []
        self.deadlines: list[float | None] = []
        self.error: Exception | None = None
        self.result: Mapping[str, Any] | None = None
        self.number = 0
        self.closed = 0
        self.closed_while_running = False
        self._running = False
        self._free = threading.Event()
        self._free.set()
        self.begun = threading.Semaphore(0)
        self.was_closed = threading.Event()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def run(
        self, payload: Mapping[str, Any], pressure: Pressure = Pressure.NORMAL, deadline: float | None = None
    ) -> RunReport:
        self._running = True
        self.deadlines.append(deadline)
        self.seen.append(payload["frame_index"])
        self.pressures.append(pressure)
        self.begun.release()
        assert self._free.wait(PATIENCE_S), "a test left a frame held"
        self._running = False
        if self.error:
            raise self.error
        result = {"detections": [], "pipeline": self.number} if self.result is None else self.result
        timings = {"decode": 0.5, "detect": 2.0049, "total": RUN_TOTAL_MS}
        counters = {"ocr_reads": 1, "ocr_reads_saved": 3, "ocr_reads_put_off": 2}
        return RunReport(dict(result), timings, [], counters)

    def close(self) -> None:
        self.closed += 1
        self.closed_while_running |= self._running
        self.was_closed.set()


class FakeNetworks:
    """Nothing is loaded; a test may say that a batch ran."""

    when_batched: Callable[[int], None] = staticmethod(lambda size: None)


class FakeEngine:
    """Takes the place of the engine and of `aopen_live`; opens the pipelines it is given, by id."""

    def __init__(self, slots: int = 1) -> None:
        self.held = Slots(slots)
        self.decoders = Slots(1)
        self.networks = FakeNetworks()
        self.make: dict[str, Callable[[], FakePipeline]] = {"fake": FakePipeline}
        self.opened: list[FakePipeline] = []
        self.open_error: Exception | None = None
        self.open_gate = asyncio.Event()
        self.open_gate.set()
        self.opening = asyncio.Event()

    @property
    def slots(self) -> int:
        return self.held.count

    @property
    def busy(self) -> int:
        return self.held.count - self.held.free

    @property
    def lent(self) -> int:
        return self.held.lent

    @property
    def waiting(self) -> int:
        return self.held.waiting

    def slot(self, usage: Usage | None = None) -> AbstractAsyncContextManager[Slot]:
        return self.held.acquire(usage)

    def decoder(self, usage: Usage | None = None) -> AbstractAsyncContextManager[Slot]:
        return self.decoders.acquire(usage)

    async def aopen_live(self, pipeline_id: str) -> FakePipeline:
        self.opening.set()
        await self.open_gate.wait()
        if self.open_error:
            raise self.open_error
        if pipeline_id not in self.make:
            raise UnknownPipeline(pipeline_id)
        pipeline = self.make[pipeline_id]()
        pipeline.number = len(self.opened)
        self.opened.append(pipeline)
        return pipeline


async def begun(pipeline: FakePipeline) -> None:
    """Wait until the pipeline begins a frame that was not waited for yet."""
    assert await asyncio.to_thread(pipeline.begun.acquire, timeout=PATIENCE_S), "no frame began"


async def closed(pipeline: FakePipeline) -> None:
    """Wait until the pipeline was closed."""
    assert await asyncio.to_thread(pipeline.was_closed.wait, PATIENCE_S), "the pipeline was not closed"


async def waiting(engine: FakeEngine, count: int = 1) -> None:
    """Wait until so many sessions wait for a slot."""
    async with asyncio.timeout(PATIENCE_S):
        while engine.waiting < count:  # noqa: ASYNC110  # the queue's length has no event
            await asyncio.sleep(0)
