"""Every HTTP route; an app that is removed takes its one line along."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("forgesyte.api_urls")),
    path("", include("django_prometheus.urls")),
    path("", include("streaming.urls")),
]
