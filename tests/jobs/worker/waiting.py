"""Waiting for what processes do, which send no events."""

import sys
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0
# The command of a process that does nothing for long.
STAYS = [sys.executable, "-c", "import time; time.sleep(600)"]


def wait_until(is_so: Callable[[], Any], what: str = "") -> Any:
    """Wait until this is so, and return what it says; the processes waited for send no events."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := is_so()):
        assert time.monotonic() < deadline, what or "it took too long"
        time.sleep(0.05)
    return found
