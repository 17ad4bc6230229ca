"""Limits on the idle time and the age of a session."""

from streaming.conf import StreamSettings
from streaming.protocol import ErrorCode


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
