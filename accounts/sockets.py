"""Knows who opens a socket: a program by its API key, a user by the word of a trusted proxy."""

from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.callers import token_in
from accounts.keys import find_key
from accounts.remote_user import socket_user

known = database_sync_to_async(find_key)
named = database_sync_to_async(socket_user)


class KeysOfSockets:
    """Puts the key of a handshake into the scope as `api_key`, None where it is not valid.

    A user whom a trusted proxy names takes the place of the session's, which is taken out.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass the connection on; what the application allows it is its own affair."""
        headers = dict(scope["headers"])
        token = token_in(headers.get(b"authorization", b"").decode("latin-1"))
        if token is not None:
            scope = {**scope, "api_key": await known(token)}
        elif settings.FORGESYTE_REMOTE_USER_HEADER and (user := await named(scope)):
            scope = {**scope, "user": user, "session": None}
        await self.application(scope, receive, send)
