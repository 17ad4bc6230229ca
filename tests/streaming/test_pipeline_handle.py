"""A pipeline is closed once, and never under the frame that it works on."""

import threading

import pytest

from pipelines.tools.base import Pressure
from streaming.pipeline_handle import PipelineHandle
from tests.streaming.fakes import PATIENCE_S, FakePipeline

PAYLOAD = {"frame_index": 1, "image_bytes": b""}


def test_runs_pass_through() -> None:
    pipeline = FakePipeline()
    report = PipelineHandle(pipeline).run(PAYLOAD, Pressure.WARNING)
    assert report.result == {"detections": [], "pipeline": 0}
    assert pipeline.pressures == [Pressure.WARNING]


def test_an_idle_pipeline_is_closed_at_once_and_once() -> None:
    pipeline = FakePipeline()
    handle = PipelineHandle(pipeline)
    handle.close()
    handle.close()
    assert pipeline.closed == 1


def test_a_busy_pipeline_is_closed_after_its_frame() -> None:
    pipeline = FakePipeline()
    handle = PipelineHandle(pipeline)
    pipeline.hold()
    thread = threading.Thread(target=handle.run, args=(PAYLOAD, Pressure.NORMAL))
    thread.start()
    assert pipeline.begun.acquire(timeout=PATIENCE_S)
    handle.close()
    handle.close()
    assert pipeline.closed == 0
    pipeline.release()
    thread.join(PATIENCE_S)
    assert (pipeline.closed, pipeline.closed_while_running) == (1, False)


def test_a_busy_pipeline_whose_frame_fails_is_closed_too() -> None:
    pipeline = FakePipeline()
    handle = PipelineHandle(pipeline)
    pipeline.error = ValueError("boom")
    with pytest.raises(ValueError, match="boom"):
        handle.run(PAYLOAD, Pressure.NORMAL)
    assert pipeline.closed == 0
    handle.close()
    assert pipeline.closed == 1


def test_nothing_runs_after_close() -> None:
    pipeline = FakePipeline()
    handle = PipelineHandle(pipeline)
    handle.close()
    with pytest.raises(RuntimeError, match="over"):
        handle.run(PAYLOAD, Pressure.NORMAL)
    assert pipeline.seen == []
