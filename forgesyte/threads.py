"""Threads that live no longer than the process."""

import threading
from collections.abc import Callable


def daemon_thread(name: str, work: Callable[..., object], *args: object) -> threading.Thread:
    """A thread that runs `work(*args)` once it is started, and keeps no process alive.

    Its name is what debuggers and stack dumps show.
    """
    return threading.Thread(target=work, args=args, name=name, daemon=True)
