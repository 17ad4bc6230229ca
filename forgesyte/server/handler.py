"""Django's handler of HTTP requests with bounds on what a body may cost."""

import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from io import SEEK_END, BytesIO
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import close_old_connections
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from forgesyte.api.errors import code_of, refusal
from forgesyte.server.live_body import LiveBody, Message, Receive

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Far above the largest picture; larger files go to an address with a live body.
MAX_BODY_BYTES = 64 * 1024 * 1024
# Of a body that carries no file: a definition, a form.
MAX_TEXT_BYTES = 256 * 1024
MAX_LENGTH_DIGITS = 18
CHARSETS = frozenset(b"utf-8 utf8 us-ascii ascii iso-8859-1 latin-1 latin1 windows-1252".split()) | {b""}
# What the system takes from us even if the client does not read at all.
AT_ONCE_BYTES = 64 * 1024
DISK_FULL = "The server's disk is full: free some space, then try again"


class BodyRefused(Exception):
    """A body is not taken; `detail` says why. `code` is named after the status unless given."""

    def __init__(self, status: int, detail: str, code: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or code_of(status)

    def response_to(self, scope: Mapping[str, Any]) -> HttpResponse:
        """The answer to this request, as a page or for a program."""
        # The charset that is refused may be one at which Django itself stumbles.
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        request = ASGIRequest({**scope, "headers": headers}, BytesIO())
        response = refusal(request, self.status, self.code, self.detail)
        # No middleware sees it, which would tell its length; without that the client waits for an end.
        response["Content-Length"] = str(len(response.content))
        return response


class Handler(ASGIHandler):
    """Serves HTTP. At the addresses in LIVE_BODY_PATHS a view runs while the body still arrives.

    There, `request` is a file to read in a thread. Everywhere else the body is complete before the view runs,
    and what is too large for the memory waits below the data folder.
    """

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> HttpResponseBase | None:
        """Answer one request."""
        try:
            declared = declared_length(scope)
            check_charset(scope)
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if path in settings.LIVE_BODY_PATHS:
                return await self._handle_live(scope, receive, send, settings.LIVE_BODY_PATHS[path])
            most = most_bytes(scope)
            if declared > most:
                raise too_large(most)
            return await super().handle(scope, bounded(receive, most), send)
        except BodyRefused as refused:
            response = refused.response_to(scope)
            await self.send_response(response, send)
            return response

    async def _handle_live(
        self, scope: dict[str, Any], receive: Receive, send: Send, max_bytes: int
    ) -> HttpResponseBase | None:
        body = scope["forgesyte.body"] = LiveBody(receive, max_bytes)
        try:
            return await super().handle(scope, body.receive, send)
        finally:
            body.close()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Send an answer; while its reader takes its time, no database connection is held.

        What was not sent to its end is closed here, because Django closes only what was.
        """
        if not isinstance(response, HttpResponse) or len(response.content) > AT_ONCE_BYTES:
            await sync_to_async(close_old_connections)()
        try:
            await super().send_response(response, send)
        except Exception:
            await sync_to_async(response.close)()
            raise

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """The request, with its live body where it has one; else with the length of its body."""
        if live := scope.get("forgesyte.body"):
            return super().create_request(scope, live)
        made = super().create_request(scope, body_file)
        request = made[0]
        if request is not None and not request.META.get("CONTENT_LENGTH"):
            # Django takes a body that came in chunks, without a length, for an empty one.
            request.META["CONTENT_LENGTH"] = str(body_file.seek(0, SEEK_END))
            body_file.seek(0)
        return made

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """The whole body as a file; raises BodyRefused, and RequestAborted when the client goes away."""
        max_size, folder = settings.FILE_UPLOAD_MAX_MEMORY_SIZE, str(settings.FILE_UPLOAD_TEMP_DIR)
        body_file = tempfile.SpooledTemporaryFile(max_size, dir=folder)  # noqa: SIM115  # The request closes it.
        try:
            await fill(body_file, receive)
        except OSError as error:
            body_file.close()
            raise BodyRefused(507, DISK_FULL, "disk_full") from error
        except BaseException:
            body_file.close()
            raise
        body_file.seek(0)
        return body_file


async def fill(body_file: IO[bytes], receive: Receive) -> None:
    """Write the body into a file; raises RequestAborted, OSError and what `receive` raises."""
    more_body = True
    while more_body:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        body_file.write(message.get("body", b""))
        more_body = message.get("more_body", False)


def most_bytes(scope: Mapping[str, Any]) -> int:
    """The most bytes that a body may have: files come in multipart bodies, and everything else is short."""
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return MAX_BODY_BYTES if kind.lower().startswith(b"multipart/") else MAX_TEXT_BYTES


def bounded(receive: Receive, most: int) -> Receive:
    """Receives as `receive` does, and raises BodyRefused once the body is longer than so many bytes."""
    taken = 0

    async def receive_or_refuse() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise too_large(most)
        return message

    return receive_or_refuse


def too_large(most: int) -> BodyRefused:
    """The refusal of a body above the limit."""
    size = f"{most // 1024**2} MB" if most >= 1024**2 else f"{most // 1024} KB"
    return BodyRefused(413, f"The body is larger than {size}")


def declared_length(scope: dict[str, Any]) -> int:
    """The body's length in bytes as the client declares it; 0 where it does not.

    Raises BodyRefused for what is no number, or one that no body is as long as.
    """
    said = header(scope, b"content-length", b"0")
    if not said.isdigit() or len(said) > MAX_LENGTH_DIGITS:
        raise BodyRefused(400, "Content-Length is not a number of bytes")
    return int(said)


def check_charset(scope: Mapping[str, Any]) -> None:
    """Raise BodyRefused where text is written in an encoding that nobody sends, or that is none of text.

    Django would take every codec of Python for it, `hex` and `idna` among them.
    """
    said = re.search(rb"charset=([^;]*)", header(scope, b"content-type", b"").lower())
    if said and said[1].strip(b'" ') not in CHARSETS:
        raise BodyRefused(415, "Send text in UTF-8")


def header(scope: Mapping[str, Any], wanted: bytes, default: bytes) -> bytes:
    """The first header of this name, in small letters."""
    return next((value for name, value in scope["headers"] if name == wanted), default)
