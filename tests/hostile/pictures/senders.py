"""Clients that send costly pictures, one after the other, in a process of their own: `senders PORT NAME`.

Their work must not take time from the client that measures, as that of a stranger does not.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.hostile.pictures.costly import flat_png, large_jpeg, many_scans, page_of_words
from tests.streaming.live import PATIENCE_S, ROOT

BOUNDARY = "picture-boundary"
BEGUN = b"begun\n"
# Of a machine that they have for themselves, they would take nothing at all.
NICE = 15


@dataclass(frozen=True)
class Hostile:
    """A picture, where it goes, and by how many senders at once; `posted` to `/run` or else streamed."""

    picture: Callable[[], bytes]
    pipeline_id: str = "yolo_ocr"
    senders: int = 1
    posted: bool = False


HOSTILE = {
    "thousands of scans": Hostile(lambda: many_scans(4000, 3000, 20_000)),
    "as many scans as may be": Hostile(lambda: many_scans(5000, 5000, 16)),
    "25 megapixels": Hostile(lambda: large_jpeg(5000, 5000)),
    "25 megapixels, progressive": Hostile(lambda: large_jpeg(4900, 5000, progressive=True)),
    "65500 wide": Hostile(lambda: large_jpeg(65_500, 380)),
    "3x2000": Hostile(lambda: large_jpeg(3, 2000)),
    "a page of words": Hostile(lambda: page_of_words(1920, 1080)),
    "a PNG of 25 megapixels": Hostile(lambda: flat_png(5000, 5000, alpha=True), posted=True),
    "a PNG of 3x2000": Hostile(lambda: flat_png(3, 2000), posted=True),
    "640x480, read whole": Hostile(lambda: large_jpeg(640, 480), "ocr_only"),
    "20x2000, read whole": Hostile(lambda: large_jpeg(20, 2000), "ocr_only"),
    "25 megapixels, read whole": Hostile(lambda: large_jpeg(5000, 5000), "ocr_only"),
    "65500 wide, read whole": Hostile(lambda: large_jpeg(65_500, 380), "ocr_only"),
    "65500 wide, read whole, of three": Hostile(lambda: large_jpeg(65_500, 380), "ocr_only", senders=3),
    "a page of words, read whole": Hostile(lambda: page_of_words(1920, 1080), "ocr_only"),
    "a PNG of 3x2000, read whole": Hostile(lambda: flat_png(3, 2000), "ocr_only", posted=True),
}


async def stream(port: int, hostile: Hostile, picture: bytes) -> None:
    """A session after the other; each sends the picture as quickly as it is answered."""
    url = f"ws://127.0.0.1:{port}/ws/video/stream?pipeline_id={hostile.pipeline_id}"
    while True:
        with contextlib.suppress(ConnectionClosed):
            async with connect(url, max_size=None, open_timeout=PATIENCE_S) as session:
                while True:
                    await session.send(picture)
                    await session.recv()
                    say_begun()


async def post(port: int, hostile: Hostile, picture: bytes) -> None:
    """Single pictures, one after the other."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{uuid4()}"\r\n\r\n'
    body = head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    request = (
        f"POST /pipelines/{hostile.pipeline_id}/run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request.encode() + body)
            answer = await reader.read()
            assert answer.split()[1] in (b"200", b"429"), answer[:300]
            say_begun()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def say_begun() -> None:
    """Tell on the first call that there was an answer."""
    if not sys.stdout.closed:
        sys.stdout.buffer.write(BEGUN)
        sys.stdout.close()


async def send(port: int, name: str) -> None:
    """Send until this process is ended."""
    hostile = HOSTILE[name]
    picture = hostile.picture()
    send_one = post if hostile.posted else stream
    await asyncio.gather(*[send_one(port, hostile, picture) for _ in range(hostile.senders)])


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
