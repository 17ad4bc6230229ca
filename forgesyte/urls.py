"""Every HTTP route; an app that is removed takes its one line along."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from forgesyte.lan import access_code, lan


def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """A page that is left out."""
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    # The admin's "view on site" stumbles over wrong ids, and nothing here has a page of that kind.
    path("admin/r/<path:rest>", nothing_here),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("forgesyte.operations.urls")),
    path("", include("streaming.urls")),
    path("", include("jobs.urls")),
    path(access_code.PATH.lstrip("/"), access_code.enter, name="lan-code"),
    path(lan.AUTHORITY_PATH, lan.authority, name="lan-certificate"),
    # Last, because it claims `/` where no page does.
    path("", include("forgesyte.api.urls")),
]

handler400 = "forgesyte.api.errors.bad_request"
handler403 = "forgesyte.api.errors.permission_denied"
handler404 = "forgesyte.api.errors.not_found"
handler500 = "forgesyte.api.errors.server_error"
