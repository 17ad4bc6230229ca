"""An application that answers each frame at once, in few words: what is left is the server's own cost."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# About what a frame with three boxes is answered.
RESULT = {
    "detections": [
        {"x": 0.1 * place, "y": 0.2, "w": 0.3, "h": 0.4, "label": "text", "score": 0.92, "text": "NO ENTRY"}
        for place in range(3)
    ]
}
LONG = "x" * 60_000


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One connection; below `/long` the answers are as long as a frame."""
    if scope["type"] != "websocket":
        raise NotImplementedError("The echo speaks WebSocket only")
    frame_index, more = 0, LONG if scope["path"] == "/long" else ""
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
            continue
        frame_index += 1
        text = json.dumps({"frame_index": frame_index, "result": RESULT, "more": more})
        await send({"type": "websocket.send", "text": text})


def serve_with_daphne() -> None:
    """Serve the echo with the project's own server, as `manage.py serve` does its application."""
    import django

    django.setup()
    from forgesyte.server.web_server import WebServer

    WebServer(application, "127.0.0.1", int(sys.argv[1]), listening=lambda port: None, failed=sys.exit).run()


if __name__ == "__main__":
    serve_with_daphne()
