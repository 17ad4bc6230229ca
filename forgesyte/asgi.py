"""The ASGI application: HTTP through Django, WebSockets through Channels."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forgesyte.settings")
http_application = get_asgi_application()

from streaming.routing import websocket_urlpatterns as stream_routes  # noqa: E402

application = ProtocolTypeRouter({"http": http_application, "websocket": URLRouter([*stream_routes])})
