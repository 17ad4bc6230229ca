"""The WebSocket endpoint of a live session."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from forgesyte.api.client_address import client_address, limited_owner
from forgesyte.api.limits import Places, Quota
from forgesyte.server import memory
from streaming import events, metrics, protocol
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
# A page that is loaded anew, or a connection that comes back, is no rest.
rest = IdleTask(memory.give_back, after_s=3.0)


class StreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Lets frames in and answers out.

    What a session owns lives in the task group around it, for `disconnect` is not called when a handler
    raises or the task is cancelled.
    """

    _tasks: asyncio.TaskGroup
    channel_layer_alias = ""  # frames never travel through the channel layer

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """One connection, from its handshake to its end."""
        self.scope, self.base_send = scope, send
        self._limits: StreamSettings = settings.STREAM
        self._session = SessionManager(asked_pipeline(scope), new_policy(self._limits))
        self._log = SessionLog(self._session)
        self._worker = SessionWorker(self._session, self._limits, self._log, self._send)
        self._address = limited_owner(client_address(scope))
        self._accepted = self._admitted = False
        self._own: list[asyncio.Task[None]] = []
        self._close_code = ErrorCode.SERVER_SHUTDOWN.close_code
        started = time.monotonic()
        try:
            await self._serve(receive)
        finally:
            self._leave(started)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle one message as Channels does, but without a visit to a thread: no database is in use."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept, so that a browser can read why it is turned away; then start to work."""
        if take_at_most := self.scope.get("take_at_most"):
            take_at_most(text=0, binary=self._limits.max_frame_bytes)
        await self.accept()
        self._accepted = True
        self._admit()
        self._log.event(logging.INFO, events.CONNECT)
        self._own = [self._tasks.create_task(work) for work in (self._worker.run(), self._worker.watch())]

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
        """The client is gone."""
        self._close_code = code
        raise StopConsumer

    async def _serve(self, receive: Any) -> None:
        try:
            async with asyncio.TaskGroup() as self._tasks:
                # Channels' own loop would start a task for each message.
                with suppress(StopConsumer):
                    while True:
                        await self.dispatch(await receive())
                for task in self._own:
                    task.cancel()
        except asyncio.CancelledError:
            # The web server cancels its connections when it stops.
            if self._accepted:
                await self._say_goodbye(StreamError(ErrorCode.SERVER_SHUTDOWN))
            raise
        except ExceptionGroup as group:
            await self._say_goodbye(cause_of(group))

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
        rest.disturb()
        metrics.sessions_open(len(live_sessions))

    def _leave(self, started: float) -> None:
        if not self._admitted:
            return
        live_sessions.leave(self._address)
        if not live_sessions:
            rest.begin()
        metrics.sessions_open(len(live_sessions))
        self._log.event(
            logging.INFO,
            events.DISCONNECT,
            close_code=self._close_code,
            frames=self._session.frame_index,
            processed_frames=self._session.processed_frames,
            dropped_frames=self._session.dropped_frames,
            duration_ms=round((time.monotonic() - started) * 1000, 1),
        )

    async def _say_goodbye(self, error: StreamError) -> None:
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


def cause_of(group: ExceptionGroup[Exception]) -> StreamError:
    """The error that ended a session; one that nobody foresaw becomes INTERNAL_ERROR, and its cause."""
    for error in group.exceptions:
        if isinstance(error, StreamError):
            return error
    unforeseen = StreamError(ErrorCode.INTERNAL_ERROR)
    unforeseen.__cause__ = group.exceptions[0]
    return unforeseen
