"""Tells other processes of this machine that live sessions cannot keep up, by the age of a small file."""

import time
from pathlib import Path

NOTE_EVERY_S = 0.5
HIGH_FOR_S = 2.0


class OverloadFlag:
    """Written where live sessions run, read where one would give way to them; without a path, neither."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._noted_at = 0.0

    def note(self) -> None:
        """Live sessions have just had to drop frames; costs next to nothing. A full disk is not told of."""
        now = time.monotonic()
        if self._path is None or now - self._noted_at < NOTE_EVERY_S:
            return
        self._noted_at = now
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        except OSError:
            return

    def is_high(self) -> bool:
        """True if frames were dropped within the last seconds."""
        try:
            return self._path is not None and abs(time.time() - self._path.stat().st_mtime) < HIGH_FOR_S
        except OSError:
            return False
