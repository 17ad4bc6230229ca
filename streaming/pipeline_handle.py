"""Closes a pipeline once, and never under the frame that it works on."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipelines.services import Pressure


class Report(Protocol):
    """The parts of a run's result that the stream uses."""

    @property
    def result(self) -> Mapping[str, Any]:
        """The result for the client, JSON-safe."""
        ...

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """`decode`, each node and `total`, in milliseconds."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Sentences on what was shrunk, left out or could not be followed."""
        ...

    @property
    def counters(self) -> Mapping[str, int]:
        """The counters of the tools, `ocr_reads_saved` among them."""
        ...


class Pipeline(Protocol):
    """The parts of an open pipeline that the stream uses."""

    def run(
        self, payload: Mapping[str, Any], pressure: Pressure = ..., deadline: float | None = ...
    ) -> Report:
        """Work on one frame, in a worker thread; what can wait for a later one ends at the deadline."""
        ...

    def close(self) -> None:
        """Free the session's state."""
        ...


class PipelineHandle:
    """An open pipeline that may be closed while a frame is in flight.

    A thread cannot be stopped: when a session ends before its frame does, the worker thread closes the
    pipeline after that frame. Both methods may be called from any thread.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._running = False
        self._closing = False

    def run(self, payload: Mapping[str, Any], pressure: Pressure, deadline: float | None = None) -> Report:
        """Run one frame; raises RuntimeError once `close` was called."""
        self._begin()
        try:
            return self._pipeline.run(payload, pressure, deadline)
        finally:
            self._end()

    def close(self) -> None:
        """Close now, or right after the frame in flight; a second call does nothing."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            idle = not self._running
        if idle:
            self._pipeline.close()

    def _begin(self) -> None:
        with self._lock:
            if self._closing:
                raise RuntimeError("The session is over")
            self._running = True

    def _end(self) -> None:
        with self._lock:
            self._running = False
            late = self._closing
        if late:
            self._pipeline.close()
