"""The drop policy of a session: which frame gives way, and when the client is asked to slow down."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Clock = Callable[[], float]
BUCKETS = 20
LEAST_FPS = 1.0


class BackpressureState(StrEnum):
    """The load level of a session, by its drop rate."""

    NORMAL = "normal"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(slots=True)
class Bucket:
    """Counts of one twentieth of the window; `first_at` is the clock's time of the first of it."""

    number: int
    first_at: float
    received: int = 0
    dropped: int = 0
    processed: int = 0


class RateWindow:
    """Counts of the last `window_s` seconds, in a fixed number of buckets: a flood does not make it grow."""

    def __init__(self, window_s: float, clock: Clock) -> None:
        self._bucket_s = window_s / BUCKETS
        self._clock = clock
        # So few that a list does, which is a tenth of an empty deque: each session has one.
        self._buckets: list[Bucket] = []

    def now(self) -> Bucket:
        """The bucket to count in at this moment."""
        self._forget()
        at = self._clock()
        number = int(at / self._bucket_s)
        if not self._buckets or self._buckets[-1].number != number:
            self._buckets.append(Bucket(number, at))
        return self._buckets[-1]

    def counts(self) -> tuple[int, int, int]:
        """Frames received, dropped and processed within the window."""
        self._forget()
        return (
            sum(bucket.received for bucket in self._buckets),
            sum(bucket.dropped for bucket in self._buckets),
            sum(bucket.processed for bucket in self._buckets),
        )

    def seconds(self) -> float:
        """Seconds since the first event within the window, but no less than a bucket's length."""
        self._forget()
        first_at = self._buckets[0].first_at if self._buckets else self._clock()
        return max(self._clock() - first_at, self._bucket_s)

    def clear(self) -> None:
        """Forget everything."""
        self._buckets.clear()

    def _forget(self) -> None:
        oldest = int(self._clock() / self._bucket_s) - BUCKETS
        while self._buckets and self._buckets[0].number <= oldest:
            self._buckets.pop(0)


class Backpressure:
    """Newest wins; one plea to slow down for each time the drop rate rises past the threshold.

    The drop rate is the share of the frames received within the window that gave way. Below `min_frames` it
    counts as 0: two frames say nothing. `clock` gives seconds that never run backwards.
    """

    def __init__(
        self,
        drop_threshold: float = 0.10,
        slowdown_threshold: float = 0.30,
        *,
        window_s: float = 5.0,
        min_frames: int = 10,
        clock: Clock = time.monotonic,
    ) -> None:
        self.drop_threshold = drop_threshold
        self.slowdown_threshold = slowdown_threshold
        self.min_frames = min_frames
        self._window = RateWindow(window_s, clock)
        self._armed = True

    def frame_received(self) -> None:
        """Count a frame that arrived."""
        self._window.now().received += 1

    def frame_dropped(self) -> None:
        """Count a frame that gave way."""
        self._window.now().dropped += 1

    def frame_processed(self) -> None:
        """Count a frame that got its result."""
        self._window.now().processed += 1

    def restart(self) -> None:
        """Begin to count anew."""
        self._window.clear()

    @property
    def drop_rate(self) -> float:
        """Frames dropped over frames received, from 0 to 1."""
        received, dropped, _ = self._window.counts()
        return min(dropped / received, 1.0) if received >= self.min_frames else 0.0

    @property
    def state(self) -> BackpressureState:
        """The state that the drop rate and the two thresholds give."""
        rate = self.drop_rate
        if rate > self.slowdown_threshold:
            return BackpressureState.CRITICAL
        return BackpressureState.WARNING if rate > self.drop_threshold else BackpressureState.NORMAL

    def should_drop(self, processing_time_ms: float) -> bool:
        """True if a held frame gives way to one that arrives now: always, while the session is busy.

        `processing_time_ms` is how long the session has been busy; 0 means idle, and an idle session drops
        nothing. The drop rate has no say: a policy that drops because it dropped before never recovers.
        """
        return processing_time_ms > 0

    def should_slow_down(self) -> bool:
        """True if the client is to be asked now: the state is critical and was normal since the last time."""
        state = self.state
        if state is BackpressureState.NORMAL:
            self._armed = True
        return self._armed and state is BackpressureState.CRITICAL

    def slow_down_sent(self) -> None:
        """The client was asked; not again before the drop rate has been back below the lower threshold."""
        self._armed = False

    @property
    def suggested_fps(self) -> float:
        """The results per second reached within the window, to one decimal, at least 1."""
        _, _, processed = self._window.counts()
        return max(round(processed / self._window.seconds(), 1), LEAST_FPS)
