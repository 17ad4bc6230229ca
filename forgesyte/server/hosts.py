"""Under which names the server answers, and what the log says of who is refused for a name."""

import logging
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from forgesyte.api.client_address import client_address
from forgesyte.api.errors import plain, wants_json, without_djangos_line
from forgesyte.logs import log_event
from forgesyte.server.refusing import refusing

logger = logging.getLogger(__name__)

# Probes and Prometheus ask by address, or by a name that only a cluster knows.
PROBES = ("/health", "/ready", "/metrics")
OPEN_PATHS = frozenset(prefix + path for prefix in ("", "/v1") for path in PROBES)
REFUSED = (
    "This server does not answer under this name. If it is yours, add the name to the setting ALLOWED_HOSTS; "
    "else use the address that it printed at its start."
)
SHOWN_LETTERS = 200


def refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer under a wrong name, with one line in the log; None where the name is right."""
    if request.path_info in OPEN_PATHS:
        # Whoever asks for the host from here on gets one that is always right.
        request.get_host = lambda: "localhost"  # type: ignore[method-assign]
        return None
    try:
        request.get_host()
    except DisallowedHost:
        log_refused("host_refused", request, host=request.META.get("HTTP_HOST", ""), path=request.path)
        json = wants_json(request)
        response = plain(400, REFUSED) if json else HttpResponse(REFUSED, "text/plain", status=400)
        # No middleware behind this one tells its length.
        response["Content-Length"] = str(len(response.content))
        return without_djangos_line(response)
    return None


# Answers 400 under a `Host` that is not among ALLOWED_HOSTS, but probes under any.
only_own_hosts = refusing(refusal)


def log_refused(event: str, asks: Any, **named: str) -> None:
    """One line on a request or a socket's scope; what its client wrote is cut off where it is long."""
    shown = {name: value[:SHOWN_LETTERS] for name, value in named.items()}
    log_event(logger, logging.WARNING, event, **shown, client=client_address(asks))
