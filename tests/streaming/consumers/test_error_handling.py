"""Every way a session can fail: one JSON message, then its close code."""

import asyncio
import json

import pytest
from django.db import InterfaceError, OperationalError

from forgesyte.api.errors import DATABASE_AWAY
from forgesyte.units import MEGABYTE
from pipelines.errors import InvalidDefinition, InvalidImage, PipelineError, ToolFailure, WeightsNotFound
from tests.streaming.conftest import Client, Limit, busy, dropped, end, ready
from tests.streaming.fakes import FakeEngine, begun, huge_header, jpeg, waiting


async def test_text_is_no_frame(engine: FakeEngine) -> None:
    async with Client() as client:
        await client.socket.send_to(text_data="hello")
        assert await end(client) == (
            {"error": "invalid_message", "detail": "Expected binary frame payload"},
            4400,
        )


@pytest.mark.parametrize(
    ("data", "error", "detail", "code"),
    [
        (b"not a picture", "invalid_frame", "Not a valid JPEG image", 4415),
        (huge_header(), "invalid_frame", "Picture of 60000x60000 exceeds 25000000 pixels", 4415),
        (jpeg() + bytes(5 * MEGABYTE), "frame_too_large", "Frame exceeds 5MB", 4413),
    ],
    ids=["no picture", "huge", "too large"],
)
async def test_a_frame_that_is_refused(
    engine: FakeEngine, data: bytes, error: str, detail: str, code: int
) -> None:
    async with Client() as client:
        await ready(client, engine)
        await client.send(data)
        assert await end(client) == ({"error": error, "detail": detail, "frame_index": 2}, code)


async def test_a_frame_that_the_web_server_did_not_keep_is_answered(engine: FakeEngine) -> None:
    limits: list[dict[str, int]] = []
    async with Client(take_at_most=lambda **most: limits.append(most)) as client:
        await ready(client, engine)
        await client.socket.send_input({"type": "websocket.receive", "bytes": b"", "too_large": True})
        assert await end(client) == (
            {"error": "frame_too_large", "detail": "Frame exceeds 5MB", "frame_index": 2},
            4413,
        )
    assert limits == [{"text": 0, "binary": 5 * MEGABYTE}]


async def test_text_that_the_web_server_did_not_keep(engine: FakeEngine) -> None:
    async with Client() as client:
        await client.socket.send_input({"type": "websocket.receive", "text": "", "too_large": True})
        assert (await end(client))[1] == 4400


async def test_an_empty_frame_is_refused(engine: FakeEngine) -> None:
    async with Client() as client:
        await client.socket.send_input({"type": "websocket.receive", "bytes": b""})
        message, code = await end(client)
    assert (message["error"], message["detail"], code) == ("invalid_frame", "Frame is empty", 4415)


@pytest.mark.parametrize(
    ("error", "code", "detail", "close_code"),
    [
        (
            InvalidDefinition("nodes[read]: unknown tool"),
            "invalid_pipeline",
            "nodes[read]: unknown tool",
            4404,
        ),
        (WeightsNotFound("No file for x.onnx"), "pipeline_failure", "No file for x.onnx", 4500),
        (ToolFailure("YOLO could not be loaded"), "pipeline_failure", "YOLO could not be loaded", 4500),
        (RuntimeError("secret path /home/x"), "internal_error", "Unexpected error occurred", 1011),
        (OperationalError("secret host"), "internal_error", DATABASE_AWAY, 1011),
        (InterfaceError("secret host"), "internal_error", DATABASE_AWAY, 1011),
    ],
)
async def test_a_pipeline_that_cannot_be_opened(
    engine: FakeEngine, error: Exception, code: str, detail: str, close_code: int
) -> None:
    engine.open_error = error
    async with Client() as client:
        assert await end(client) == ({"error": code, "detail": detail}, close_code)


async def test_a_database_that_is_away_leaves_no_traceback_in_the_log(
    engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.open_error = OperationalError("connection refused")
    async with Client() as client:
        await end(client)
    assert "database_unreachable" in caplog.messages
    assert "OperationalError" not in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "detail", "close_code"),
    [
        (ToolFailure("YOLO inference failed"), "pipeline_failure", "YOLO inference failed", 4500),
        (
            InvalidImage("The picture cannot be decoded"),
            "invalid_frame",
            "The picture cannot be decoded",
            4415,
        ),
        (PipelineError("The server is stopping"), "pipeline_failure", "The server is stopping", 4500),
        (ZeroDivisionError("secret"), "internal_error", "Unexpected error occurred", 1011),
    ],
)
async def test_a_frame_that_fails(
    engine: FakeEngine, error: Exception, code: str, detail: str, close_code: int
) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.error = error
        await client.send()
        assert await end(client) == ({"error": code, "detail": detail, "frame_index": 2}, close_code)


async def test_a_result_that_json_cannot_say_is_our_own_fault(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.result = {"detections": [{"score": float("nan")}]}
        await client.send()
        message, code = await end(client)
    assert (message["error"], message["frame_index"], code) == ("internal_error", 2, 1011)


async def test_every_frame_is_answered_before_an_error_ends_the_session(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        await client.send()
        await client.send(b"no picture")
        assert [await client.read() for _ in range(2)] == [
            dropped(2),
            dropped(3),
        ]
        message, code = await end(client)
    assert (message["frame_index"], code) == (4, 4415)
    pipeline.release()


async def test_the_frame_held_behind_one_that_fails_is_answered(engine: FakeEngine) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        await client.send()
        pipeline.error = ToolFailure("YOLO inference failed")
        pipeline.release()
        assert await client.read() == dropped(3)
        assert (await end(client))[0]["frame_index"] == 2


async def test_nobody_sends_for_too_long(engine: FakeEngine, limit: Limit) -> None:
    limit(idle_timeout_s=0.05)
    async with Client() as client:
        assert await end(client) == (
            {"error": "idle_timeout", "detail": "No frame arrived for too long"},
            4408,
        )


async def test_frames_keep_a_session_alive(engine: FakeEngine, limit: Limit) -> None:
    limit(idle_timeout_s=0.3)
    async with Client() as client:
        for _ in range(8):
            await client.send()
            assert "result" in await client.read()
            assert await client.socket.receive_nothing(timeout=0.08)
        assert (await end(client))[1] == 4408


async def test_waiting_for_an_answer_is_not_idle(engine: FakeEngine, limit: Limit) -> None:
    limit(idle_timeout_s=0.05)
    async with Client() as client:
        pipeline = await busy(client, engine)
        assert await client.socket.receive_nothing(timeout=0.2)
        pipeline.release()
        assert "result" in await client.read()
        assert (await end(client))[1] == 4408


async def test_a_session_may_have_a_time_limit(engine: FakeEngine, limit: Limit) -> None:
    limit(max_session_s=0.1)
    async with Client() as client:
        message, code = await end(client)
    assert (message["error"], code) == ("session_expired", 4410)


async def test_a_frame_that_takes_too_long(engine: FakeEngine, limit: Limit) -> None:
    limit(frame_timeout_s=0.05)
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.hold()
        await client.send()
        message, code = await end(client)
    assert message == {
        "error": "pipeline_failure",
        "detail": "No answer for a frame within 0.05 s",
        "frame_index": 2,
    }
    assert code == 4500
    assert engine.busy == 1, "its thread still runs"
    assert pipeline.closed == 0
    pipeline.release()


async def test_a_slot_that_never_comes_free(engine: FakeEngine, limit: Limit) -> None:
    async with Client() as other:
        blocker = await ready(other, engine)
        blocker.hold()
        await other.send()
        await begun(blocker)
        limit(frame_timeout_s=0.05)
        async with Client() as client:
            await client.send()
            message, code = await end(client)
        assert (message["error"], message["frame_index"], code) == ("pipeline_failure", 1, 4500)
        assert engine.waiting == 0
        blocker.release()


async def test_waiting_for_a_slot_and_running_have_a_deadline_each(engine: FakeEngine, limit: Limit) -> None:
    limit(frame_timeout_s=0.6)
    async with Client() as other, Client() as client:
        pipeline, blocker = await ready(client, engine), await ready(other, engine)
        for held in (pipeline, blocker):
            held.hold()
        await other.send()
        await begun(blocker)
        await client.send()
        assert await client.socket.receive_nothing(timeout=0.35)
        blocker.release()
        await begun(pipeline)
        assert await client.socket.receive_nothing(timeout=0.35)
        pipeline.release()
        assert "result" in await client.read()
        assert "result" in await other.read()


async def test_a_pipeline_that_never_opens(engine: FakeEngine, limit: Limit) -> None:
    limit(open_timeout_s=0.05)
    engine.open_gate.clear()
    async with Client() as client:
        message, code = await end(client)
    assert message["detail"] == "The pipeline took longer than 0.05 s to load"
    assert (message["error"], code) == ("pipeline_failure", 4500)


async def test_one_session_that_fails_leaves_the_others_alone(engine: FakeEngine) -> None:
    async with Client() as good, Client() as bad:
        await ready(good, engine)
        await bad.send(b"no picture")
        assert (await end(bad))[1] == 4415
        await ready(good, engine)


async def test_a_session_that_fails_while_it_waits_for_a_slot_leaves_no_hole(engine: FakeEngine) -> None:
    async with Client() as other, Client() as client:
        blocker = await ready(other, engine)
        await ready(client, engine)
        blocker.hold()
        await other.send()
        await begun(blocker)
        await client.send()
        await waiting(engine)
        await client.socket.send_to(text_data="oops")
        assert await client.read() == dropped(2)
        await end(client)
        assert engine.waiting == 0
        blocker.release()
        assert "result" in await other.read()
        await ready_again(other)


async def ready_again(client: Client) -> None:
    await client.send()
    assert "result" in await client.read()


async def test_no_message_holds_a_stack_trace(engine: FakeEngine) -> None:
    engine.open_error = RuntimeError("line 12 in /home/x/secret.py")
    async with Client() as client:
        text = json.dumps((await end(client))[0])
    assert "Traceback" not in text
    assert "secret" not in text
    assert asyncio.all_tasks() == {asyncio.current_task()}
