"""Opens pipelines on the engine of this process: the one module that knows the graph, tools and engine."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Self
from weakref import WeakValueDictionary

from django.conf import settings

from pipelines.conf import PipelineSettings
from pipelines.engine.detectors.ultralytics import allow_pickles
from pipelines.engine.engine import Engine
from pipelines.engine.networks import MIB, NetworkCache
from pipelines.engine.scheduling.overload_flag import OverloadFlag
from pipelines.engine.scheduling.slot import EngineClosed, forget
from pipelines.engine.underway import Underway, give_way
from pipelines.engine.weights.store import WeightsStore
from pipelines.graph.definition import PipelineDefinition
from pipelines.graph.execution import OpenPipeline, open_pipeline
from pipelines.tools.base import OpenContext
from pipelines.tools.registry import PluginRegistry

# Mostly they wait: for a disk, or for a download.
LOADERS = 8
_lock = threading.Lock()
_runtime: "Runtime | None" = None


class Runtime(Engine):
    """An engine that opens pipelines off the event loop, with the tools of its registry."""

    def __init__(
        self,
        *,
        slots: int,
        networks: NetworkCache,
        weights: WeightsStore,
        registry: PluginRegistry,
        device: str,
        overload: OverloadFlag | None = None,
    ) -> None:
        super().__init__(slots=slots, networks=networks, weights=weights, device=device, overload=overload)
        self.registry = registry
        # By the pipeline's id: what was opened last, and what is being opened. An opening that is over is not
        # kept: it holds the pipeline, and the pipeline its networks.
        self._opened: dict[str, PipelineDefinition] = {}
        self._openings: WeakValueDictionary[str, Future[OpenPipeline]] = WeakValueDictionary()
        self._loaders = ThreadPoolExecutor(
            max_workers=LOADERS, thread_name_prefix="loader", initializer=give_way
        )

    @classmethod
    def build(cls, settings: PipelineSettings) -> Self:
        """Make the runtime that the settings ask for."""
        allow_pickles(settings.allow_pickles)
        return cls(
            slots=settings.inference_slots,
            networks=NetworkCache(settings.networks_mb * MIB),
            weights=WeightsStore.build(settings),
            registry=PluginRegistry.load(),
            device=settings.device,
            overload=OverloadFlag(settings.cache_dir / "live_pressure"),
        )

    async def open(self, definition: PipelineDefinition, *, live: bool) -> OpenPipeline:
        """Open a pipeline in a loader thread; takes seconds when a network is not loaded yet.

        Whoever wants a pipeline that is just being opened for the first time, or a network that is just being
        downloaded or loaded for another pipeline, waits without a loader thread, so that one slow download
        does not take them all. Raises PipelineError. When the waiting task is cancelled, the opening leaves
        the queue, or what was opened is closed again.
        """
        while True:
            while first := self._first_opening(definition):
                await until_over(first)
            try:
                return await self._open_in_loader(definition, live=live)
            except Underway as underway:
                await until_over(underway.over)

    async def _open_in_loader(self, definition: PipelineDefinition, *, live: bool) -> OpenPipeline:
        """Open a pipeline in a loader thread; raises PipelineError, Underway where another loads a part."""
        try:
            opening = self._loaders.submit(self.open_sync, definition, live=live)
        except RuntimeError as error:
            raise EngineClosed("The server is stopping") from error
        self._openings[definition.id] = opening
        opening.add_done_callback(partial(self._note_opened, definition))
        opened = asyncio.wrap_future(opening)
        # Where the session goes meanwhile, nobody asks how it ended.
        opened.add_done_callback(forget)
        try:
            return await asyncio.shield(opened)
        except asyncio.CancelledError:
            if not opening.cancel():
                opening.add_done_callback(close_unwanted)
            raise

    def _first_opening(self, definition: PipelineDefinition) -> Future[OpenPipeline] | None:
        """Find the opening to wait for: this pipeline is being opened and was never open before as it is."""
        opening = self._openings.get(definition.id)
        was_open = self._opened.get(definition.id) == definition
        return None if opening is None or opening.done() or was_open else opening

    def _note_opened(self, definition: PipelineDefinition, opening: Future[OpenPipeline]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            self._opened[definition.id] = definition

    def open_sync(
        self, definition: PipelineDefinition, *, live: bool, device: str | None = None
    ) -> OpenPipeline:
        """Open a pipeline in the calling thread; `device` overrides the engine's. Raises PipelineError."""
        context = OpenContext(self.networks, self.weights, live=live, device=device or self.device)
        pipeline = open_pipeline(definition, self.registry, context)
        self.adapt_slots()
        if live:
            pipeline.when_pressed = self.overload.note
        return pipeline

    def close(self) -> None:
        """Open nothing more, hand out no more slots and forget the networks; what runs now goes on."""
        self._loaders.shutdown(wait=False, cancel_futures=True)
        super().close()


async def until_over(opening: "Future[Any]") -> None:
    """Wait until a future is done, whatever comes of it."""
    over = asyncio.wrap_future(opening)
    over.add_done_callback(forget)
    await asyncio.wait([over])


def close_unwanted(opening: Future[OpenPipeline]) -> None:
    """Close what was opened for a session that is gone."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def get_engine() -> Runtime:
    """The engine of this process, made on the first call."""
    global _runtime
    with _lock:
        if _runtime is None:
            _runtime = Runtime.build(settings.PIPELINES)
        return _runtime


def current_engine() -> Runtime | None:
    """The engine of this process, if it has been made."""
    return _runtime


@contextmanager
def override_engine(engine: Runtime) -> Iterator[Runtime]:
    """Make `engine` the engine of this process within the `with` block; for tests."""
    global _runtime
    with _lock:
        before, _runtime = _runtime, engine
    try:
        yield engine
    finally:
        with _lock:
            _runtime = before
