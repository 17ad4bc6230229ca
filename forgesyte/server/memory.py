"""Keeps garbage collections short, and returns free memory to the operating system."""

import ctypes
import gc
import sys
import threading

_lock = threading.Lock()


def settle() -> None:
    """Keep the garbage collector from looking again at what is loaded and stays, which took it long."""
    with _lock:
        gc.collect()
        gc.freeze()
        trim()


def give_back() -> None:
    """Collect what is left of sessions that have ended, and return free pages to the system.

    Takes some tens of milliseconds, so it belongs into a thread and into a moment when nobody streams.
    """
    with _lock:
        gc.collect()
        trim()


def trim() -> None:
    """Return free pages to the system, where its C library does not do so by itself."""
    if sys.platform == "linux":
        malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if malloc_trim is not None:
            malloc_trim(0)
