"""Clients that send what costs much, one after the other, in a process of their own: `senders PORT NAME`.

Their work must not take time from the client that measures, as that of a stranger does not.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.hostile.pictures.costly import (
    flat_png,
    jpeg_of_exif,
    jpeg_of_parts,
    large_jpeg,
    many_scans,
    page_of_words,
    png_of_chunks,
    tiff_of_pages,
)
from tests.hostile.sockets.raw_socket import CLOSE, CONTINUATION, TEXT, RawSocket, frame
from tests.hostile.videos.costly import write_huge_avi
from tests.streaming.live import PATIENCE_S, ROOT

BOUNDARY = "picture-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
BEGUN = b"begun\n"
# Of a machine that they have for themselves, they would take nothing at all.
NICE = 15


@dataclass(frozen=True)
class Streamed:
    """A picture for the stream, in so many sessions at once."""

    make: Callable[[], bytes]
    pipeline_id: str = "yolo_ocr"
    senders: int = 1

    async def send(self, port: int, picture: bytes) -> None:
        """A session after the other; each sends the picture as quickly as it is answered."""
        url = f"ws://127.0.0.1:{port}/ws/video/stream?pipeline_id={self.pipeline_id}"
        while True:
            with contextlib.suppress(ConnectionClosed):
                async with connect(url, max_size=None, open_timeout=PATIENCE_S) as session:
                    while True:
                        await session.send(picture)
                        await session.recv()
                        say_begun()


@dataclass(frozen=True)
class Posted:
    """A file for the form at `path` with the pipeline's id, or a body of JSON."""

    make: Callable[[], bytes]
    path: str = "/pipelines/yolo_ocr/run"
    is_json: bool = False
    senders: int = 1

    async def send(self, port: int, data: bytes) -> None:
        """One request after the other, on a connection each; the server's own errors fail."""
        kind, body = ("application/json", data) if self.is_json else (MULTIPART, form(data))
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                with contextlib.suppress(ConnectionError):
                    writer.write(head.encode() + body)
                    answer = await reader.read()
                    assert answer.split()[1][:1] in (b"2", b"4"), answer[:300]
                    say_begun()
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


@dataclass(frozen=True)
class Said:
    """Bytes for the socket at `path`, once on each connection."""

    make: Callable[[], bytes]
    path: str
    senders: int = 1

    async def send(self, port: int, data: bytes) -> None:
        """One connection after the other."""
        while True:
            await asyncio.to_thread(self._say, port, data)

    def _say(self, port: int, data: bytes) -> None:
        # Who sends very many fragments is read slowly, and told in the end that no frame came.
        with RawSocket(port, self.path, patience_s=PATIENCE_S) as socket:
            say_begun()
            with contextlib.suppress(ConnectionError):
                socket.send(data)
                socket.send(frame(b"", CLOSE))
                socket.until_the_end()


def form(data: bytes) -> bytes:
    """A form with a file of a name of its own, and the pipeline for jobs."""
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="pipeline_id"\r\n\r\nyolo_ocr\r\n'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{uuid4()}"\r\n\r\n'
    return field.encode() + head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def huge_avi() -> bytes:
    """617 KB that declare a frame of 100 million pixels."""
    with tempfile.TemporaryDirectory() as folder:
        return write_huge_avi(Path(folder) / "huge.avi").read_bytes()


def many_fields() -> bytes:
    """A definition with about as many unknown fields as a body has room for."""
    return json.dumps({f"f{number}": 1 for number in range(18_000)}).encode()


def many_zones() -> bytes:
    """A definition with about as many points of zones as a body has room for."""
    corners = [[round(number / 100, 2), round(number * 7 % 101 / 101, 2)] for number in range(100)]
    params = {"zones": {str(number): corners for number in range(32)}}
    nodes = [{"id": f"n{n}", "plugin_id": "count", "tool_id": "zones", "params": params} for n in range(4)]
    ids = [node["id"] for node in nodes]
    return json.dumps(
        {"id": "a", "name": "A", "nodes": nodes, "edges": [], "entry_nodes": ids, "output_nodes": ids}
    ).encode()


def in_fragments() -> bytes:
    """A message of a million bytes, each in a fragment of its own."""
    return (
        frame(b"\xff", fin=False)
        + frame(b"x", CONTINUATION, fin=False) * 1_000_000
        + frame(b"", CONTINUATION)
    )


HOSTILE: dict[str, Streamed | Posted | Said] = {
    "thousands of scans": Streamed(lambda: many_scans(4000, 3000, 20_000)),
    "as many scans as may be": Streamed(lambda: many_scans(5000, 5000, 16)),
    "25 megapixels": Streamed(lambda: large_jpeg(5000, 5000)),
    "25 megapixels, progressive": Streamed(lambda: large_jpeg(4900, 5000, progressive=True)),
    "65500 wide": Streamed(lambda: large_jpeg(65_500, 380)),
    "3x2000": Streamed(lambda: large_jpeg(3, 2000)),
    "a page of words": Streamed(lambda: page_of_words(1920, 1080)),
    "a PNG of 25 megapixels": Posted(lambda: flat_png(5000, 5000, alpha=True)),
    "a PNG of 3x2000": Posted(lambda: flat_png(3, 2000)),
    "640x480, read whole": Streamed(lambda: large_jpeg(640, 480), "ocr_only"),
    "20x2000, read whole": Streamed(lambda: large_jpeg(20, 2000), "ocr_only"),
    "25 megapixels, read whole": Streamed(lambda: large_jpeg(5000, 5000), "ocr_only"),
    "65500 wide, read whole": Streamed(lambda: large_jpeg(65_500, 380), "ocr_only"),
    "65500 wide, read whole, of three": Streamed(lambda: large_jpeg(65_500, 380), "ocr_only", senders=3),
    "a page of words, read whole": Streamed(lambda: page_of_words(1920, 1080), "ocr_only"),
    "a PNG of 3x2000, read whole": Posted(lambda: flat_png(3, 2000), "/pipelines/ocr_only/run"),
    "a PNG of 400,000 chunks": Posted(lambda: png_of_chunks(400_000)),
    "a TIFF of 5,000 pages": Posted(lambda: tiff_of_pages(5000)),
    "a JPEG of 4,000 JPEGs": Streamed(lambda: jpeg_of_parts(4000, 100_000)),
    "EXIF data of 65,000 entries": Streamed(lambda: jpeg_of_exif("CMYK")),
    "an AVI that declares 100 megapixels": Posted(huge_avi, "/video/submit"),
    "a definition of 24,000 values": Posted(many_fields, "/pipelines/validate", is_json=True),
    "a definition of as many zones as may be": Posted(many_zones, "/pipelines/validate", is_json=True),
    "a pong of 20 MB": Said(lambda: frame(b'{"type": "pong"}' + b" " * 20_000_000, TEXT), "/realtime"),
    "a frame in fragments of one byte": Said(in_fragments, "/ws/video/stream?pipeline_id=yolo_ocr"),
}


def say_begun() -> None:
    """Tell on the first call that there was an answer."""
    if not sys.stdout.closed:
        sys.stdout.buffer.write(BEGUN)
        sys.stdout.close()


async def send(port: int, name: str) -> None:
    """Send until this process is ended."""
    hostile = HOSTILE[name]
    data = hostile.make()
    await asyncio.gather(*[hostile.send(port, data) for _ in range(hostile.senders)])


@contextlib.contextmanager
def beside(port: int, name: str) -> Iterator[None]:
    """Run the senders during the `with` block, which begins at their first answer; they must not fail."""
    command = [sys.executable, "-m", "tests.hostile.pictures.senders", str(port), name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == BEGUN
            yield
            assert process.poll() is None
        finally:
            process.kill()


if __name__ == "__main__":
    os.nice(NICE)
    asyncio.run(send(int(sys.argv[1]), sys.argv[2]))
