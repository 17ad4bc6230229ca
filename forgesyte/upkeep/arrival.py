"""Tells the doctor, and nobody else, how a request has arrived."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from forgesyte.api.client_address import client_address

HEADER = "X-ForgeSyte-Doctor"
# As the doctor makes it; a stranger's longer word would be too long for the name of a file.
TOKEN = re.compile("[0-9a-f]{32}")
# What the doctor says in the place of a user whom a proxy has signed in; with a comma it names nobody.
NOBODY = "doctor,nobody"
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix")


def arrival(request: HttpRequest) -> dict[str, Any]:
    """The request as it has arrived, for the doctor alone; empty for everybody else.

    Who shows the name of a file that is in the data folder can write there, and is trusted with everything.
    """
    name = request.headers.get(HEADER, "")
    if not TOKEN.fullmatch(name) or not token_path(name).is_file():
        return {}
    # This address answers under any name, so that `get_host` would not say it.
    host = request.META.get("HTTP_HOST", "")
    by_header = settings.FORGESYTE_REMOTE_USER_HEADER
    return {
        "names_itself": bool(by_header) and NOBODY in request.headers.get(by_header, ""),
        "scheme": request.scheme,
        "host": host,
        "host_is_ours": validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS),
        "prefix": request.META["SCRIPT_NAME"],
        "client": client_address(request),
        "forwarded": {name: request.headers[name] for name in FORWARDED if name in request.headers},
    }


def token_path(name: str) -> Path:
    """The file by which the server knows the doctor."""
    return Path(settings.PROJECT.data_dir) / "tmp" / f"doctor-{name}"
