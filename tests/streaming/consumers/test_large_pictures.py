"""Large pictures are decoded outside the slots, with a deadline."""

import asyncio
import time
from typing import Any

import pytest

from pipelines.media.images import decode_image
from streaming import session_worker
from tests.streaming.conftest import Client, Limit, end, ready
from tests.streaming.fakes import PATIENCE_S, FakeEngine, begun, jpeg, waiting

LARGE = jpeg(2500, 2000)


async def test_a_large_picture_is_decoded_before_it_takes_a_slot(engine: FakeEngine) -> None:
    """Twenty-five million pixels take 0.1 s, for which nobody else has to wait."""
    async with Client() as client, Client() as polite:
        pipeline = await ready(client, engine)
        await ready(polite, engine)
        async with engine.decoders.acquire():
            await client.send(LARGE)
            async with asyncio.timeout(PATIENCE_S):
                while not engine.decoders.waiting:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            await polite.send()
            assert "result" in await polite.read()
            assert pipeline.seen == [1]
        message = await client.read()
        assert message["frame_index"] == 2
        assert message["timings_ms"]["decode"] > 0.5
    assert pipeline.seen == [1, 2]


async def test_a_large_picture_waits_before_its_decoding_and_after(engine: FakeEngine) -> None:
    async with Client() as client, Client() as other:
        await ready(client, engine)
        blocker = await ready(other, engine)
        blocker.hold()
        await other.send()
        await begun(blocker)
        await client.send(LARGE)
        await waiting(engine)
        assert await client.socket.receive_nothing(timeout=0.1)
        blocker.release()
        timings_ms = (await client.read())["timings_ms"]
        assert "result" in await other.read()
    assert list(timings_ms)[:2] == ["wait", "decode"]
    assert 90 < timings_ms["wait"] < timings_ms["total"] - timings_ms["decode"]


async def test_a_large_picture_that_cannot_be_decoded_ends_its_session(engine: FakeEngine) -> None:
    damaged = LARGE.replace(b"\xff\xdb", b"\xff\xfe")
    async with Client() as client:
        await ready(client, engine)
        await client.send(damaged)
        message, code = await end(client)
    assert (message["error"], message["frame_index"], code) == ("invalid_frame", 2, 4415)


async def test_a_picture_that_is_decoded_for_too_long_ends_its_session(
    engine: FakeEngine, limit: Limit
) -> None:
    async with Client() as client:
        await ready(client, engine)
        limit(frame_timeout_s=0.05)
        async with engine.decoders.acquire(), Client() as other:
            await other.send(LARGE)
            message, code = await end(other)
    assert (message["error"], message["frame_index"], code) == ("pipeline_failure", 1, 4500)


async def test_the_wait_for_the_decoder_takes_no_time_from_the_decoding(
    engine: FakeEngine, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = decode_image

    def slow(data: bytes) -> Any:
        time.sleep(0.6)
        return decode(data)

    async with Client() as client:
        await ready(client, engine)
    limit(frame_timeout_s=1.0)
    monkeypatch.setattr(session_worker, "decode_image", slow)
    async with Client() as client:
        async with engine.decoders.acquire():
            await client.send(LARGE)
            await asyncio.sleep(0.7)
        timings_ms = (await client.read())["timings_ms"]
    assert timings_ms["decode"] > 500
    assert timings_ms["total"] > 1200
