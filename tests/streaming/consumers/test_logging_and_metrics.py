"""The log and the metrics of a session."""

import json
import logging
import time
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client as Browser

from forgesyte.logs import JsonFormatter
from pipelines.errors import ToolFailure
from streaming import metrics
from streaming.monitoring import session_log
from streaming.protocol import ErrorCode
from tests.streaming.conftest import Client, busy, ready
from tests.streaming.fakes import FakeEngine, begun, jpeg, waiting
from tests.streaming.samples import sample


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "forgesyte.stream")
    return caplog


def lines(log: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The log lines of this event, as they are written."""
    formatter = JsonFormatter()
    found = [json.loads(formatter.format(record)) for record in log.records]
    return [line for line in found if line["event"] == event]


def count(name: str, **labels: str) -> float:
    return sample(name, **labels) or 0.0


async def test_connect_and_disconnect(engine: FakeEngine, log: pytest.LogCaptureFixture) -> None:
    async with Client() as client:
        await ready(client, engine)
    [connect], [opened] = lines(log, session_log.CONNECT), lines(log, session_log.READY)
    [disconnect] = lines(log, session_log.DISCONNECT)
    assert connect["level"] == "info"
    assert connect["pipeline_id"] == "fake"
    assert len({line["session_id"] for line in (connect, opened, disconnect)}) == 1
    assert opened["duration_ms"] >= 0
    assert {
        key: disconnect[key] for key in ("close_code", "frames", "processed_frames", "dropped_frames")
    } == {
        "close_code": 1000,
        "frames": 1,
        "processed_frames": 1,
        "dropped_frames": 0,
    }


async def test_processed_frames_at_debug(engine: FakeEngine, log: pytest.LogCaptureFixture) -> None:
    async with Client() as client:
        await ready(client, engine)
    [line] = lines(log, session_log.FRAME_PROCESSED)
    assert (line["level"], line["frame_index"]) == ("debug", 1)
    assert line["duration_ms"] >= 0
    assert line["timestamp"].endswith("+00:00")


@pytest.mark.parametrize(("value", "shown"), [(1.23456, 1.235), (0.5, 0.5), (7, 7), ("1.23456", "1.23456")])
def test_numbers_of_a_line_have_three_decimals(value: object, shown: object) -> None:
    assert session_log.rounded(value) == shown


async def test_drops_are_loud_once_a_second(engine: FakeEngine, log: pytest.LogCaptureFixture) -> None:
    async with Client() as client:
        pipeline = await busy(client, engine)
        for _ in range(30):
            await client.send()
        while len(client.messages) < 1 + 29 + 1:
            await client.read()
        pipeline.release()
    drops = lines(log, session_log.FRAME_DROPPED)
    assert [line["frame_index"] for line in drops] == list(range(3, 32))
    assert [line["dropped_frames"] for line in drops] == list(range(1, 30))
    loud = [line["frame_index"] for line in drops if line["level"] == "info"]
    assert loud[0] == 3
    assert len(loud) < 10
    [plea] = lines(log, session_log.SLOW_DOWN)
    assert plea["drop_rate"] > 0.3
    assert plea["suggested_fps"] >= 1


async def test_our_own_faults_have_a_traceback_and_the_clients_have_none(
    engine: FakeEngine, log: pytest.LogCaptureFixture
) -> None:
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.error = ToolFailure("YOLO inference failed")
        await client.send()
        await client.read()
    async with Client() as client:
        await client.send(b"no picture")
        await client.read()
    engine.open_error = RuntimeError("a fault of our own")
    async with Client() as client:
        await client.read()
    [failure], [fault] = lines(log, session_log.PIPELINE_ERROR), lines(log, session_log.INTERNAL_ERROR)
    [refused] = lines(log, session_log.SESSION_ERROR)
    assert (failure["level"], failure["frame_index"]) == ("error", 2)
    assert failure["detail"] == "YOLO inference failed"
    assert "ToolFailure" in failure["exception"]
    assert "a fault of our own" in fault["exception"]
    assert (refused["level"], refused["code"]) == ("info", "invalid_frame")
    assert "exception" not in refused


async def test_counters(engine: FakeEngine) -> None:
    names = ("processed", "dropped")
    before = [count(f"stream_frames_{name}_total") for name in names]
    pleas = count("stream_slowdown_signals_total")
    async with Client() as client:
        pipeline = await busy(client, engine)
        for _ in range(20):
            await client.send()
        while len(client.messages) < 1 + 19 + 1:
            await client.read()
        pipeline.release()
        await client.read()
        await client.read()
    after = [count(f"stream_frames_{name}_total") for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [3, 19]
    assert count("stream_slowdown_signals_total") - pleas == 1


async def test_what_arrives_and_how_it_is_answered(engine: FakeEngine) -> None:
    kinds = ("result", "dropped", "error")
    frames, size = count("stream_frames_received_total"), count("stream_bytes_received_total")
    before = {kind: count("stream_answers_total", kind=kind) for kind in kinds}
    async with Client() as client:
        pipeline = await busy(client, engine)
        await client.send()
        await client.send(b"no picture")
        await client.read()
        await client.read()
        pipeline.release()
    async with Client() as client:
        await client.socket.send_to(text_data="hello")
        await client.read()
    answered = {kind: count("stream_answers_total", kind=kind) - before[kind] for kind in kinds}
    assert answered == {"result": 1, "dropped": 2, "error": 1}, "an error that answers no frame is no answer"
    assert count("stream_frames_received_total") - frames == 4
    assert count("stream_bytes_received_total") - size == 3 * len(jpeg()) + len(b"no picture")


async def test_errors_are_counted_by_code(engine: FakeEngine) -> None:
    before = count("stream_errors_total", code="invalid_message")
    async with Client() as client:
        await client.socket.send_to(text_data="hello")
        await client.read()
    assert count("stream_errors_total", code="invalid_message") - before == 1


def test_what_may_happen_is_counted_from_the_first_time() -> None:
    """Prometheus sees a rise only from a number that it has seen before."""
    assert all(sample("stream_errors_total", code=error.code) is not None for error in ErrorCode)
    stages = ("validate", "wait", "decode", "send")
    assert all(sample("stream_stage_seconds_count", stage=stage) is not None for stage in stages)


async def test_stages_and_age_are_measured(engine: FakeEngine) -> None:
    stages = ("validate", "wait", "decode", "detect", "send")
    before = {stage: count("stream_stage_seconds_count", stage=stage) for stage in stages}
    detect_s = count("stream_stage_seconds_sum", stage="detect")
    ages = count("stream_frame_age_seconds_count")
    async with Client() as client:
        await ready(client, engine)
    assert all(count("stream_stage_seconds_count", stage=stage) == before[stage] + 1 for stage in stages)
    assert count("stream_stage_seconds_sum", stage="detect") - detect_s == pytest.approx(0.0020049)
    assert count("stream_frame_age_seconds_count") == ages + 1
    assert count("stream_stage_seconds_count", stage="total") == 0, "that is the age"


async def test_reads_and_saved_reads_are_counted(engine: FakeEngine) -> None:
    names = ("reads", "reads_saved", "reads_put_off")
    before = [count(f"stream_ocr_{name}_total") for name in names]
    async with Client() as client:
        await ready(client, engine)
    after = [count(f"stream_ocr_{name}_total") for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 3, 2]


async def test_the_queue_for_slots_is_seen(engine: FakeEngine) -> None:
    async with Client() as first, Client() as second:
        blocker = await ready(first, engine)
        await ready(second, engine)
        blocker.hold()
        await first.send()
        await begun(blocker)
        assert count("stream_slot_queue_depth") == 0
        assert (count("stream_slots"), count("stream_slots_busy")) == (1, 1)
        waits = count("stream_slot_wait_seconds_count")
        await second.send()
        await waiting(engine)
        assert count("stream_slot_queue_depth") == 1
        assert count("stream_slot_wait_seconds_count") == waits
        blocker.release()
        await first.read()
        await second.read()
        assert count("stream_slot_wait_seconds_count") == waits + 1
    assert count("stream_slots_busy") == 0


async def test_batches_are_measured(engine: FakeEngine) -> None:
    before, frames = count("stream_batch_size_count"), count("stream_batch_size_sum")
    async with Client() as client:
        await ready(client, engine)
        engine.networks.when_batched(3)
    assert count("stream_batch_size_count") == before + 1
    assert count("stream_batch_size_sum") == frames + 3


def test_quantiles_that_matter_are_told_apart() -> None:
    """A bucket is no wider than 2.5 ms from 5 to 40 ms, and at most doubles from one to half a second."""
    for low, high in pairwise(metrics.SECONDS):
        assert high - low <= 0.0025 + 1e-9 or not 0.005 <= low < 0.04
        assert high <= low * 2 or high > 0.5 or low < 0.001


@pytest.mark.parametrize(
    ("name", "buckets", "labels"),
    [
        ("stream_stage_seconds", metrics.SECONDS, {"stage": "wait"}),
        ("stream_frame_age_seconds", metrics.SECONDS, {}),
        ("stream_slot_wait_seconds", metrics.SECONDS, {}),
        ("stream_loop_delay_seconds", metrics.SHORT_SECONDS, {}),
        ("stream_gc_pause_seconds", metrics.SHORT_SECONDS, {}),
        ("stream_batch_size", metrics.BATCH_SIZES, {}),
    ],
)
def test_a_histogram_has_buckets_of_its_kind(
    name: str, buckets: tuple[float, ...], labels: dict[str, str]
) -> None:
    assert all(sample(f"{name}_bucket", le=str(float(bound)), **labels) is not None for bound in buckets)


@pytest.mark.django_db
def test_everything_is_on_the_metrics_page(client: Browser) -> None:
    page = client.get("/metrics").content.decode()
    for name in (
        "stream_sessions_active",
        "stream_frames_processed_total",
        "stream_frames_dropped_total",
        "stream_slowdown_signals_total",
        "stream_stage_seconds",
        "stream_frame_age_seconds",
        "stream_ocr_reads_saved_total",
        "stream_slot_queue_depth",
    ):
        assert f"# TYPE {name}" in page


def test_a_run_without_a_counter_counts_nothing() -> None:
    names = ["stream_ocr_reads_total", "stream_ocr_reads_saved_total", "stream_ocr_reads_put_off_total"]
    before = [count(name) for name in names]
    metrics.observe_result({}, {"ocr_reads_saved": 3}, 0.0)
    assert [count(name) for name in names] == [before[0], before[1] + 3, before[2]]


async def test_the_total_is_the_age_of_the_frame(engine: FakeEngine) -> None:
    """From its arrival to its result, with what it waited; on it stands the alert about old frames."""
    async with Client() as client:
        pipeline = await ready(client, engine)
        pipeline.hold()
        age_s = count("stream_frame_age_seconds_sum")
        before_sent = time.monotonic()
        await client.send()
        await begun(pipeline)
        has_begun = time.monotonic()
        pipeline.release()
        message = await client.read()
        longest_ms = (time.monotonic() - before_sent) * 1000
    timings_ms = message["timings_ms"]
    assert timings_ms["wait"] < timings_ms["total"] <= longest_ms + 0.01
    assert timings_ms["wait"] <= (has_begun - before_sent) * 1000 + 0.01
    observed_ms = (count("stream_frame_age_seconds_sum") - age_s) * 1000
    assert timings_ms["total"] - 0.01 <= observed_ms <= longest_ms + 0.01
