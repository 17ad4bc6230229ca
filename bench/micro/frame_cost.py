"""Measures the cost of a frame beside its tools, over the socket: receive, check, decode, wait, write, send.

    python -m bench.micro.frame_cost --source street.mp4 --fps 15

It starts a server of its own. The client is plain Python on the same machine; what it takes itself counts.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from bench.micro.idle_sessions import serving
from loadtest.clients.frames import load_frames
from loadtest.plan import LoadPlan
from pipelines.evaluation.benchmark import machine

WARM_UP = 30
PIPELINE = "yolo_ocr"
# Parts of a frame's time that are no tool's.
OWN = {"wait", "decode", "total"}


@dataclass
class Times:
    """Milliseconds of each answered frame."""

    round_trip: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    dropped: int = 0

    def add(self, answer: dict[str, object], round_trip_ms: float) -> None:
        """Count one answer."""
        timings = answer.get("timings_ms")
        if not isinstance(timings, dict):
            self.dropped += 1
            return
        tools_ms = sum(float(spent) for stage, spent in timings.items() if stage not in OWN)
        self.round_trip.append(round_trip_ms)
        self.own.append(round_trip_ms - tools_ms)


async def measure(port: int, frames: list[bytes], fps: float, seconds: float) -> Times:
    """Send frames at their times and join the answers with them."""
    times = Times()
    sent: dict[int, float] = {}
    async with connect(
        f"ws://127.0.0.1:{port}/ws/video/stream?pipeline_id={PIPELINE}", compression=None, max_size=None
    ) as socket:
        for index in range(WARM_UP):
            await socket.send(frames[index % len(frames)])
            await socket.recv()
        count = round(fps * seconds)
        async with asyncio.timeout(2 * seconds + 30), asyncio.TaskGroup() as tasks:
            tasks.create_task(read_answers(socket, count, sent, times))
            started = time.perf_counter()
            for number in range(count):
                await asyncio.sleep(max(0.0, started + number / fps - time.perf_counter()))
                sent[WARM_UP + number + 1] = time.perf_counter()
                await socket.send(frames[(WARM_UP + number) % len(frames)])
    return times


async def read_answers(socket: ClientConnection, count: int, sent: dict[int, float], times: Times) -> None:
    """Read until each frame has its answer."""
    answered = 0
    while answered < count:
        answer = json.loads(await socket.recv())
        if "frame_index" in answer:
            answered += 1
            times.add(answer, (time.perf_counter() - sent[answer["frame_index"]]) * 1000)


def row(name: str, fps: float, times: Times) -> str:
    """One line of the table."""
    figures = [
        f"{value:.1f}"
        for spent in (times.round_trip, times.own)
        for value in (*np.percentile(spent, [50, 95]), max(spent))
    ]
    return f"| {name} | {fps:g} | {' | '.join(figures)} | {times.dropped} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.micro.frame_cost", description=__doc__)
    parser.add_argument("--source", action="append", help="a video or picture; may be given several times")
    parser.add_argument("--fps", type=float, action="append", help="default 15 and 30")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    print(machine())
    print("| source | fps | round trip p50 ms | p95 | max | beside the tools p50 ms | p95 | max | dropped |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with serving(["manage.py", "serve", "--port", "0"], PIPELINE) as server:
        for source in options.source or [None]:
            frames = load_frames(LoadPlan(source=source, duration_s=options.seconds))
            for fps in options.fps or (15.0, 30.0):
                times = asyncio.run(measure(server.port, frames, fps, options.seconds))
                print(row(Path(source).name if source else "a printed page", fps, times), flush=True)


if __name__ == "__main__":
    main()
