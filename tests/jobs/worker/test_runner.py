"""A job from its submission to its end, by a worker in this process."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from accounts.callers import SERVER
from jobs import storage
from jobs.models import Job
from jobs.services import retry_job
from jobs.worker import runner
from jobs.worker.frame_marker import marked_frame
from jobs.worker.heartbeat import Heartbeat, WorkerStopping
from pipelines.graph.execution import OpenPipeline
from pipelines.runtime import get_engine
from tests.jobs.workshop import Workshop, indices_of, lines_of
from tests.pipelines.clips import FPS, spoil


def test_every_frame_has_its_line(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit())

    assert (job.status, job.progress, job.frames_done, job.frames_total) == ("completed", 100, 8, 8)
    assert job.started_at
    assert job.finished_at
    assert job.lease_owner == ""
    lines = lines_of(job)
    assert [line["frame_index"] for line in lines] == list(range(1, 9))
    assert [line["time_s"] for line in lines] == [pytest.approx(n / FPS) for n in range(8)]
    brightness = [int(line["result"]["detections"][0]["label"]) for line in lines]
    assert brightness == sorted(set(brightness)), "each frame is brighter than the one before"
    assert {line["result"]["text"] for line in lines} == {"1 found"}
    assert [chunk.lines for chunk in job.chunks.order_by("number")] == [3, 3, 2]


def test_a_worker_that_is_to_stop_loads_no_network_first(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []

    def stops(self: Heartbeat) -> None:
        raise WorkerStopping

    monkeypatch.setattr(Heartbeat, "check", stops)
    monkeypatch.setattr(runner, "open_for_file", lambda *given, **more: opened.append(given))
    job = workshop.work(workshop.submit())
    assert (job.status, opened) == ("pending", [])


def test_what_the_job_says_of_itself(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit())

    assert job.tools["first"] == {"tool": "bench.look", "device_used": "cpu", "versions": {"toolbox": "1"}}
    assert (job.device_used, job.fallback, job.attempt) == ("cpu", False, 1)
    timings = job.plugin_timings["first"]
    assert (timings["tool"], timings["runs"]) == ("bench.look", 8)
    assert 0 < timings["mean_ms"] <= timings["max_ms"] <= timings["total_ms"]
    assert job.summary["detections"] == 8
    assert [label["count"] for label in job.summary["labels"]] == [1] * 8
    assert (job.warnings, job.warnings_count) == ([], 0)


@pytest.mark.parametrize(
    ("options", "indices"),
    [
        ({"frame_stride": 3}, [1, 4, 7]),
        ({"max_frames": 4}, [1, 2, 3, 4]),
        ({"frame_stride": 2, "max_frames": 3}, [1, 3, 5]),
    ],
)
def test_strides_and_limits(workshop: Workshop, options: dict[str, Any], indices: list[int]) -> None:
    waiting = workshop.submit(**options)
    job = workshop.work(waiting)
    assert indices_of(job) == indices
    assert waiting.frames_total == job.frames_done == len(indices)


def test_a_picture_is_a_job_of_one_frame(workshop: Workshop) -> None:
    path = workshop.folder / "sign.png"
    Image.new("RGB", (64, 48), (70, 70, 70)).save(path)
    job = workshop.work(workshop.submit(path, frames=1))
    assert job.status == "completed"
    assert [(line["frame_index"], line["time_s"]) for line in lines_of(job)] == [(1, 0.0)]


def test_a_frame_that_fails_has_a_line_with_the_error(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit(fails=[3, 5]))

    assert (job.status, job.frames_done) == ("completed", 8)
    lines = lines_of(job)
    assert lines[2] == {
        "frame_index": 3,
        "time_s": pytest.approx(0.2),
        "result": {"detections": []},
        "error": "The bench broke",
    }
    assert job.warnings == ["Frame 3: The bench broke", "Frame 5: The bench broke"]
    assert job.summary["frames_failed"] == 2
    assert "secret" not in json.dumps(lines)


def test_a_job_of_which_no_frame_works_has_failed(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit(fails=list(range(1, 9))))

    assert (job.status, job.error_code) == ("failed", "no_frame_worked")
    assert job.error_message == "No frame of it could be worked on. Frame 1: The bench broke"
    assert indices_of(job) == list(range(1, 9))
    retry_job(job_id=job.pk, caller=SERVER)
    again = Job.objects.get(pk=job.pk)
    assert (again.chunks_done, again.next_frame, again.frames_done) == (0, 1, 0)


def test_frames_that_cannot_be_decoded_have_lines_too(workshop: Workshop) -> None:
    clip = workshop.clip("clip.avi", codec="mjpeg", q="2")
    for number in (1, 4, 8):
        spoil(clip, number)
    job = workshop.work(workshop.submit(clip))

    assert (job.status, indices_of(job)) == ("completed", list(range(1, 9)))
    wrong = {line["frame_index"]: line["error"] for line in lines_of(job) if "error" in line}
    assert wrong.keys() == {1, 4, 8}
    assert wrong[1] == "It cannot be decoded: Invalid data found when processing input"
    assert job.warnings_count == 3


def test_it_gives_way_to_live_sessions_where_so_set(
    workshop: Workshop, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS = replace(settings.JOBS, yield_to_live=True)
    waited: list[float] = []
    get_engine().overload.note()
    pressure = workshop.folder / "live_pressure"

    def wait(self: Heartbeat, seconds: float) -> None:
        waited.append(seconds)
        pressure.unlink()

    monkeypatch.setattr(Heartbeat, "wait", wait)
    assert workshop.work(workshop.submit()).status == "completed"
    assert waited == [runner.LIVE_PAUSE_S]


def test_the_job_runs_on_the_best_device_of_its_tools() -> None:
    tools = {"a": "yolo.detect", "b": "ocr.read"}
    metadata: dict[str, dict[str, Any]] = {
        "a": {"device_used": "cuda", "fallback": False},
        "b": {"device_used": "cpu", "fallback": True},
    }
    facts = runner.facts_of(metadata, tools)
    assert (facts["device_used"], facts["fallback"]) == ("cuda", True)
    assert facts["tools"]["b"]["tool"] == "ocr.read"
    assert runner.facts_of({"a": {}}, tools)["device_used"] == ""


def test_the_source_is_gone(workshop: Workshop) -> None:
    job = workshop.submit()
    Path(job.source_path).unlink()
    job = workshop.work(job)
    assert (job.status, job.error_code) == ("failed", "invalid_video")
    assert "No such file" in job.error_message


def test_a_pipeline_that_raises_what_it_should_not_costs_one_frame(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = OpenPipeline.run

    def breaks(self: OpenPipeline, payload: Any, *more: Any) -> Any:
        if payload["frame_index"] == 2:
            raise RuntimeError("secret inner workings")
        return run(self, payload, *more)

    monkeypatch.setattr(OpenPipeline, "run", breaks)
    job = workshop.work(workshop.submit())
    assert (job.status, job.warnings) == ("completed", ["Frame 2: Unexpected error occurred"])
    [record] = [record for record in caplog.records if record.message == "job_frame_failed"]
    assert "secret" in str(record.exc_info)


def test_every_frame_is_watched_and_marked_while_it_is_worked_on(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    job = workshop.submit(max_frames=2, fails=[2])
    run, begin, end = OpenPipeline.run, Heartbeat.begin_frame, Heartbeat.end_frame

    def runs(self: OpenPipeline, payload: Any, *more: Any) -> Any:
        seen.append(("runs", marked_frame(storage.marker_path(job.pk, 1))))
        return run(self, payload, *more)

    def begins(self: Heartbeat, frame_index: int) -> None:
        begin(self, frame_index)
        seen.append(self._frame and self._frame[0])

    def ends(self: Heartbeat) -> None:
        end(self)
        seen.append(self._frame)

    monkeypatch.setattr(OpenPipeline, "run", runs)
    monkeypatch.setattr(Heartbeat, "begin_frame", begins)
    monkeypatch.setattr(Heartbeat, "end_frame", ends)
    workshop.work(job)
    assert seen == [1, ("runs", 1), None, 2, ("runs", 2), None]


def test_what_is_wrong_behind_the_last_frame_is_a_warning(workshop: Workshop) -> None:
    clip = workshop.clip("clip.avi", codec="mjpeg", q="2")
    spoil(clip, 8)
    job = workshop.work(workshop.submit(clip, frame_stride=2))
    assert indices_of(job) == [1, 3, 5, 7]
    assert job.warnings == ["Frame 8 cannot be decoded: Invalid data found when processing input"]
