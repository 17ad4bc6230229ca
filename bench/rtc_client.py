"""A camera and a screen on WebRTC: sends numbered pictures to FastRTC and reads the numbers that return.

Runs with the packages of bench/requirements.txt, one process for all sessions; prints one JSON object.
"""

import argparse
import asyncio
import fractions
import json
import sys
import time
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from bench import bar_code

CLOCK_RATE = 90_000
CONNECT_WITHIN_S = 30


@dataclass
class Numbers:
    """The times at which each number was sent and first seen again, in seconds of the monotonic clock."""

    sent: dict[int, float] = field(default_factory=dict)
    seen: dict[int, float] = field(default_factory=dict)

    def ages_ms(self, start: float, end: float) -> list[float]:
        """Ages of the answers that came in between."""
        seen = [(number, at) for number, at in self.seen.items() if start <= at < end]
        return [(at - self.sent[number]) * 1000 for number, at in seen]


class Camera(MediaStreamTrack):
    """Pictures that carry their number, at a steady rate; a picture whose time has passed is left out."""

    kind = "video"

    def __init__(
        self, pictures: Sequence[NDArray[np.uint8]], fps: float, numbers: Numbers, on: asyncio.Event
    ) -> None:
        super().__init__()
        self._on = on
        self._pictures = pictures
        self._fps = fps
        self._numbers = numbers
        self._start = 0.0
        self._count = -1

    async def recv(self) -> Any:
        """The next picture, when its time has come; the first one when the cameras are on."""
        if self._count < 0:
            await self._on.wait()
            self._start = time.monotonic()
        due = int((time.monotonic() - self._start) * self._fps)
        self._count = max(self._count + 1, due)
        await asyncio.sleep(max(0.0, self._start + self._count / self._fps - time.monotonic()))
        number = self._count % bar_code.NUMBERS
        planes = self._pictures[self._count % len(self._pictures)].copy()
        bar_code.draw(planes[: len(planes) * 2 // 3], number)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = int(self._count * CLOCK_RATE / self._fps)
        frame.time_base = fractions.Fraction(1, CLOCK_RATE)
        self._numbers.sent[number] = time.monotonic()
        self._numbers.seen.pop(number, None)
        return frame


async def watch(track: Any, numbers: Numbers) -> None:
    """Note when each number first comes back."""
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        plane = frame.planes[0]
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
        number = bar_code.read(rows)
        if number is not None and number in numbers.sent:
            numbers.seen.setdefault(number, time.monotonic())


class Session:
    """One connection to the server."""

    def __init__(
        self, url: str, pictures: Sequence[NDArray[np.uint8]], fps: float, on: asyncio.Event
    ) -> None:
        self.numbers = Numbers()
        self._url = url
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._camera = Camera(pictures, fps, self.numbers, on)
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect as FastRTC's own page does: a data channel named `text`, one video track each way."""
        connected = asyncio.Event()
        name = uuid.uuid4().hex
        channel = self._connection.createDataChannel("text")
        channel.on("open", connected.set)
        self._connection.on("track", self._on_track)
        self._connection.addTrack(self._camera)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        description = self._connection.localDescription
        answer = await asyncio.to_thread(
            post,
            f"{self._url}/webrtc/offer",
            {"sdp": description.sdp, "type": description.type, "webrtc_id": name},
        )
        if "sdp" not in answer:
            raise SystemExit(f"The server refused the session: {answer}")
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
        await asyncio.wait_for(connected.wait(), CONNECT_WITHIN_S)
        await asyncio.to_thread(post, f"{self._url}/input_hook", {"webrtc_id": name})

    def _on_track(self, track: Any) -> None:
        self._watching = asyncio.ensure_future(watch(track, self.numbers))

    async def bytes_sent(self) -> int:
        """The bytes that the camera's stream has sent since the start."""
        stats = await self._connection.getStats()
        return sum(getattr(entry, "bytesSent", 0) for entry in stats.values() if entry.type == "outbound-rtp")

    async def stop(self) -> None:
        """Close the connection."""
        await self._connection.close()
        if self._watching:
            self._watching.cancel()


def post(url: str, content: object) -> Any:
    """Send JSON, return JSON."""
    request = urllib.request.Request(
        url, json.dumps(content).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=CONNECT_WITHIN_S) as answer:
        return json.load(answer)


def read_pictures(folder: Path) -> list[NDArray[np.uint8]]:
    """The folder's JPEG files as I420 planes (height * 3 / 2, width), the strip for the number colourless."""
    pictures = []
    for path in sorted(folder.glob("*.jpg")):
        with av.open(str(path)) as file:
            image = next(file.decode(video=0)).to_ndarray(format="bgr24")
        image[: bar_code.STRIP_PX] = 128
        planes = av.VideoFrame.from_ndarray(image, format="bgr24").to_ndarray(format="yuv420p")
        pictures.append(planes)
    return pictures


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All sessions at once; what is measured begins when all are connected and warm."""
    pictures = read_pictures(options.frames)
    # All begin together, once the last one is connected.
    on = asyncio.Event()
    sessions = [Session(options.url, pictures, options.fps, on) for _ in range(options.sessions)]
    try:
        await asyncio.gather(*(session.start() for session in sessions))
        on.set()
        await asyncio.sleep(options.warm_up)
        print("measuring", file=sys.stderr, flush=True)
        start, sent = time.monotonic(), await total_sent(sessions)
        await asyncio.sleep(options.seconds)
        end = time.monotonic()
        print("measured", file=sys.stderr, flush=True)
        bits = (await total_sent(sessions) - sent) * 8
    finally:
        await asyncio.gather(*(session.stop() for session in sessions))
    return {
        "seconds": end - start,
        "ages_ms": [session.numbers.ages_ms(start, end) for session in sessions],
        "up_kbit_s": bits / 1000 / (end - start),
    }


async def total_sent(sessions: Sequence[Session]) -> int:
    """Bytes of all sessions."""
    return sum([await session.bytes_sent() for session in sessions])


def main() -> None:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--frames", type=Path, required=True, help="a folder of JPEG files")
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=2)
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
