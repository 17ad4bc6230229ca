"""Lets a long call pause between two of its steps, so that a shorter one of somebody else runs in between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")
_thread = threading.local()


def yield_slot() -> None:
    """Pause the call that this thread works on for as long as others come first; never raises.

    Call it between two steps, and hold no network then that others wait for. It costs next to nothing where
    nobody waits, and does nothing outside of slots.
    """
    pause: Callable[[], None] | None = getattr(_thread, "pause", None)
    if pause is not None:
        pause()


def pausable(pause: Callable[[], None], fn: Callable[[], R]) -> R:
    """Call `fn`, within which `yield_slot` calls `pause`."""
    _thread.pause = pause
    try:
        return fn()
    finally:
        _thread.pause = None


@contextmanager
def not_yielding() -> Iterator[None]:
    """The body never gives way: for what others would wait for, whoever comes first."""
    pause, _thread.pause = getattr(_thread, "pause", None), None
    try:
        yield
    finally:
        _thread.pause = pause
