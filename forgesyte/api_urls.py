"""The HTTP API."""

from django.urls import path
from ninja import NinjaAPI

from forgesyte.health import router as health_router

api = NinjaAPI(title="ForgeSyte")
api.add_router("", health_router)

urlpatterns = [path("", api.urls)]
