"""A server whose application breaks in every way; run as a module it says on which port."""

import asyncio
import gc
import json
from types import SimpleNamespace
from typing import Any

import django
from django.conf import settings

settings.configure(PROJECT=SimpleNamespace(connections_per_address=0))
django.setup()

from forgesyte.server.answer_broken_off import AnswerBrokenOff  # noqa: E402
from forgesyte.server.web_request import WebRequest  # noqa: E402
from forgesyte.server.web_server import WebServer  # noqa: E402

PIECE = {"type": "http.response.body", "body": b"piece", "more_body": True}
LENGTH = [(b"Content-Length", b"1000")]


class Broken:
    """Breaks as the path says; `/remembered` tells what the server remembers."""

    def __init__(self) -> None:
        self.server: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self.socket(scope["path"], receive, send)
            return
        how = scope["path"].strip("/").split("/")
        if how == ["remembered"]:
            await self.answer(send)
            return
        if how[0] != "before":
            headers = LENGTH if "length" in how else []
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send(PIECE)
        await self.end(how[-1], receive, send)

    async def end(self, how: str, receive: Any, send: Any) -> None:
        """The rest of an answer that has begun."""
        if how == "raises":
            raise RuntimeError("secret inner workings")
        if how == "expected":
            raise AnswerBrokenOff("The job was deleted")
        if how == "cancelled":
            raise asyncio.CancelledError
        if how == "wrong":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        if how == "nonsense":
            await send({"type": "nonsense"})
        if how == "short":
            await send({"type": "http.response.body"})

    async def socket(self, path: str, receive: Any, send: Any) -> None:
        """A socket that breaks before it is accepted, after it, or after it was closed."""
        await receive()
        if path != "/early":
            await send({"type": "websocket.accept"})
        if path == "/closed":
            await send({"type": "websocket.close", "code": 4400})
        raise RuntimeError("secret inner workings")

    async def answer(self, send: Any) -> None:
        """The number of connections and requests in memory, the one that asks among them."""
        gc.collect()
        requests = sum(isinstance(found, WebRequest) for found in gc.get_objects())
        body = json.dumps([len(self.server.connections), requests]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until SIGTERM."""
    broken = Broken()
    broken.server = WebServer(
        broken, "127.0.0.1", 0, listening=lambda port: print(port, flush=True), failed=print
    )
    broken.server.run()


if __name__ == "__main__":
    main()
