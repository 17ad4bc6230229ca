"""Answers `/metrics`: to everybody, or to operators where a login is required."""

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_prometheus.exports import ExportToDjangoView

from accounts.callers import VIEW_SERVER, NotAllowed
from accounts.models import Scope
from forgesyte.api.access import Access, not_allowed
from forgesyte.api.errors import limit_reached
from forgesyte.api.limits import LimitReached

FOR_OPERATORS = "Metrics are for operators: users of that role, and their keys with the scope “metrics”"
_access = Access(Scope.METRICS)


async def metrics(request: HttpRequest) -> HttpResponseBase:
    """The text for Prometheus."""
    try:
        caller = await _access(request)
        if not await sync_to_async(caller.may)(VIEW_SERVER):
            raise NotAllowed(403, FOR_OPERATORS)
    except NotAllowed as error:
        return not_allowed(request, error)
    except LimitReached as error:
        return limit_reached(error)
    response: HttpResponseBase = await sync_to_async(ExportToDjangoView)(request)
    return response
