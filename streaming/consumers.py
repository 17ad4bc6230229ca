"""The WebSocket endpoint of a live session."""

import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from accounts.access_watch import access_watch
from accounts.callers import LOGIN_REQUIRED, Caller, NotAllowed, socket_caller
from accounts.models import Scope as KeyScope
from accounts.usage import Usage
from forgesyte.api.client_address import client_address, limited_owner
from forgesyte.api.errors import DATABASE_AWAY, DATABASE_ERRORS, log_database_away
from forgesyte.api.limits import Places, Quota
from forgesyte.server import memory
from forgesyte.server.base_consumer import BaseConsumer
from forgesyte.units import MILLISECONDS
from streaming import metrics, protocol
from streaming.backpressure import Backpressure
from streaming.conf import StreamSettings
from streaming.idle_task import IdleTask
from streaming.monitoring import session_log
from streaming.monitoring.live_session import LiveSession, open_sessions
from streaming.monitoring.session_log import SessionLog
from streaming.protocol import ErrorCode, StreamError
from streaming.session_manager import SessionManager
from streaming.session_worker import SessionWorker

Scope = dict[str, Any]

# The sessions of this process, by their client's address.
session_places = Places()
# The same by their user, where a login is required.
users_sessions = Places()
FULL = {
    "in_all": "Sessions at once are limited to {0.in_all} (STREAM_MAX_SESSIONS): try again later",
    "per_owner": "Sessions at once from one address are limited to {0.per_owner} "
    "(STREAM_MAX_SESSIONS_PER_ADDRESS): close one, or try again later",
    "per_user": "Sessions at once of one user are limited to {0.per_owner} "
    "(STREAM_MAX_SESSIONS_PER_USER): close one, or try again later",
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
        self.run_beside(self._worker.run(), self._worker.watch(), self._until_ended())
        if not self._caller.trusted:
            self.run_beside(self._until_refused())

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

    async def _until_ended(self) -> None:
        raise StreamError(ErrorCode.SESSION_ENDED, await self._shown.until_ended())

    async def _until_refused(self) -> None:
        raise StreamError(*refusal_of(await access_watch.until_refused(self.scope, caller_of)))

    def _admit(self) -> None:
        """Count the session in; raises StreamError where it may not be opened."""
        try:
            self._caller = caller_of(self.scope)
        except NotAllowed as error:
            raise StreamError(*refusal_of(error)) from error
        if not self._session.pipeline_id:
            raise StreamError(ErrorCode.INVALID_PIPELINE)
        self._take_places()
        self._admitted = True
        shown = LiveSession(self._session, self._caller.user, client_address(self.scope))
        self._shown = open_sessions[shown.id] = shown
        memory_release.cancel()
        metrics.sessions_open(len(session_places))

    def _take_places(self) -> None:
        """Take a place for the address, and one for the user where there is one; raises StreamError."""
        quota = Quota(self._limits.max_sessions, self._limits.max_sessions_per_address)
        if exceeded := session_places.take(self._address, quota):
            raise StreamError(ErrorCode.TOO_MANY_SESSIONS, FULL[exceeded].format(quota))
        self._user = "" if self._caller.trusted else str(self._caller.user_id)
        of_users = Quota(None, self._limits.max_sessions_per_user)
        if users_sessions.take(self._user, of_users):
            session_places.leave(self._address)
            raise StreamError(ErrorCode.TOO_MANY_SESSIONS, FULL["per_user"].format(of_users))

    async def release(self) -> None:
        """Count the session out and log how it went."""
        if not self._admitted:
            return
        open_sessions.pop(self._session.session_id, None)
        session_places.leave(self._address)
        users_sessions.leave(self._user)
        if not session_places:
            memory_release.schedule()
        metrics.sessions_open(len(session_places))
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


def sessions_of(user: Any) -> Usage:
    """The sessions that a user has open in this process."""
    return Usage("Live sessions", users_sessions.count(str(user.pk)), settings.STREAM.max_sessions_per_user)


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """The caller who opens a session; raises NotAllowed."""
    return socket_caller(scope, KeyScope.STREAM)


def refusal_of(error: NotAllowed) -> tuple[ErrorCode, str | None]:
    """The code and the detail for whom the server does not let in."""
    if error.status == 403:
        return ErrorCode.FORBIDDEN, error.detail
    return ErrorCode.LOGIN_REQUIRED, None if error.detail == LOGIN_REQUIRED else error.detail


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
