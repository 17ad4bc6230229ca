"""Holds at most one waiting and one running frame; each leaves exactly once."""

from dataclasses import dataclass

from forgesyte.units import MILLISECONDS

# A busy session is never at 0, not even in the clock tick in which it became busy: 0 means idle.
LEAST_BUSY_MS = 0.001


@dataclass(frozen=True, slots=True)
class Frame:
    """One JPEG picture; `received_at` in seconds of the session's clock."""

    index: int
    data: bytes
    received_at: float


class Mailbox:
    """Holds the newest frame until a slot is won."""

    def __init__(self) -> None:
        self.held: Frame | None = None
        self.running: Frame | None = None
        self._busy_since = 0.0

    def busy_ms(self, now: float) -> float:
        """Milliseconds for which there have been frames in here without a pause; 0 where there is none."""
        if self.held is None and self.running is None:
            return 0.0
        return max((now - self._busy_since) * MILLISECONDS, LEAST_BUSY_MS)

    @property
    def running_index(self) -> int | None:
        """The index of the running frame, or None."""
        return self.running.index if self.running else None

    @property
    def unanswered_index(self) -> int | None:
        """The index of the oldest frame without an answer, or None."""
        return self.running_index or (self.held.index if self.held else None)

    def offer(self, frame: Frame, *, held_gives_way: bool) -> Frame | None:
        """Hold this frame; return the one that loses its place, which must be answered `dropped`.

        With nothing held there is no loser, whatever the policy says.
        """
        if self.held is not None and not held_gives_way:
            return frame
        if self.held is None and self.running is None:
            self._busy_since = frame.received_at
        loser, self.held = self.held, frame
        return loser

    def take(self) -> Frame:
        """Move the held frame to running; only while one is held and none runs."""
        assert self.held is not None
        assert self.running is None
        self.running, self.held = self.held, None
        return self.running

    def finish(self) -> None:
        """The running frame was answered."""
        self.running = None
        if self.held is not None:
            self._busy_since = self.held.received_at

    def empty(self) -> tuple[Frame, ...]:
        """Take out every frame that has no answer yet, oldest first."""
        left = tuple(frame for frame in (self.running, self.held) if frame is not None)
        self.running = self.held = None
        return left
