"""System checks of the stream."""

from collections.abc import Sequence
from typing import Any

from autobahn.websocket import USES_NVX
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register

from forgesyte.units import MEGABYTE

DAPHNE_LIMITS = ("DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE", "DAPHNE_WEBSOCKET_MAX_FRAME_SIZE")
DAPHNE_DEFAULT = MEGABYTE


@register
def check_message_limit(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """The web server lets frames in that are too large, so that their sender reads `frame_too_large`."""
    frame_limit = settings.STREAM.max_frame_bytes
    message_limit = min(getattr(settings, name, DAPHNE_DEFAULT) for name in DAPHNE_LIMITS)
    if message_limit > frame_limit:
        return []
    return [
        Error(
            f"The web server takes messages up to {message_limit / MEGABYTE:g} MB, "
            f"no more than a frame may have: {frame_limit / MEGABYTE:g} MB.",
            hint="Set STREAM_MAX_MESSAGE_SIZE_MB well above STREAM_MAX_FRAME_SIZE_MB.",
            id="streaming.E001",
        )
    ]


@register
def check_native_code(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Autobahn unmasks frames in native code."""
    if USES_NVX:
        return []
    return [
        Info(
            "The WebSocket library runs without its native code: frames cost several times more to receive.",
            hint="Install autobahn from source with a C compiler and AUTOBAHN_USE_NVX=1 in the environment.",
            id="streaming.I001",
        )
    ]
