"""The page of the live stream."""

from django.urls import path

from streaming import views

app_name = "streaming"
urlpatterns = [path("", views.live, name="live")]
