"""A polite session at 15 frames a second beside pictures that cost much: it stays about as quick."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.hostile.pictures.senders import HOSTILE, beside
from tests.hostile.polite import FPS, Figures, Judge
from tests.streaming.live import ROOT, START_WITHIN_S, LiveServer, environment, prepare, serving

SECONDS = 6
PICTURE = ROOT / "tests" / "data" / "webcam_text" / "parking_rules.jpg"
# The first frames of a session find nothing warm.
FIRST_FRAMES = 2

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("polite")
    prepare(data_dir)
    subprocess.run(
        [sys.executable, "manage.py", "restore_pipelines"],
        cwd=ROOT,
        env=environment(data_dir),
        check=True,
        timeout=START_WITHIN_S,
        capture_output=True,
    )
    with serving(data_dir, FORGESYTE_PRELOAD="yolo_ocr") as running:
        yield running


async def stream_politely(server: LiveServer, seconds: float = SECONDS) -> Figures:
    """Send frames at their pace for some seconds; what became of them, but for the first ones."""
    frame = PICTURE.read_bytes()
    sent: dict[int, float] = {}
    figures = Figures(seconds=seconds)

    async with server.stream("yolo_ocr") as session:

        async def read() -> None:
            async for message in session:
                answer = json.loads(message)
                assert "error" not in answer, answer
                index = answer.get("frame_index", 0)
                if index > FIRST_FRAMES:
                    figures.dropped += "dropped" in answer
                    if "result" in answer:
                        figures.took_s.append(time.monotonic() - sent[index])

        reader = asyncio.create_task(read())
        begun = time.monotonic()
        for index in range(1, FIRST_FRAMES + round(FPS * seconds) + 1):
            await asyncio.sleep(max(0.0, begun + index / FPS - time.monotonic()))
            sent[index] = time.monotonic()
            await session.send(frame)
        await asyncio.sleep(1)
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
            await reader
    return figures


async def get_results(server: LiveServer, count: int) -> None:
    """Send frames at their pace until so many were answered with a result; raises TimeoutError."""
    frame = PICTURE.read_bytes()
    async with asyncio.timeout(START_WITHIN_S), server.stream("yolo_ocr") as session:

        async def send() -> None:
            while True:
                await session.send(frame)
                await asyncio.sleep(1 / FPS)

        sender = asyncio.create_task(send())
        try:
            while count:
                text = str(await session.recv())
                assert '"error"' not in text, text
                count -= '"result"' in text
        finally:
            sender.cancel()


@pytest.mark.slow  # figures of a machine that does nothing else
async def test_no_picture_of_another_session_makes_a_polite_one_late(server: LiveServer) -> None:
    """The base is measured before and after: a machine that was busy for one of them tells nothing."""
    await get_results(server, 5 * FPS)
    before = await stream_politely(server)
    print(f"\nquiet before: {before}", flush=True)
    figures: dict[str, Figures] = {}
    for name in HOSTILE:
        with beside(server.port, name):
            figures[name] = await stream_politely(server)
        print(f"beside {name}: {figures[name]}", flush=True)
    after = await stream_politely(server)
    print(f"quiet after: {after}")

    found = {name: Judge().complaints(before, after, beside) for name, beside in figures.items()}
    assert not {name: complaint for name, complaint in found.items() if complaint}


async def test_a_server_that_reads_whole_frames_of_any_shape_goes_on(server: LiveServer) -> None:
    """127 bytes took 20 GB, and the kernel killed the server. Whole frames take turns with the session's."""
    with beside(server.port, "a PNG of 3x2000, read whole"):
        await get_results(server, FPS)

    assert server.process.poll() is None
