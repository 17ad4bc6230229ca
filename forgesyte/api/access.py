"""Access to the API: for everyone by default, for logged-in users if the operator requires it."""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from ninja.errors import HttpError
from ninja.utils import check_csrf

from accounts.callers import Caller, caller_for, caller_with, request_token
from accounts.keys import find_key
from accounts.request_rate import request_rate
from forgesyte.api.errors import plain, without_djangos_line
from forgesyte.api.guesses import in_words
from forgesyte.api.limits import LimitReached
from forgesyte.server.hosts import log_refused

TOO_MANY = "Requests of one user are limited to {} a minute (FORGESYTE_REQUESTS_PER_MINUTE): try again in {}"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(HttpError):
    """A browser sent the request for a page of another site."""

    def __init__(self) -> None:
        super().__init__(403, "This request comes from a page of another site")


class Access:
    """Lets a request in, as ninja's authenticators do: returns who asks, or raises what answers it.

    With FORGESYTE_REQUIRE_LOGIN an API key opens the door that has its `scope`, any key where that is empty.
    Else the session cookie does, and then a request that changes something must carry the CSRF token. Without
    it there is no cookie to abuse, and scripts need no token; but a page of another site must not make a
    browser talk to the server on its owner's machine.
    """

    # Tells the page of the API to send the token along.
    csrf = True

    def __init__(self, scope: str = "") -> None:
        self._scope = scope

    async def __call__(self, request: HttpRequest) -> Caller:
        """The caller of a request that may go on; ninja keeps it as `request.auth`."""
        caller = await self._caller(request)
        if caller.trusted:
            if request.method not in SAFE_METHODS and is_cross_site(request):
                raise CrossSite
        elif caller.scopes is None and lacks_csrf_token(request):
            raise HttpError(403, "The CSRF token is missing or wrong")
        caller.need(self._scope)
        count_request(caller)
        return caller

    async def _caller(self, request: HttpRequest) -> Caller:
        token = request_token(request)
        if token is None:
            return caller_for(await request.auser())
        return caller_with(await sync_to_async(find_key)(token))


def count_request(caller: Caller) -> None:
    """Count a user's request; raises LimitReached where it is one too many within a minute."""
    if caller.trusted or caller.user_id is None:
        return
    most = settings.FORGESYTE_REQUESTS_PER_MINUTE
    wait_s = request_rate.take(caller.user_id, most)
    if wait_s:
        raise LimitReached("too_many_requests", TOO_MANY.format(most, in_words(wait_s)), ceil(wait_s))


def lacks_csrf_token(request: HttpRequest) -> bool:
    """True if the CSRF token is missing or wrong.

    While a body arrives the token must be in the header: to look for it in the form is to wait for all of it.
    """
    arriving = "forgesyte.body" in getattr(request, "scope", ())
    if arriving:
        request.POST = QueryDict()
    try:
        return check_csrf(request) is not None
    finally:
        if arriving:
            del request._post  # type: ignore[attr-defined]


def is_cross_site(request: HttpRequest) -> bool:
    """True if a browser sent this request for a page of an origin that is neither ours nor allowed.

    Programs send no `Origin`.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in (*settings.CSRF_TRUSTED_ORIGINS, *settings.FORGESYTE_ALLOWED_ORIGINS):
        return False
    try:
        return urlsplit(origin).netloc != request.get_host()
    except ValueError:
        return True


def not_allowed(request: HttpRequest, error: Any) -> HttpResponse:
    """The answer to who is not known, or may not do what he asks for."""
    response = plain(error.status, error.detail)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def cross_site(request: HttpRequest, error: Any) -> HttpResponse:
    """The answer to a page of another site, which the log names."""
    log_refused("origin_refused", request, origin=request.headers["Origin"], path=request.path)
    return without_djangos_line(plain(403, str(error)))


def login_where_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send a person who must log in to the login page: for pages about the API, not for its operations."""

    @wraps(view, assigned=())
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.FORGESYTE_REQUIRE_LOGIN and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded
