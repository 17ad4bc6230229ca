"""Forbids caching of every answer that does not say otherwise."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def kept_by_nobody(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Say of each answer without a `Cache-Control` that neither browsers nor proxies may keep it.

    Most of them tell of jobs and users; static files and downloads say themselves how long they last.
    """
    if iscoroutinefunction(get_response):
        aget_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def answer_soon(request: HttpRequest) -> HttpResponseBase:
            return marked(await aget_response(request))

        return answer_soon

    def answer(request: HttpRequest) -> HttpResponseBase:
        return marked(get_response(request))

    return answer


def marked(response: HttpResponseBase) -> HttpResponseBase:
    """The same response, which says who may keep it."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
