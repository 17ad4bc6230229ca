"""The WebSocket routes of the jobs; the one without a prefix is the canonical one, as everywhere."""

from django.urls import path

from jobs.realtime.consumer import RealtimeConsumer

websocket_urlpatterns = [
    path("realtime", RealtimeConsumer.as_asgi()),
    path("v1/realtime", RealtimeConsumer.as_asgi()),
]
