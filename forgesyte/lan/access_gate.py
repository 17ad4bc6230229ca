"""Lets nobody in without the code that `serve --lan` asks for: neither to pages nor to sockets."""

import json
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from forgesyte.lan import access_code, lan

# Probes, the place to enter the code, and what a phone must trust before it can.
PROBES = ("/health", "/ready", "/v1/health", "/v1/ready")
OPEN_PATHS = frozenset({*PROBES, access_code.PATH, f"/{lan.AUTHORITY_PATH}"})


@sync_and_async_middleware
def ask_for_code(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer with the page that asks for the code where one is set and the request does not have it."""
    if iscoroutinefunction(get_response):

        async def answer_soon(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = stopped(request) or await get_response(request)
            return response

        return answer_soon

    def answer(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = stopped(request) or get_response(request)
        return response

    return answer


def stopped(request: HttpRequest) -> HttpResponseBase | None:
    """The answer to a request that may not go on; None for one that may."""
    if not settings.LAN_CODE or request.path_info in OPEN_PATHS:
        return None
    return access_code.refusal(request)


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
