"""The engine of one process: slots to run in, loader threads to open in, networks that all sessions share."""

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Self

from pipelines.engine.detectors.ultralytics import allow_pickles
from pipelines.engine.networks import MIB, NetworkCache
from pipelines.engine.scheduling.overload_flag import Pressure
from pipelines.engine.scheduling.slot_tuner import SlotTuner
from pipelines.engine.scheduling.slots import EngineClosed, Slot, Slots
from pipelines.engine.weights.store import WeightsStore
from pipelines.graph.execution import OpenPipeline, open_pipeline
from pipelines.tools.base import OpenContext
from pipelines.tools.registry import PluginRegistry

if TYPE_CHECKING:
    from pipelines.conf import PipelineSettings
    from pipelines.graph.definition import PipelineDefinition

# Mostly they wait: for a disk, for a download, or for another that loads the same network.
LOADERS = 8
# More frames at once than a GPU takes in a batch would only grow old.
MOST_SLOTS = 16


class Engine:
    """Opens pipelines off the event loop and hands out the slots in which their frames run.

    `slots` 0 lets their number follow what is measured.
    """

    def __init__(
        self,
        *,
        slots: int,
        networks: NetworkCache,
        weights: WeightsStore,
        registry: PluginRegistry,
        device: str,
        pressure: Pressure | None = None,
    ) -> None:
        self.networks = networks
        self.weights = weights
        self.registry = registry
        self.device = device
        self.pressure = pressure or Pressure()
        self._tuner = None if slots else SlotTuner(cores())
        self._slots = Slots(slots or MOST_SLOTS, self._tuner)
        # What is left over while a frame of the usual size has a slot.
        self._decoders = Slots(max(1, cores() // 2))
        # By the pipeline's id: what was opened last, and what is being opened.
        self._opened: dict[str, PipelineDefinition] = {}
        self._openings: dict[str, Future[OpenPipeline]] = {}
        self._loaders = ThreadPoolExecutor(max_workers=LOADERS, thread_name_prefix="loader")

    @classmethod
    def build(cls, settings: "PipelineSettings") -> Self:
        """The engine as the settings ask for it."""
        if settings.allow_pickles:
            allow_pickles()
        return cls(
            slots=settings.inference_slots,
            networks=NetworkCache(settings.networks_mb * MIB),
            weights=WeightsStore.build(settings),
            registry=PluginRegistry.load(),
            device=settings.device,
            pressure=Pressure(settings.cache_dir / "live_pressure"),
        )

    @property
    def slots(self) -> int:
        """How many frames may run at once."""
        return self._slots.count

    @property
    def most_slots(self) -> int:
        """How many there may come to be."""
        return self._tuner.limit if self._tuner else self._slots.count

    @property
    def busy(self) -> int:
        """How many slots are in use."""
        return self._slots.count - self._slots.free

    @property
    def waiting(self) -> int:
        """How many sessions wait for a slot."""
        return self._slots.waiting

    @property
    def lent(self) -> int:
        """How many frames run beside the slots, because they take too long; MOST_LENT at most."""
        return max(self._slots.lent, self._decoders.lent)

    def slot(self) -> AbstractAsyncContextManager[Slot]:
        """Wait for a slot and hold it: `async with engine.slot() as slot: await slot.run(fn, ...)`."""
        return self._slots.acquire()

    def decoder(self) -> AbstractAsyncContextManager[Slot]:
        """Wait for one of the few places where large pictures are decoded, and hold it for the body."""
        return self._decoders.acquire()

    async def open(self, definition: "PipelineDefinition", *, live: bool) -> OpenPipeline:
        """Open a pipeline in a loader thread; takes seconds when a network is not loaded yet.

        Whoever wants a pipeline that is just being opened for the first time waits without a loader thread,
        so that one slow download does not take them all. Raises PipelineError. When the waiting task is
        cancelled, the opening leaves the queue, or what was opened is closed again.
        """
        while first := self._first_opening(definition):
            await asyncio.wait([asyncio.wrap_future(first)])
        try:
            opening = self._loaders.submit(self.open_sync, definition, live=live)
        except RuntimeError as error:
            raise EngineClosed("The server is stopping") from error
        self._openings[definition.id] = opening
        opening.add_done_callback(partial(self._note_opened, definition))
        try:
            return await asyncio.shield(asyncio.wrap_future(opening))
        except asyncio.CancelledError:
            if not opening.cancel():
                opening.add_done_callback(close_unwanted)
            raise

    def _first_opening(self, definition: "PipelineDefinition") -> "Future[OpenPipeline] | None":
        """What opens this pipeline now, if it was never open before as it is."""
        opening = self._openings.get(definition.id)
        was_open = self._opened.get(definition.id) == definition
        return None if opening is None or opening.done() or was_open else opening

    def _note_opened(self, definition: "PipelineDefinition", opening: "Future[OpenPipeline]") -> None:
        if not opening.cancelled() and opening.exception() is None:
            self._opened[definition.id] = definition

    def open_sync(
        self, definition: "PipelineDefinition", *, live: bool, device: str | None = None
    ) -> OpenPipeline:
        """Open a pipeline in the calling thread; `device` overrides the engine's. Raises PipelineError."""
        context = OpenContext(self.networks, self.weights, live=live, device=device or self.device)
        pipeline = open_pipeline(definition, self.registry, context)
        if self._tuner:
            self._tuner.limit = max(cores(), min(self.networks.frames_at_once, MOST_SLOTS))
        if live:
            pipeline.when_pressed = self.pressure.note
        return pipeline

    def close(self) -> None:
        """Hand out no more slots and forget the networks; what runs now runs to its end."""
        self._slots.close()
        self._decoders.close()
        self._loaders.shutdown(wait=False, cancel_futures=True)
        self.networks.clear()


def cores() -> int:
    """How many slots can share this machine's cores."""
    return min(os.cpu_count() or 1, MOST_SLOTS)


def close_unwanted(opening: Future[OpenPipeline]) -> None:
    """Close what was opened for a session that is gone."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
