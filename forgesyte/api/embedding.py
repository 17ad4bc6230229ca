"""Lets pages of allowed sites embed a page of ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def embeddable(view: View) -> View:
    """Allow FORGESYTE_ALLOWED_ORIGINS to embed this page; without that setting nobody may."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: Any = view(request, *args, **kwargs)
        if settings.FORGESYTE_ALLOWED_ORIGINS:
            response._csp_replace = {"frame-ancestors": ["'self'", *settings.FORGESYTE_ALLOWED_ORIGINS]}
            # An older header, which knows no list of origins.
            response.xframe_options_exempt = True
        found: HttpResponseBase = response
        return found

    return page
