"""The facts about the user that every page shows."""

from django.conf import settings
from django.http import HttpRequest


def signed_in(request: HttpRequest) -> dict[str, bool]:
    """Give every template `login_required`: only then the header tells who it is."""
    return {"login_required": settings.FORGESYTE_REQUIRE_LOGIN}
