"""Lets nobody in without the code that `serve --lan` asks for: neither to pages nor to sockets."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from forgesyte.lan import access_code, lan
from forgesyte.server.refusing import refusing

# Probes, the place to enter the code, and what a phone must trust before it can.
PROBES = ("/health", "/ready", "/v1/health", "/v1/ready")
OPEN_PATHS = frozenset({*PROBES, access_code.PATH, f"/{lan.AUTHORITY_PATH}"})


def stopped(request: HttpRequest) -> HttpResponseBase | None:
    """The answer to a request that may not go on; None for one that may."""
    if not settings.LAN_CODE or request.path_info in OPEN_PATHS:
        return None
    return access_code.refusal(request)


ask_for_code = refusing(stopped)


class SocketGate:
    """Accepts a socket without the code only to say that it is missing, so that a browser can read it."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass the connection on, or end it."""
        try:
            if settings.LAN_CODE:
                access_code.check_socket(scope)
        except access_code.Refused as refused:
            await receive()
            await send({"type": "websocket.accept"})
            code, close_code = ("too_many_codes", 4429) if refused.wait_s else ("code_required", 4401)
            text = json.dumps({"error": code, "detail": refused.detail})
            await send({"type": "websocket.send", "text": text})
            await send({"type": "websocket.close", "code": close_code, "reason": code})
            return
        await self.application(scope, receive, send)
