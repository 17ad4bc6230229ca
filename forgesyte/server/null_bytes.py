"""Refuses addresses with NUL bytes in them: no text of ours has any, and PostgreSQL fails on each."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from forgesyte.api.errors import unreadable

View = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def refuse_null_bytes(get_response: View) -> View:
    """Answer 400 to an address that has one in its path or behind its question mark."""
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = (
                unreadable(request) if has_null(request) else await get_response(request)
            )
            return response

        return answer
    return lambda request: unreadable(request) if has_null(request) else get_response(request)


def has_null(request: HttpRequest) -> bool:
    """True if there is a NUL byte in the address."""
    return "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
