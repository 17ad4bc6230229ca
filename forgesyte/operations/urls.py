"""The routes of the operators' view."""

from django.urls import path

from forgesyte.operations import views

app_name = "operations"
urlpatterns = [
    path("operations/", views.server, name="server"),
    path("operations/sessions/<uuid:session_id>/end/", views.end, name="end-session"),
]
