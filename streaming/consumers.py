"""The WebSocket endpoint of a live session."""

import logging
import time
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from forgesyte.api.client_address import client_address, limited_owner
from forgesyte.api.errors import DATABASE_AWAY, DATABASE_ERRORS, log_database_away
from forgesyte.api.limits import Places, Quota
from forgesyte.server import memory
from forgesyte.server.base_consumer import BaseConsumer
from forgesyte.units import MILLISECONDS
from streaming import metrics, protocol, session_log
from streaming.backpressure import Backpressure
from streaming.conf import StreamSettings
from streaming.idle_task import IdleTask
from streaming.protocol import ErrorCode, StreamError
from streaming.session_log import SessionLog
from streaming.session_manager import SessionManager
from streaming.session_worker import SessionWorker

Scope = dict[str, Any]

# The sessions of this process, by their client's address.
live_sessions = Places()
FULL = {
    "in_all": "Sessions at once are limited to {0.in_all} (STREAM_MAX_SESSIONS): try again later",
    "per_owner": "Sessions at once from one address are limited to {0.per_owner} "
    "(STREAM_MAX_SESSIONS_PER_ADDRESS): close one, or try again later",
}
# A page that is loaded anew, or a connection that comes back, comes sooner.
MEMORY_BACK_AFTER_S = 3.0
memory_release = IdleTask(memory.give_back, MEMORY_BACK_AFTER_S)


class StreamConsumer(BaseConsumer[StreamError]):
    """Receives the frames of one session and sends the answers; frames never use the channel layer."""

    error_type = StreamError

    def prepare(self) -> None:
        """Create the session and what works for it."""
        self._limits: StreamSettings = settings.STREAM
        self._session = SessionManager(asked_pipeline(self.scope), new_policy(self._limits))
        self._log = SessionLog(self._session)
        self._worker = SessionWorker(self._session, self._limits, self._log, self._send)
        self._address = limited_owner(client_address(self.scope))
        self._admitted = False
        self._close_code = ErrorCode.SERVER_SHUTDOWN.close_code
        self._started = time.monotonic()

    async def connect(self) -> None:
        """Accept, so that a browser can read why it is turned away; then start to work."""
        await self.accept_at_most(text=0, binary=self._limits.max_frame_bytes)
        self._admit()
        self._log.event(logging.INFO, session_log.CONNECT)
        self.run_beside(self._worker.run(), self._worker.watch())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Take a message, or word that a frame was too large to be kept."""
        if message.get("too_large") and message.get("bytes") is not None:
            self._worker.refuse_too_large()
        await super().websocket_receive(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame; never waits for a network."""
        if bytes_data is None:
            raise StreamError(ErrorCode.INVALID_MESSAGE)
        await self._worker.receive(bytes_data)

    async def disconnect(self, code: int) -> None:
        """Note the client's close code, and end."""
        self._close_code = code
        await super().disconnect(code)

    def shutdown_error(self) -> StreamError:
        """The error for clients of a server that stops."""
        return StreamError(ErrorCode.SERVER_SHUTDOWN)

    def unexpected_error(self, cause: Exception) -> StreamError:
        """INTERNAL_ERROR with its cause, which the log shows; a database that is away is said to be."""
        if isinstance(cause, DATABASE_ERRORS):
            log_database_away(self.scope["path"], cause)
            return StreamError(ErrorCode.INTERNAL_ERROR, DATABASE_AWAY)
        error = StreamError(ErrorCode.INTERNAL_ERROR)
        error.__cause__ = cause
        return error

    def _admit(self) -> None:
        """Count the session in; raises StreamError where it may not be opened."""
        user = self.scope.get("user")
        if settings.FORGESYTE_REQUIRE_LOGIN and not (user and user.is_authenticated):
            raise StreamError(ErrorCode.LOGIN_REQUIRED)
        if not self._session.pipeline_id:
            raise StreamError(ErrorCode.INVALID_PIPELINE)
        quota = Quota(self._limits.max_sessions, self._limits.max_sessions_per_address)
        if exceeded := live_sessions.take(self._address, quota):
            raise StreamError(ErrorCode.TOO_MANY_SESSIONS, FULL[exceeded].format(quota))
        self._admitted = True
        memory_release.cancel()
        metrics.sessions_open(len(live_sessions))

    async def release(self) -> None:
        """Count the session out and log how it went."""
        if not self._admitted:
            return
        live_sessions.leave(self._address)
        if not live_sessions:
            memory_release.schedule()
        metrics.sessions_open(len(live_sessions))
        self._log.event(
            logging.INFO,
            session_log.DISCONNECT,
            close_code=self._close_code,
            frames=self._session.frame_index,
            processed_frames=self._session.processed_frames,
            dropped_frames=self._session.dropped_frames,
            duration_ms=(time.monotonic() - self._started) * MILLISECONDS,
        )

    async def say_goodbye(self, error: StreamError) -> None:
        """Answer what is unanswered, say why, close."""
        self._close_code = error.error.close_code
        self._log.error(error)
        metrics.count_error(error.error.code, answers_frame=error.frame_index is not None)
        await self._worker.drop_unanswered(error)
        await self._send(protocol.error_message(error))
        await self.close(error.error.close_code, reason=error.error.code)

    async def _send(self, message: protocol.Message) -> None:
        await self.send(text_data=protocol.encode(message))


def asked_pipeline(scope: Scope) -> str:
    """The `pipeline_id` of the query; empty where it is missing."""
    query = parse_qs(scope["query_string"].decode("utf-8", "replace"))
    wanted: list[str] = query.get("pipeline_id", [""])
    return wanted[0]


def new_policy(limits: StreamSettings) -> Backpressure:
    """The drop policy that the settings ask for."""
    return Backpressure(
        limits.drop_threshold,
        limits.slowdown_threshold,
        window_s=limits.rate_window_s,
        min_frames=limits.rate_min_frames,
    )
