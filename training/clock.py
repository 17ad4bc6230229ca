"""A run's time budget: what is spent, also before a resume, and the learning rate that follows from it.

On a busy machine one epoch may take five times as long as another, so a schedule that counts epochs would end
too early or too late. This one looks at the clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path


class RunClock:
    """Measures a run of a given length; `path` keeps the seconds spent, for a later resume."""

    def __init__(
        self, path: Path, hours: float, resume: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._total, self._now = path, hours * 3600, now
        self._before = float(path.read_text()) if resume and path.exists() else 0.0
        self._start = now()

    @property
    def spent(self) -> float:
        """Seconds this run has taken so far, over all its resumes."""
        return self._before + self._now() - self._start

    @property
    def over(self) -> bool:
        """True if the time is used up."""
        return self.spent >= self._total

    def rate(self, last: float) -> float:
        """The learning rate's factor now: a cosine from 1 at the start to `last` at the end."""
        progress = min(1.0, self.spent / self._total)
        return last + (1 - last) * (1 + math.cos(math.pi * progress)) / 2

    def save(self) -> None:
        """Write down the time spent, as of the newest checkpoint."""
        self._path.write_text(f"{self.spent:.1f}")
