"""Keeps pages of other sites from opening sockets here with their visitor's cookies."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from forgesyte.server.hosts import log_refused

DEFAULT_PORTS = {"http": "80", "https": "443"}


class SameOriginValidator:
    """Answers a handshake with HTTP 403 where its `Origin` is not the very host and port that it was sent to.

    Programs other than browsers send no `Origin` and pass: they carry nobody's cookies.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass the connection on, or deny it."""
        if lets_in(scope):
            await self.application(scope, receive, send)
            return
        log_refused(
            "origin_refused", scope, origin=header(scope, b"origin") or "", host=header(scope, b"host") or ""
        )
        await WebsocketDenier()(scope, receive, send)


def lets_in(scope: dict[str, Any]) -> bool:
    """True if the handshake comes from one of our own pages, from one of an allowed site, or from no page."""
    origin = header(scope, b"origin")
    own = origin in settings.CSRF_TRUSTED_ORIGINS or origin in settings.FORGESYTE_ALLOWED_ORIGINS
    return own or is_allowed(origin, header(scope, b"host") or "", settings.ALLOWED_HOSTS)


def header(scope: dict[str, Any], wanted: bytes) -> str | None:
    """The value of a header of a handshake; the last one of several, None if there is none."""
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return found[-1] if found else None


def is_allowed(origin: str | None, host: str, allowed_hosts: list[str]) -> bool:
    """True if a page from `origin` may open a socket at `host`; `host` must be one of ours, too."""
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default_port = DEFAULT_PORTS.get(parts.scheme)
    if default_port is None:
        return False
    ours = host_and_port(host, default_port)
    same = bool(ours[0]) and ours == host_and_port(parts.netloc, default_port)
    return same and validate_host(ours[0], allowed_hosts)


def host_and_port(netloc: str, default_port: str) -> tuple[str, str]:
    """Both in one spelling, so that a port left out equals the default one."""
    host, port = split_domain_port(netloc)
    return host, port or default_port
