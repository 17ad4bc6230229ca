"""Lets a long call pause between two of its steps, so that a shorter one of somebody else runs in between.

It also ends there once nobody waits for its result any more.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

R = TypeVar("R")
_thread = threading.local()


class Abandoned(BaseException):
    """Nobody waits for the call's result any more: its client left, or it has taken too long.

    It is not an `Exception`, because no tool has failed.
    """


def yield_slot() -> None:
    """Pause the call that this thread works on for as long as others come first; raises Abandoned.

    Call it between two steps, and hold no network then that others wait for. It costs next to nothing where
    nobody waits, and does nothing outside of slots.
    """
    pause: Callable[[], None] | None = getattr(_thread, "pause", None)
    if pause is not None:
        pause()


def others_wait() -> bool:
    """True if somebody waits for the slot of the call that this thread works on: leave out what can wait."""
    is_wanted: Callable[[], bool] | None = getattr(_thread, "others_wait", None)
    return is_wanted is not None and is_wanted()


def pausable(
    pause: Callable[[], None], fn: Callable[[], R], waited_for: Callable[[], bool] | None = None
) -> R:
    """Call `fn`, within which `yield_slot` calls `pause`, and `others_wait` asks `waited_for`."""
    _thread.pause, _thread.others_wait = pause, waited_for
    try:
        return fn()
    finally:
        _thread.pause = _thread.others_wait = None


@contextmanager
def not_yielding() -> Iterator[None]:
    """The body never gives way: for what others would wait for, whoever comes first."""
    pause, _thread.pause = getattr(_thread, "pause", None), None
    try:
        yield
    finally:
        _thread.pause = pause
