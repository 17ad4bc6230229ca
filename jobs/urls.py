"""The routes of the pages."""

from django.urls import path

from jobs.pages import views

app_name = "jobs"
urlpatterns = [
    path("videos/", views.videos, name="list"),
    path("videos/<uuid:job_id>/", views.viewer, name="viewer"),
]
