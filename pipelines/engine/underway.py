"""Waits for what another thread loads; threads that are few give way in place of waiting."""

import threading
from concurrent.futures import Future, wait
from typing import Any

from pipelines.errors import PipelineError

_thread = threading.local()


class Underway(PipelineError):
    """Another thread is loading what is needed; once `over` is done, a new try finds it or loads it."""

    code = "unavailable"

    def __init__(self, over: "Future[Any]") -> None:
        super().__init__("This is just being loaded: try again in a moment")
        self.over = over


def give_way() -> None:
    """Have the calling thread raise Underway from now on wherever it would wait for another's loading."""
    _thread.gives_way = True


def wait_for(over: "Future[Any]") -> None:
    """Wait until another thread has loaded something, or failed; Underway in a thread that gives way."""
    if over.done():
        return
    if getattr(_thread, "gives_way", False):
        raise Underway(over)
    wait([over])
