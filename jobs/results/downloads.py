"""Sends files and long results piece by piece, with the ranges that let a browser seek in a video."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date

from forgesyte.api.errors import error_response
from forgesyte.server.answer_broken_off import AnswerBrokenOff

PIECE_BYTES = 256 * 1024
SINGLE_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
# No file is so large; Python refuses to read numbers of some thousand digits.
MAX_DIGITS = 18
CONTENT_TYPES = {
    **{"mp4": "video/mp4", "mov": "video/quicktime", "mkv": "video/x-matroska", "webm": "video/webm"},
    **{"avi": "video/x-msvideo", "gif": "image/gif", "jpg": "image/jpeg", "jpeg": "image/jpeg"},
    **{"png": "image/png", "webp": "image/webp", "bmp": "image/bmp", "tiff": "image/tiff"},
    **{"avif": "image/avif", "heif": "image/heif"},
}
UNKNOWN_TYPE = "application/octet-stream"


class Unsatisfiable(ValueError):
    """A range that lies outside of the file."""


@dataclass(frozen=True)
class Part:
    """A stretch of a file: from `start` on, `length` bytes."""

    start: int
    length: int


def parse_range(header: str, size: int) -> Part | None:
    """The range that is asked for, of a file of `size` bytes; None where all of it is to be sent.

    That is so for several ranges and for what cannot be read, too (RFC 9110, 14.2). Raises Unsatisfiable.
    """
    found = SINGLE_RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(size - place(last), 0), size - 1
    else:
        start, end = place(first), min(place(last) if last else size - 1, size - 1)
        if last and place(last) < start:
            return None
    if start >= size or start > end:
        raise Unsatisfiable(header)
    return Part(start, end - start + 1)


def place(digits: str) -> int:
    """The number; where it has more digits than any file has places, one beyond them all."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS


def file_answer(request: HttpRequest, path: Path, name: str, *, download: bool = False) -> HttpResponseBase:
    """The file, or the part of it that is asked for, under this name; raises Http404 where there is none.

    To be called in a thread; the pieces are read in threads as well.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    status = os.fstat(file.fileno())
    size, tag = status.st_size, f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(name, download=download),
        # A page of another site may not show what lies here.
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": tag,
        "Last-Modified": http_date(status.st_mtime),
    }
    if tag in [seen.strip() for seen in request.headers.get("If-None-Match", "").split(",")]:
        file.close()
        return HttpResponse(status=304, headers=headers)
    try:
        part = wanted(request, size, tag, headers["Last-Modified"])
    except Unsatisfiable:
        file.close()
        refusal = error_response(416, "range_not_satisfiable", f"The file has {size} bytes")
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    sent = part or Part(0, size)
    headers["Content-Length"] = str(sent.length)
    kind = CONTENT_TYPES.get(path.suffix[1:], UNKNOWN_TYPE)
    pieces = FilePart(file, sent)
    return StreamingHttpResponse(pieces, status=206 if part else 200, content_type=kind, headers=headers)


def wanted(request: HttpRequest, size: int, tag: str, modified: str) -> Part | None:
    """The part that is asked for; None for the whole file. Raises Unsatisfiable."""
    header = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) not in (tag, modified):
        return None
    return parse_range(header, size)


class FilePart:
    """A part of an open file in pieces, read in threads; Django closes it with the answer."""

    def __init__(self, file: IO[bytes], part: Part) -> None:
        self._file = file
        self._part = part

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces; raises AnswerBrokenOff where there are fewer than there were."""
        await sync_to_async(self._file.seek)(self._part.start)
        left = self._part.length
        while left:
            piece = await sync_to_async(self._file.read)(min(left, PIECE_BYTES))
            if not piece:
                raise AnswerBrokenOff("The file has become shorter while it was sent")
            left -= len(piece)
            yield piece


async def stream(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Run an iterator in threads and send what it gives in pieces of a size that is worth sending."""
    try:
        while piece := await sync_to_async(gather)(pieces):
            yield piece
    except FileNotFoundError as error:
        raise AnswerBrokenOff("The job was deleted while its results were sent") from error


def gather(pieces: Iterator[bytes]) -> bytes:
    """Join the next pieces until they have PIECE_BYTES or more; empty at the end."""
    gathered, length = [], 0
    for piece in pieces:
        gathered.append(piece)
        length += len(piece)
        if length >= PIECE_BYTES:
            break
    return b"".join(gathered)


def disposition(name: str, *, download: bool) -> str:
    """The header that tells a browser to show or to save a file, and its name (RFC 6266)."""
    kind = "attachment" if download else "inline"
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_"
        for letter in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
