"""The state of one connection and its limits of time: in memory, small, gone on disconnect."""

import time
import uuid
from collections import deque

from forgesyte.units import MILLISECONDS
from streaming.backpressure import Backpressure, BackpressureState
from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode

# Results by which a session's speed is told: five seconds at 30 a second.
RECENT = 150
FPS_WINDOW_S = 5.0


class SessionManager:
    """Counts a session's frames; its `Backpressure` decides what to drop and when to ask for less.

    `last_processed_ts` is `now_ms()` of the last result, 0 before the first.
    """

    def __init__(self, pipeline_id: str, policy: Backpressure | None = None) -> None:
        self.session_id = str(uuid.uuid4())
        self.pipeline_id = pipeline_id
        self.policy = policy or Backpressure()
        self.frame_index = 0
        self.dropped_frames = 0
        self.processed_frames = 0
        self.last_processed_ts = 0.0
        # Of the newest results: when each was sent, and how old its frame was then, both in milliseconds.
        self._recent: deque[tuple[float, float]] = deque(maxlen=RECENT)

    @property
    def drop_threshold(self) -> float:
        """The drop rate above which the state is `warning`."""
        return self.policy.drop_threshold

    @property
    def slowdown_threshold(self) -> float:
        """The drop rate above which the state is `critical` and the client is asked to slow down."""
        return self.policy.slowdown_threshold

    @property
    def backpressure_state(self) -> BackpressureState:
        """The current backpressure state of the session."""
        return self.policy.state

    def increment_frame(self) -> int:
        """Count a frame that arrived and return its index; the first is 1."""
        self.frame_index += 1
        self.policy.frame_received()
        return self.frame_index

    def mark_drop(self) -> None:
        """Count a frame that gave way to a newer one."""
        self.dropped_frames += 1
        self.policy.frame_dropped()

    def mark_processed(self, age_ms: float) -> None:
        """Count a frame that got its result, when it was so old."""
        self.processed_frames += 1
        self.last_processed_ts = self.now_ms()
        self._recent.append((self.last_processed_ts, age_ms))
        self.policy.frame_processed()

    def fps(self) -> float:
        """The results a second of the last five seconds."""
        since = self.now_ms() - FPS_WINDOW_S * MILLISECONDS
        return sum(sent_at >= since for sent_at, _ in list(self._recent)) / FPS_WINDOW_S

    def age_ms(self, quantile: float) -> float | None:
        """The age of the newest frames when their results were sent, at this quantile; None before any."""
        ages = sorted(age for _, age in list(self._recent))
        return ages[min(int(quantile * len(ages)), len(ages) - 1)] if ages else None

    def drop_rate(self) -> float:
        """The share of frames that gave way lately, from 0 to 1."""
        return self.policy.drop_rate

    def should_drop_frame(self, processing_time_ms: float) -> bool:
        """True if a held frame gives way to one that arrives now; see `Backpressure.should_drop`."""
        return self.policy.should_drop(processing_time_ms)

    def should_slow_down(self) -> bool:
        """True if the client is to be asked to slow down now; see `Backpressure.should_slow_down`."""
        return self.policy.should_slow_down()

    @staticmethod
    def now_ms() -> float:
        """Milliseconds of a clock that never runs backwards."""
        return time.monotonic() * MILLISECONDS


class SessionLimits:
    """Tells when a session has been idle or open for too long; times in seconds of one clock."""

    def __init__(self, settings: StreamSettings, now: float) -> None:
        self._settings = settings
        self._started_at = self._active_at = now

    def active(self, now: float) -> None:
        """An answer went out."""
        self._active_at = now

    def left(self, now: float, *, waiting: bool) -> tuple[float, ErrorCode]:
        """Seconds until the session ends if nothing more happens, and why it ends then.

        A client that waits for an answer is not idle.
        """
        if waiting:
            self.active(now)
        idle = (self._active_at + self._settings.idle_timeout_s - now, ErrorCode.IDLE_TIMEOUT)
        if not self._settings.max_session_s:
            return idle
        expiry = (self._started_at + self._settings.max_session_s - now, ErrorCode.SESSION_EXPIRED)
        return min(idle, expiry, key=lambda limit: limit[0])
