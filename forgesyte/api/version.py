"""The version of this ForgeSyte, as the pages tell it."""

from django.http import HttpRequest

from forgesyte import __version__


def version(request: HttpRequest) -> dict[str, str]:
    """Give every template `forgesyte_version`, which the footer shows."""
    return {"forgesyte_version": __version__}
