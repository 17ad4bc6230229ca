"""Makes middleware of a function that refuses requests."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

View = Callable[[HttpRequest], Any]
Refusal = Callable[[HttpRequest], HttpResponseBase | None]


def refusing(refusal: Refusal) -> Callable[[View], View]:
    """Django middleware that answers with what `refusal` gives for a request; None lets it pass."""

    @sync_and_async_middleware
    def middleware(get_response: View) -> View:
        if iscoroutinefunction(get_response):

            async def answer_soon(request: HttpRequest) -> HttpResponseBase:
                response: HttpResponseBase = refusal(request) or await get_response(request)
                return response

            return answer_soon
        return lambda request: refusal(request) or get_response(request)

    return middleware
