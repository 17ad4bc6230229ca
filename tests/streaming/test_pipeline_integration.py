"""Sessions through the real services and the real engine; with real networks, over a real socket."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from PIL import Image

from pipelines.models import Pipeline
from pipelines.runtime import Runtime, override_engine
from tests.pipelines.toy import toy_definition, toy_engine
from tests.streaming.conftest import Client
from tests.streaming.fakes import jpeg
from tests.streaming.live import ROOT, LiveServer, environment, read, serving

stored = pytest.mark.django_db(transaction=True)


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[Runtime]:
    with override_engine(toy_engine(tmp_path)) as engine:
        yield engine
        engine.close()


@sync_to_async
def store(pipeline_id: str = "boxes", *, enabled: bool = True, **params: Any) -> None:
    row, _ = Pipeline.objects.get_or_create(pipeline_id=pipeline_id, defaults={"definition": {}})
    row.take(toy_definition(pipeline_id, **params))
    row.enabled = enabled
    row.save()


def session(pipeline_id: str = "boxes") -> Client:
    return Client(f"pipeline_id={pipeline_id}")


@stored
async def test_a_frame_goes_through_every_node(toys: Runtime) -> None:
    await store(label="cup")
    async with session() as client:
        await client.send(jpeg(64, 48))
        answer = await client.read()
    assert answer["result"] == {
        "detections": [{"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5, "label": "cup", "score": 0.9}],
        "text": "1 found",
    }
    assert list(answer["timings_ms"]) == ["wait", "decode", "find", "count", "total"]
    assert all(spent >= 0 for spent in answer["timings_ms"].values())


@stored
async def test_what_is_saved_is_live_for_the_next_session(toys: Runtime) -> None:
    await store(label="cup")
    async with session() as before:
        await before.send()
        await before.read()
        await store(label="saucer")
        await before.send()
        assert (await before.read())["result"]["detections"][0]["label"] == "cup"
        async with session() as after:
            await after.send()
            assert (await after.read())["result"]["detections"][0]["label"] == "saucer"


@stored
@pytest.mark.parametrize("pipeline_id", ["gone", "disabled", "no slug", "%00", "x" * 300])
async def test_what_is_no_enabled_pipeline(toys: Runtime, pipeline_id: str) -> None:
    await store("disabled", enabled=False)
    async with session(pipeline_id) as client:
        message = await client.read()
        assert message["error"] == "invalid_pipeline"
        assert message["detail"].startswith("Unknown pipeline_id: ")
        assert await client.close_code() == 4404


@stored
async def test_a_stored_pipeline_that_is_not_valid_any_more(toys: Runtime) -> None:
    await store(no_such_param=1)
    async with session() as client:
        message = await client.read()
        assert message["error"] == "invalid_pipeline"
        assert "no_such_param" in message["detail"]
        assert await client.close_code() == 4404


@stored
async def test_a_tool_that_raises_tells_no_secrets(toys: Runtime) -> None:
    await store(label="fail")
    async with session() as client:
        await client.send()
        message = await client.read()
        assert message == {"error": "pipeline_failure", "detail": "The toy broke", "frame_index": 1}
        assert await client.close_code() == 4500


@stored
async def test_a_frame_that_passes_the_checks_but_cannot_be_decoded(toys: Runtime) -> None:
    await store()
    headers_only = jpeg()[: jpeg().index(b"\xff\xda") + 2] + b"\xff\xd9"
    async with session() as client:
        await client.send(headers_only)
        message = await client.read()
        assert (message["error"], message["frame_index"]) == ("invalid_frame", 1)
        assert await client.close_code() == 4415


# Real networks


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server as it comes, with the pipelines that ship."""
    data_dir = tmp_path_factory.mktemp("real")
    for command in (["migrate"], ["restore_pipelines"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(data_dir),
            check=True,
            timeout=60,
            capture_output=True,
        )
    with serving(data_dir) as running:
        yield running


@pytest.fixture(scope="module")
def poster(test_media: Path) -> bytes:
    """The poster in the shape of a webcam's frame."""
    picture = Image.open(test_media / "media" / "text" / "poster.png").convert("RGB")
    picture.thumbnail((640, 480))
    frame = Image.new("RGB", (640, 480), "black")
    frame.paste(picture, ((640 - picture.width) // 2, (480 - picture.height) // 2))
    buffer = io.BytesIO()
    frame.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def words_in(text: str) -> set[str]:
    return set(text.lower().replace(",", " ").replace(".", " ").split())


@pytest.mark.model
@pytest.mark.parametrize(
    ("pipeline_id", "detections", "words"),
    [("yolo_ocr", 5, 25), ("ocr_only", 5, 25), ("yolo_easyocr", 5, 25), ("easyocr_only", 5, 25)],
)
async def test_a_poster_is_read_within_ten_frames(
    server: LiveServer, poster: bytes, test_media: Path, pipeline_id: str, detections: int, words: int
) -> None:
    wanted = json.loads((test_media / "media" / "text" / "words.json").read_text())["poster.png"]
    async with server.stream(pipeline_id) as socket:
        for _ in range(10):
            await socket.send(poster)
            answer = await read(socket, patience_s=60)
    assert answer["frame_index"] == 10, answer
    assert "result" in answer, answer
    assert len(answer["result"]["detections"]) >= detections
    found = [word for word in wanted if word.lower() in words_in(answer["result"]["text"])]
    assert len(found) >= words, answer["result"]["text"]


@pytest.mark.model
async def test_a_frame_with_nothing_on_it_has_an_empty_result(server: LiveServer) -> None:
    grey = np.full((480, 640, 3), 127, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG")
    async with server.stream("yolo_ocr") as socket:
        await socket.send(buffer.getvalue())
        answer = await read(socket, patience_s=60)
    assert answer["result"] == {"detections": [], "text": ""}
