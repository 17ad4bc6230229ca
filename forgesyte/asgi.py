"""The ASGI application: HTTP through Django, WebSockets through Channels."""

import os

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.urls import re_path
from django.utils.module_loading import import_string

from forgesyte.lan.access_gate import SocketGate
from forgesyte.proxy.trusted_proxies import TrustedProxies
from forgesyte.server.origin import SameOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forgesyte.settings")
django.setup(set_prefix=False)

from accounts.sockets import KeysOfSockets  # noqa: E402
from forgesyte.server.handler import Handler  # noqa: E402
from forgesyte.server.lifespan import Lifespan, Sockets  # noqa: E402

websocket_urlpatterns = [
    *import_string("streaming.routing.websocket_urlpatterns"),
    *import_string("jobs.realtime.routing.websocket_urlpatterns"),
    re_path("", WebsocketDenier.as_asgi()),
]

routes = URLRouter(websocket_urlpatterns)
# Nobody else asks who it is, and each of its layers keeps a copy of the scope for as long as a session lasts.
with_user = AuthMiddlewareStack(KeysOfSockets(routes)) if settings.FORGESYTE_REQUIRE_LOGIN else routes
sockets = Sockets(SameOriginValidator(SocketGate(with_user)))
router = ProtocolTypeRouter({"http": Handler(), "websocket": sockets, "lifespan": Lifespan(sockets)})
application = TrustedProxies(
    router,
    settings.FORGESYTE_TRUSTED_PROXIES,
    settings.FORGESYTE_PATH_PREFIX,
    settings.FORGESYTE_REMOTE_USER_HEADER,
)
