"""Refuses addresses with NUL bytes in them: no text of ours has any, and PostgreSQL fails on each."""

from django.http import HttpRequest, HttpResponse

from forgesyte.api.errors import unreadable
from forgesyte.server.refusing import refusing


def refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer 400 to an address that has one in its path or behind its question mark, else None."""
    has_null = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
    return unreadable(request) if has_null else None


refuse_null_bytes = refusing(refusal)
