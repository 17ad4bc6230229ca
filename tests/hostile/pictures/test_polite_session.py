"""A polite session at 15 frames a second beside pictures that cost much: it stays about as quick."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection

from tests.hostile.pictures.senders import HOSTILE, beside
from tests.hostile.polite import FPS, Figures, Judge
from tests.streaming.live import ROOT, START_WITHIN_S, LiveServer, environment, prepare, serving

SECONDS = 6
PICTURE = ROOT / "tests" / "data" / "webcam_text" / "parking_rules.jpg"
# The first frames of a session find nothing warm, and its first one is looked at from all sides.
FIRST_FRAMES = 5
# A session has half of the machine beside another one, and this one must need less: its network is small.
POLITE = "small"
STORE = """
import copy, django
django.setup()
from pipelines.defaults import default_definitions
from pipelines.models import Pipeline
from pipelines.services import store
small = copy.deepcopy(default_definitions()["yolo_ocr"])
small["id"] = "small"
for node in small["nodes"]:
    if node["plugin_id"] == "yolo":
        node["params"]["imgsz"] = 320
store(Pipeline(definition=small))
"""

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("polite")
    prepare(data_dir)
    for command in (["manage.py", "restore_pipelines"], ["-c", STORE]):
        subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(data_dir),
            check=True,
            timeout=START_WITHIN_S,
            capture_output=True,
        )
    with serving(data_dir, FORGESYTE_PRELOAD="yolo_ocr") as running:
        yield running


async def stream_politely(session: ClientConnection, seconds: float = SECONDS) -> Figures:
    """Send frames at their pace for some seconds in a session that is open; what became of them."""
    frame, first = PICTURE.read_bytes(), await until_answered(session)
    sent: dict[int, float] = {}
    figures = Figures(seconds=seconds)

    async def read() -> None:
        async for message in session:
            answer = json.loads(message)
            assert "error" not in answer, answer
            figures.dropped += "dropped" in answer
            if "result" in answer:
                figures.took_s.append(time.monotonic() - sent[answer["frame_index"]])

    reader = asyncio.create_task(read())
    begun = time.monotonic()
    for number in range(round(FPS * seconds)):
        await asyncio.sleep(max(0.0, begun + number / FPS - time.monotonic()))
        sent[first + number] = time.monotonic()
        await session.send(frame)
    await asyncio.sleep(1)
    reader.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reader
    return figures


async def until_answered(session: ClientConnection) -> int:
    """Send frames one by one until some were answered with a result; the number of the next frame."""
    for _ in range(FIRST_FRAMES):
        await session.send(PICTURE.read_bytes())
        answer = json.loads(await session.recv())
        assert "error" not in answer, answer
    return int(answer["frame_index"]) + 1


async def get_results(server: LiveServer, count: int) -> None:
    """Send frames at their pace until so many were answered with a result; raises TimeoutError."""
    frame = PICTURE.read_bytes()
    async with asyncio.timeout(START_WITHIN_S), server.stream(POLITE) as session:

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
    figures: dict[str, Figures] = {}
    async with server.stream(POLITE) as session:
        before = await stream_politely(session)
        print(f"\nquiet before: {before}", flush=True)
        for name in HOSTILE:
            with beside(server.port, name):
                figures[name] = await stream_politely(session)
            print(f"beside {name}: {figures[name]}", flush=True)
        after = await stream_politely(session)
        print(f"quiet after: {after}")

    # What is answered before the next frame is due is not late.
    judge = Judge(not_late_s=1 / FPS)
    found = {name: judge.complaints(before, after, beside) for name, beside in figures.items()}
    assert not {name: complaint for name, complaint in found.items() if complaint}


async def test_a_server_that_reads_whole_frames_of_any_shape_goes_on(server: LiveServer) -> None:
    """127 bytes took 20 GB, and the kernel killed the server. Whole frames take turns with the session's."""
    with beside(server.port, "a PNG of 3x2000, read whole"):
        await get_results(server, FPS)

    assert server.process.poll() is None
