"""Ends open sockets whose user has signed out or was switched off, or whose key has ended."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.callers import LOGIN_REQUIRED, NotAllowed
from accounts.keys import valid_key

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 5.0
SIGNED_OUT = "You have signed out, or your account or your login has ended: log in again"

Scope = Mapping[str, Any]
# Raises NotAllowed for a scope that does not open the door.
Check = Callable[[Scope], object]
Watched = tuple["asyncio.Future[NotAllowed]", Scope, Check]


class AccessWatch:
    """Asks the database every few seconds whether open sockets may stay open, about all of them in one go.

    So it does not matter which process of the server has ended a session, a key or a user. While the database
    does not answer, sockets stay open. Used on one event loop at a time.
    """

    def __init__(self, every_s: float = CHECK_EVERY_S) -> None:
        self._every_s = every_s
        self._watched: list[Watched] = []
        self._task: asyncio.Task[None] | None = None

    async def until_refused(self, scope: Scope, check: Check) -> NotAllowed:
        """Wait until `check`, which let the socket of this scope in, would do so no more; says why."""
        refused: asyncio.Future[NotAllowed] = asyncio.get_running_loop().create_future()
        watched = (refused, scope, check)
        self._watched.append(watched)
        if self._task is None:
            self._task = asyncio.create_task(self._ask_again_and_again())
        try:
            return await refused
        finally:
            self._watched.remove(watched)
            if not self._watched:
                self._task.cancel()
                self._task = None

    async def _ask_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                refusals = await database_sync_to_async(refusals_of)(list(self._watched))
            except Exception:
                # Whatever it is: the sockets that open later are asked about, too.
                logger.exception("access_check_failed")
                continue
            for refused, why in refusals:
                with suppress(asyncio.InvalidStateError):
                    refused.set_result(why)


def refusals_of(watched: Collection[Watched]) -> list[tuple["asyncio.Future[NotAllowed]", NotAllowed]]:
    """Those of these sockets that may not stay open, and why; reads the database."""
    return [(refused, why) for refused, scope, check in watched if (why := refusal_of(scope, check))]


def refusal_of(scope: Scope, check: Check) -> NotAllowed | None:
    """The reason why the socket of this scope may not stay open; None where it may."""
    try:
        check(renewed(scope))
    except NotAllowed as error:
        return NotAllowed(error.status, SIGNED_OUT) if error.detail == LOGIN_REQUIRED else error
    return None


def renewed(scope: Scope) -> Scope:
    """The key or the user of a scope as the database has them now.

    Of a user whom a proxy has named nothing but the account can be asked.
    """
    if key := scope.get("api_key"):
        return {"api_key": valid_key(timezone.now(), pk=key.pk)}
    if session := scope.get("session"):
        return {"user": user_of_session(session.session_key)}
    return {"user": User.objects.filter(pk=scope["user"].pk).first()}


def user_of_session(session_key: str) -> Any:
    """The user who is signed in with this session; an anonymous one where it has ended."""
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    return get_user(request)


# Of this process.
access_watch = AccessWatch()
