"""The WebSocket routes of the stream."""

from django.urls import path

from streaming.consumers import StreamConsumer

websocket_urlpatterns = [path("ws/video/stream", StreamConsumer.as_asgi())]
