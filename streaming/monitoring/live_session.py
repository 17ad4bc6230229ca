"""The live sessions of this process, for its operators."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from streaming.protocol import ErrorCode
from streaming.session_manager import SessionManager

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_REASON = 200


def now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


@dataclass(eq=False)
class LiveSession:
    """One open session: who has it, since when, and how it goes. Made on the session's own event loop."""

    session: SessionManager
    user: "User | None"
    address: str
    since: datetime = field(default_factory=now)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _reason: str = ""

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.session_id

    @property
    def age_p50(self) -> float | None:
        """The median age of the newest frames when their results were sent, in milliseconds."""
        return self.session.age_ms(0.5)

    @property
    def age_p95(self) -> float | None:
        """The same, of the oldest five in a hundred."""
        return self.session.age_ms(0.95)

    def end(self, reason: str) -> None:
        """Have the session end; its client reads the reason. From any thread."""
        self._reason = reason
        self._loop.call_soon_threadsafe(self._ended.set)

    async def until_ended(self) -> str:
        """Wait until somebody ends it; returns what the client is to read."""
        await self._ended.wait()
        default = ErrorCode.SESSION_ENDED.detail
        return f"{default}: {self._reason}" if self._reason else default


# By their ids; those of this process.
open_sessions: dict[str, LiveSession] = {}


def live_sessions() -> list[LiveSession]:
    """The sessions that are open now, the oldest first."""
    return sorted(open_sessions.values(), key=lambda session: session.since)


def end_session(session_id: str, reason: str) -> bool:
    """Have a session end; False where there is none of this id in this process."""
    session = open_sessions.get(session_id)
    if session is None:
        return False
    session.end(" ".join(reason.split())[:MAX_REASON])
    return True
