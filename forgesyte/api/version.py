"""The facts that pages show of this ForgeSyte: its version, and the path below which it lies."""

from django.http import HttpRequest

from forgesyte import __version__


def version(request: HttpRequest) -> dict[str, str]:
    """Give every template `forgesyte_version`, which the footer shows, and the path `prefix` of addresses."""
    return {"forgesyte_version": __version__, "prefix": request.META["SCRIPT_NAME"]}
