"""Keeps cookies to the place that the page has: its path prefix, and https where it came over that."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

View = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def kept_to_this_site(get_response: View) -> View:
    """Mark the cookies of an answer `Secure` where the request came over https, and keep to the prefix."""
    if iscoroutinefunction(get_response):

        async def answer_soon(request: HttpRequest) -> HttpResponseBase:
            return marked(request, await get_response(request))

        return answer_soon
    return lambda request: marked(request, get_response(request))


def marked(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The same response; a cookie with a path of its own keeps it."""
    for cookie in response.cookies.values():
        if cookie["path"] == "/":
            cookie["path"] = f"{request.META['SCRIPT_NAME']}/"
        if request.is_secure():
            cookie["secure"] = True
    return response
