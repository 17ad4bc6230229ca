"""Access to the API: for everyone by default, for logged-in users if the operator requires it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from ninja.errors import HttpError
from ninja.utils import check_csrf

from forgesyte.api.errors import plain, without_djangos_line
from forgesyte.server.hosts import log_refused

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(HttpError):
    """A browser sent the request for a page of another site."""

    def __init__(self) -> None:
        super().__init__(403, "This request comes from a page of another site")


class Access:
    """Lets a request in, or raises HttpError.

    With FORGESYTE_REQUIRE_LOGIN the session cookie is what opens the door, so a request that changes
    something must carry the CSRF token. Without it there is no cookie to abuse, and scripts need no token;
    but a page of another site must not make a browser talk to the server on its owner's machine.
    """

    # Tells the page of the API to send the token along.
    csrf = True

    async def __call__(self, request: HttpRequest) -> bool:
        """True for a request that may go on."""
        if not settings.FORGESYTE_REQUIRE_LOGIN:
            if request.method not in SAFE_METHODS and is_cross_site(request):
                raise CrossSite
            return True
        if not (await request.auser()).is_authenticated:
            raise HttpError(401, "Log in first: this server is not open to everyone")
        if lacks_csrf_token(request):
            raise HttpError(403, "The CSRF token is missing or wrong")
        return True


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
    """True if a browser sent this request for a page of another origin; programs send no `Origin`."""
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return False
    try:
        return urlsplit(origin).netloc != request.get_host()
    except ValueError:
        return True


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
