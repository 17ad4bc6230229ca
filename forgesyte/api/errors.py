"""Every error of the HTTP API as `{"error": CODE, "detail": TEXT}`, whoever raised it; never a trace."""

import logging
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.views import defaults
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from forgesyte.api.limits import LimitReached
from forgesyte.api.version import version

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest, Any], HttpResponse]

API_PREFIXES = (
    *("/pipelines", "/plugins", "/video", "/jobs"),
    *("/health", "/ready", "/metrics", "/openapi.json", "/v1"),
)
UNREADABLE = "The request cannot be read"
FORBIDDEN = "You may not do this"
NOTHING_HERE = "There is nothing at this address"
UNEXPECTED = "Unexpected error occurred"
DATABASE_AWAY = "The database does not answer: try again in a moment"
FOR_OPERATORS = (
    "If this is your server and it stays so: see that the database of the setting DATABASE_URL runs, "
    "has room and is not locked by another program; the server's log says more"
)
FORM_OF_ELSEWHERE = "This form does not come from a page of this server, or is too old: load its page again"
BEHIND_A_PROXY = (
    "If this is your server behind a reverse proxy, name that in FORGESYTE_TRUSTED_PROXIES and let it send "
    "X-Forwarded-Proto and X-Forwarded-Host; docs/network/PROXIES.md has an example"
)
DATABASE_ERRORS = (OperationalError, InterfaceError)
# Seconds after which a request that met no database is worth another try.
RETRY_AFTER_S = 5
TOO_MUCH_TEXT = "The form has too much text beside its files: all fields together may have {kilobytes} KB"
TOO_MANY_FIELDS = "The form has too many fields: at most {most}"
TOO_MANY_FILES = "The form has too many files: at most {most}"
# What apps have registered for the errors of their own.
_registered: dict[type[Exception], Handler] = {}


class Error(Schema):
    """The body of every refusal: a code for programs and a sentence for people."""

    error: str
    detail: str


def error_response(status: int, code: str, detail: str) -> HttpResponse:
    """The answer of a request that failed."""
    return JsonResponse({"error": code, "detail": detail}, status=status)


def code_of(status: int) -> str:
    """The code of an error that has no better name than its status: `not_found`."""
    return HTTPStatus(status).name.lower()


def register_error(kind: type[Exception], handler: Handler) -> None:
    """Answer errors of this kind with `handler`; an app calls it when it is ready, before the API is made."""
    _registered[kind] = handler


def answer_errors(api: NinjaAPI) -> None:
    """Give the API a handler for everything that an operation may raise."""
    handlers: dict[type[Exception], Handler] = {
        **_registered,
        LimitReached: lambda request, error: limit_reached(error),
        ValidationError: validation_error,
        HttpError: lambda request, error: plain(error.status_code, str(error)),
        Http404: lambda request, error: plain(404, NOTHING_HERE),
        PermissionDenied: lambda request, error: plain(403, FORBIDDEN),
        SuspiciousOperation: lambda request, error: plain(*form_refusal(error)),
        BadRequest: lambda request, error: plain(400, UNREADABLE),
        MultiPartParserError: lambda request, error: plain(400, UNREADABLE),
        **dict.fromkeys(DATABASE_ERRORS, database_away),
        Exception: unexpected_error,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def plain(status: int, detail: str) -> HttpResponse:
    """An error named after its status."""
    return error_response(status, code_of(status), detail)


def limit_reached(error: LimitReached) -> HttpResponse:
    """A limit of the operator's: which one, and when to try again."""
    response = error_response(429, error.code, error.detail)
    response["Retry-After"] = str(error.retry_after_s)
    return response


def validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Missing or wrong parameters, all in one sentence."""
    found = [f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in error.errors]
    return error_response(422, "invalid_request", "; ".join(found))


def form_refusal(error: Exception) -> tuple[int, str]:
    """The status and the sentence for a form that is not taken in."""
    if isinstance(error, RequestDataTooBig):
        kilobytes = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // 1024
        return 413, TOO_MUCH_TEXT.format(kilobytes=kilobytes)
    if isinstance(error, TooManyFieldsSent):
        return 400, TOO_MANY_FIELDS.format(most=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    if isinstance(error, TooManyFilesSent):
        return 400, TOO_MANY_FILES.format(most=settings.DATA_UPLOAD_MAX_NUMBER_FILES)
    return 400, UNREADABLE


def database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is locked, full, not set up or gone: no bug of the request's, and it may come back."""
    log_database_away(request.path, error)
    response = refusal(request, 503, "unavailable", DATABASE_AWAY, FOR_OPERATORS)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return without_djangos_line(response)


def log_database_away(path: str, error: Exception) -> None:
    """One line on a request or a socket that found no database, without a traceback."""
    logger.error("database_unreachable", extra={"fields": {"path": path, "detail": str(error)}})


def unexpected_error(request: HttpRequest, error: Exception) -> HttpResponse:
    """Anything else is a bug: the trace goes into the log and stays there."""
    logger.error("request_failed", exc_info=error, extra={"fields": {"path": request.path}})
    return error_response(500, "internal_error", UNEXPECTED)


def without_djangos_line(response: HttpResponse) -> HttpResponse:
    """The response, of which Django logs no line of its own: one was written that says more."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def wants_json(request: HttpRequest) -> bool:
    """True if a failed request came from a program: it asked the API, or did not ask for a page."""
    path = request.path_info
    if any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PREFIXES):
        return True
    return request.get_preferred_type(["application/json", "text/html"]) == "application/json"


def refusal(request: HttpRequest, status: int, code: str, detail: str, more: str = "") -> HttpResponse:
    """An error for a program, or the same on a page, where there may be more to read.

    The page is made without the request, whose user would have to be looked up in the database.
    """
    if wants_json(request):
        return error_response(status, code, detail)
    page = {"title": HTTPStatus(status).phrase, "detail": detail, "more": more}
    return HttpResponse(render_to_string("refused.html", {**page, **version(request)}), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400, or 413 for a form that is too large."""
    status, detail = form_refusal(exception)
    return refusal(request, status, code_of(status), detail)


def form_of_elsewhere(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that was not sent by a page of ours, or by one that is too old."""
    fields = {"path": request.path, "origin": request.headers.get("Origin", ""), "detail": reason}
    logger.warning("form_refused", extra={"fields": fields})
    return without_djangos_line(refusal(request, 403, code_of(403), FORM_OF_ELSEWHERE, BEHIND_A_PROXY))


def unreadable(request: HttpRequest) -> HttpResponse:
    """The answer to an address that no view can be asked with."""
    return bad_request(request, BadRequest(UNREADABLE))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 403."""
    return _answer(request, 403, FORBIDDEN, lambda: defaults.permission_denied(request, exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 404."""
    return _answer(request, 404, NOTHING_HERE, lambda: defaults.page_not_found(request, exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's 500, or 503 where the error that it is called for is the database's."""
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_ERRORS):
        return database_away(request, error)
    if wants_json(request):
        return error_response(500, "internal_error", UNEXPECTED)
    return defaults.server_error(request)


def _answer(request: HttpRequest, status: int, detail: str, page: Callable[[], HttpResponse]) -> HttpResponse:
    return plain(status, detail) if wants_json(request) else page()
