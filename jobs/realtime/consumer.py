"""The WebSocket on which clients hear of jobs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings

from accounts.access_watch import access_watch
from accounts.callers import LOGIN_REQUIRED, Caller, NotAllowed, socket_caller
from accounts.models import Scope
from forgesyte.api import strict_json
from forgesyte.api.client_address import client_address, limited_owner
from forgesyte.api.errors import DATABASE_AWAY, DATABASE_ERRORS, log_database_away
from forgesyte.api.limits import Places, Quota
from forgesyte.server.base_consumer import BaseConsumer
from jobs import events
from jobs.realtime.connection_manager import Client
from jobs.realtime.db_reader import job_broadcaster, kept_to, missing, owner_watched
from jobs.realtime.messages import ErrorMessage, Failure, Message, Ping, PingMessage, encode

logger = logging.getLogger(__name__)

PING_EVERY_S = 30.0
PONG_WITHIN_S = 30.0
OTHER_RIGHTS = "You may see other jobs now than before: connect again"
# Of one connection: more belong on a list, which watches them all.
MOST_JOBS = 200
# A pong has 16 bytes.
MOST_BYTES = 4096
MOST_MESSAGES = 20  # from one ping to the next; one is asked for


# The connections of this process, by their client's address.
watchers = Places()
FULL = {
    "in_all": "Connections at once are limited to {0.in_all} (JOBS_MAX_WATCHERS): try again later",
    "per_owner": "Connections at once from one address are limited to {0.per_owner} "
    "(JOBS_MAX_WATCHERS_PER_ADDRESS): close a tab, or try again later",
}


class End(Enum):
    """A reason to end a connection: the code that clients read, the close code, the default sentence."""

    INVALID_JOB_ID = ("invalid_job_id", 4400, "A job_id is a UUID")
    UNKNOWN_JOB = ("unknown_job", 4404, "There is no such job")
    TOO_MANY_JOBS = ("too_many_jobs", 4400, f"One connection watches at most {MOST_JOBS} jobs by their ids")
    INVALID_MESSAGE = ("invalid_message", 4400, 'The only message that is understood is {"type": "pong"}')
    MESSAGE_TOO_LARGE = ("message_too_large", 4413, f"A message has at most {MOST_BYTES} bytes")
    TOO_MANY_MESSAGES = ("too_many_messages", 4429, "Send one pong for each ping")
    LOGIN_REQUIRED = ("login_required", 4401, "Log in to watch jobs")
    FORBIDDEN = ("forbidden", 4403, "This key may not watch jobs")
    NO_PONG = ("no_pong", 4408, "No pong came for the last ping")
    TOO_MANY_WATCHERS = ("too_many_watchers", 4429, "Too many connections are open: try again later")
    SERVER_SHUTDOWN = ("server_shutdown", 1012, "The server is stopping: connect again in a moment")
    INTERNAL_ERROR = ("internal_error", 1011, "Unexpected error occurred")

    def __init__(self, code: str, close_code: int, detail: str) -> None:
        self.code = code
        self.close_code = close_code
        self.detail = detail


class Ended(Exception):
    """Ends the connection: the client reads why, then the socket closes."""

    def __init__(self, end: End, detail: str = "", job_id: str = "") -> None:
        self.end = end
        self.message = ErrorMessage(
            payload=Failure(job_id=job_id, code=end.code, detail=detail or end.detail)
        )
        super().__init__(detail or end.detail)


class RealtimeConsumer(BaseConsumer[Ended]):
    """Sends the news of jobs to one client, which answers with pongs only."""

    error_type = Ended

    def __init__(self) -> None:
        super().__init__()
        self._client: Client | None = None
        self._address: str | None = None
        self._pong = asyncio.Event()
        self._heard = 0

    async def connect(self) -> None:
        """Accept, so that a browser can read why it is turned away; then watch."""
        await self.accept_at_most(text=MOST_BYTES, binary=0)
        caller = known_caller(self.scope)
        self._take_place(limited_owner(client_address(self.scope)))
        job_ids = asked_jobs(self.scope)
        for job_id in await missing(job_ids or frozenset(), caller):
            raise Ended(End.UNKNOWN_JOB, f"There is no job {job_id}", job_id)
        owner = None if caller.trusted else await kept_to(caller)
        self._client = Client(job_ids, owner=owner)
        job_broadcaster.join(self._client)
        self.run_beside(self._send_news(self._client), self._keep_alive())
        if not caller.trusted:
            self.run_beside(self._until_refused(owner))

    def _take_place(self, address: str) -> None:
        quota = Quota(settings.JOBS.max_watchers, settings.JOBS.max_watchers_per_address)
        if exceeded := watchers.take(address, quota):
            raise Ended(End.TOO_MANY_WATCHERS, FULL[exceeded].format(quota))
        self._address = address

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Take a message, or word that one was too large to be kept."""
        if message.get("too_large") and message.get("text") is not None:
            raise Ended(End.MESSAGE_TOO_LARGE)
        await super().websocket_receive(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hear a pong; nothing larger than a small message is parsed."""
        if len(text_data or "") > MOST_BYTES:
            raise Ended(End.MESSAGE_TOO_LARGE)
        self._heard += 1
        if self._heard > MOST_MESSAGES:
            raise Ended(End.TOO_MANY_MESSAGES)
        if not is_pong(text_data):
            raise Ended(End.INVALID_MESSAGE)
        self._pong.set()

    async def release(self) -> None:
        """Leave the broadcaster and free the place among the connections."""
        if self._address is not None:
            watchers.leave(self._address)
        if self._client:
            await job_broadcaster.leave(self._client)

    def shutdown_error(self) -> Ended:
        """The error for clients of a server that stops."""
        return Ended(End.SERVER_SHUTDOWN)

    def unexpected_error(self, cause: Exception) -> Ended:
        """INTERNAL_ERROR; the cause is logged, and a database that is away is said to be."""
        if isinstance(cause, DATABASE_ERRORS):
            log_database_away(self.scope["path"], cause)
            return Ended(End.INTERNAL_ERROR, DATABASE_AWAY)
        logger.error(events.REALTIME_FAILED, exc_info=cause)
        return Ended(End.INTERNAL_ERROR)

    async def say_goodbye(self, error: Ended) -> None:
        """Send why the connection ends, and close it."""
        await self._send(error.message)
        await self.close(error.end.close_code, reason=error.end.code)

    async def _send_news(self, client: Client) -> None:
        drained: Callable[[], Awaitable[None]] | None = self.scope.get("drained")
        while True:
            # What cannot be sent yet waits in the mailbox, where newer news take its place.
            if drained:
                await drained()
            await self._send(await client.mailbox.get())

    async def _until_refused(self, owner: int | None) -> None:
        raise ended_by(await access_watch.until_refused(self.scope, partial(may_watch_on, owner=owner)))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            self._pong.clear()
            self._heard = 0
            await self._send(PingMessage(payload=Ping()))
            try:
                await asyncio.wait_for(self._pong.wait(), PONG_WITHIN_S)
            except TimeoutError:
                raise Ended(End.NO_PONG) from None

    async def _send(self, message: Message) -> None:
        await self.send(text_data=encode(message))


def known_caller(scope: dict[str, Any]) -> Caller:
    """The caller; raises Ended."""
    try:
        return socket_caller(scope, Scope.JOBS)
    except NotAllowed as error:
        raise ended_by(error) from error


def may_watch_on(scope: Mapping[str, Any], owner: int | None) -> None:
    """Raise NotAllowed unless the caller may still watch the jobs of this user, of all with None."""
    if owner_watched(socket_caller(scope, Scope.JOBS)) != owner:
        raise NotAllowed(403, OTHER_RIGHTS)


def ended_by(error: NotAllowed) -> Ended:
    """The end of a connection that its caller may not have."""
    if error.status == 403:
        return Ended(End.FORBIDDEN, error.detail)
    return Ended(End.LOGIN_REQUIRED, "" if error.detail == LOGIN_REQUIRED else error.detail)


def asked_jobs(scope: dict[str, Any]) -> frozenset[str] | None:
    """The ids in the query, spelled as the API does; None where there are none: all jobs. Raises Ended."""
    query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
    asked = query.get("job_id")
    if asked is None:
        return None
    if len(asked) > MOST_JOBS:
        raise Ended(End.TOO_MANY_JOBS)
    return frozenset(canonical(job_id) for job_id in asked)


def canonical(job_id: str) -> str:
    """The one spelling of an id; raises Ended."""
    try:
        return str(UUID(job_id))
    except ValueError:
        raise Ended(End.INVALID_JOB_ID, f"“{job_id[:80]}” is no job_id: it must be a UUID") from None


def is_pong(text: str | None) -> bool:
    """True if a message is `{"type": "pong"}`."""
    try:
        message = strict_json.loads(text or "")
    except strict_json.NotJson:
        return False
    return isinstance(message, dict) and message.get("type") == "pong"
