"""Settings of the live stream, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from forgesyte import env as read
from forgesyte.units import MEGABYTE

DAY_S = 86_400


@dataclass(frozen=True)
class StreamSettings:
    """Limits and thresholds of a session; times in seconds, sizes in bytes.

    `max_sessions`, `max_sessions_per_address` and `max_sessions_per_user` None mean: no limit;
    `max_session_s` 0 means: a session may last for ever.
    """

    drop_threshold: float = 0.10
    slowdown_threshold: float = 0.30
    rate_window_s: float = 5.0
    rate_min_frames: int = 10
    max_frame_bytes: int = 5 * MEGABYTE
    max_frame_pixels: int = 25_000_000
    max_message_bytes: int = 20 * MEGABYTE
    max_sessions: int | None = None
    max_sessions_per_address: int | None = 20
    max_sessions_per_user: int | None = 10
    idle_timeout_s: float = 30.0
    max_session_s: float = 0.0
    frame_timeout_s: float = 10.0
    open_timeout_s: float = 600.0

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read `STREAM_*`; raises BadSetting."""
        frame_mb = read.number(
            env, "STREAM_MAX_FRAME_SIZE_MB", cls.max_frame_bytes / MEGABYTE, at_least=0.01, at_most=100
        )
        message_mb = read.number(env, "STREAM_MAX_MESSAGE_SIZE_MB", 4 * frame_mb, at_least=0.01, at_most=1000)
        drop, slowdown = thresholds(env)
        return cls(
            drop_threshold=drop,
            slowdown_threshold=slowdown,
            rate_window_s=read.number(
                env, "STREAM_RATE_WINDOW_S", cls.rate_window_s, at_least=0.5, at_most=60
            ),
            rate_min_frames=read.integer(
                env, "STREAM_RATE_MIN_FRAMES", cls.rate_min_frames, at_least=1, at_most=1000
            ),
            max_frame_bytes=int(frame_mb * MEGABYTE),
            max_frame_pixels=read.integer(env, "STREAM_MAX_FRAME_PIXELS", cls.max_frame_pixels, at_least=1),
            max_message_bytes=int(message_mb * MEGABYTE),
            max_sessions=read.limit(env, "STREAM_MAX_SESSIONS", cls.max_sessions),
            max_sessions_per_address=read.limit(
                env, "STREAM_MAX_SESSIONS_PER_ADDRESS", cls.max_sessions_per_address
            ),
            max_sessions_per_user=read.limit(env, "STREAM_MAX_SESSIONS_PER_USER", cls.max_sessions_per_user),
            idle_timeout_s=read.number(
                env, "STREAM_IDLE_TIMEOUT_S", cls.idle_timeout_s, at_least=0.1, at_most=DAY_S
            ),
            max_session_s=read.number(env, "STREAM_MAX_SESSION_S", cls.max_session_s, at_most=30 * DAY_S),
            frame_timeout_s=read.number(
                env, "STREAM_FRAME_TIMEOUT_S", cls.frame_timeout_s, at_least=0.1, at_most=DAY_S
            ),
            open_timeout_s=read.number(
                env, "STREAM_OPEN_TIMEOUT_S", cls.open_timeout_s, at_least=0.1, at_most=DAY_S
            ),
        )


def thresholds(env: Mapping[str, str]) -> tuple[float, float]:
    """The drop and the slow-down threshold, from 0 to 1; BadSetting unless the first is the lower one."""
    drop = read.number(env, "STREAM_DROP_THRESHOLD", StreamSettings.drop_threshold, at_most=1)
    slowdown = read.number(env, "STREAM_SLOWDOWN_THRESHOLD", StreamSettings.slowdown_threshold, at_most=1)
    if drop >= slowdown:
        raise read.BadSetting(
            f"STREAM_DROP_THRESHOLD={drop:g} must lie below STREAM_SLOWDOWN_THRESHOLD={slowdown:g}"
        )
    return drop, slowdown
