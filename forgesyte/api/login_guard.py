"""Slows down who guesses passwords; django-axes counts the wrong ones."""

from datetime import timedelta
from ipaddress import ip_address
from math import ceil
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.exceptions import AxesBackendPermissionDenied
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from forgesyte.api.client_address import client_address, limited_owner, network_of
from forgesyte.api.errors import limit_reached, wants_json, without_djangos_line
from forgesyte.api.guesses import Guesses, in_words
from forgesyte.api.limits import LimitReached
from forgesyte.server.hosts import log_refused

# For each wrong password that locks a name, an address may try so many with other names.
NAMES_OF_AN_ADDRESS = 10
LOCKED = "Too many wrong passwords were given for this name from your address: try again in {wait}"
TOO_MANY = "Too many logins were tried from your address: try again in {wait}"

_logins: dict[tuple[int, float], Guesses] = {}


class LoginGuard(AxesStandaloneBackend):  # type: ignore[misc]  # django-axes has no types
    """Refuses to look at a password where a name is locked for an address, or an address tried too often."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> None:
        """Return None where others may look at the password; raises AxesBackendPermissionDenied."""
        if request is None or "remote_user" in more:
            # It is the server itself that asks, or a proxy that says who it is: no password is guessed.
            return
        super().authenticate(request, username=username, password=password, **more)
        wait_s = logins().take(limited_owner(client_address(request)))
        if wait_s:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.axes_wait_s = wait_s  # type: ignore[attr-defined]
            raise AxesBackendPermissionDenied("Too many logins from this address")


def logins() -> Guesses:
    """The logins that each address has tried in this process."""
    most = settings.AXES_FAILURE_LIMIT * NAMES_OF_AN_ADDRESS
    window_s = settings.AXES_COOLOFF_TIME.total_seconds()
    return _logins.setdefault((most, window_s), Guesses(most, window_s))


def attempts_address(request: HttpRequest) -> str | None:
    """The client's address for django-axes: of an IPv6 one the first of its network."""
    address = network_of(client_address(request)).partition("/")[0]
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """The answer to who is locked out: a sentence that says when to try again."""
    credentials = getattr(request, "axes_credentials", None) or {}
    username = str(credentials.get("username") or "")
    by_address = getattr(request, "axes_wait_s", None)
    wait_s = by_address or seconds_locked(username, attempts_address(request))
    detail = (TOO_MANY if by_address else LOCKED).format(wait=in_words(wait_s))
    log_refused("login_locked", request, username=username, path=request.path)
    if wants_json(request):
        return without_djangos_line(limit_reached(LimitReached("too_many_logins", detail, ceil(wait_s))))
    page = render(request, "refused.html", {"title": "Not now", "detail": detail}, status=429)
    page["Retry-After"] = str(ceil(wait_s))
    return without_djangos_line(page)


def seconds_locked(username: str, address: str | None) -> float:
    """Seconds for which this name stays locked for this address; at least one."""
    attempts = AccessAttempt.objects.filter(username=username, ip_address=address)
    last = attempts.aggregate(last=Max("attempt_time"))["last"]
    if last is None:
        return 1.0
    until = last + settings.AXES_COOLOFF_TIME
    left: timedelta = until - timezone.now()
    return max(left.total_seconds(), 1.0)
