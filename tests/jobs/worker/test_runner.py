"""A job from its submission to its end, by a worker in this process."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from jobs import storage
from jobs.models import Job, ResultChunk
from jobs.services import cancel_job, delete_job, retry_job
from jobs.worker import job_run, leases, result_writer, runner
from jobs.worker.heartbeat import Heartbeat
from jobs.worker.leases import Chunk, Claim
from jobs.worker.worker_process import this_process
from pipelines.graph.execution import OpenPipeline
from pipelines.runtime import get_engine
from tests.jobs.workshop import Workshop, abandon, indices_of, lines_of
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
    retry_job(job_id=job.pk)
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


@pytest.mark.parametrize("tool", ["look", "count", "recall"])
@pytest.mark.parametrize("options", [{}, {"frame_stride": 2}, {"max_frames": 7}, {"fails": [4, 5]}])
def test_an_interrupted_job_equals_an_undisturbed_one(
    workshop: Workshop, tool: str, options: dict[str, Any]
) -> None:
    clip = workshop.clip("clip.avi", count=12, codec="mjpeg", q="2")
    spoil(clip, 6)
    expected = workshop.work(workshop.submit(clip, tool, frames=12, **options))

    job = workshop.submit(clip, tool, frames=12, **options)
    for kept in range(expected.chunks_done):
        die_after(job, kept)
    job = workshop.work(job)

    assert job.status == "completed"
    assert job.attempt == expected.chunks_done + 1
    assert lines_of(job) == lines_of(expected)
    assert job.summary == expected.summary
    assert (job.warnings, job.frames_done) == (expected.warnings, expected.frames_done)
    assert left_over(job) == []


class Death(BaseException):
    """Ends an attempt as `kill -9` does: nothing is given back."""


def die_after(job: Job, chunks: int) -> None:
    """One attempt that dies while it writes its chunk number `chunks` + 1."""
    keep = result_writer.ResultWriter.keep

    def dies(self: result_writer.ResultWriter, states: result_writer.States) -> None:
        if self._chunks_done >= chunks:
            path = self._folder / storage.chunk_name(self._chunks_done + 1, self._job.attempt)
            path.write_bytes(self._lines[0][:20])
            raise Death
        keep(self, states)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(result_writer.ResultWriter, "keep", dies)
        with pytest.raises(Death):
            attempt(job)
    dead = Job.objects.get(pk=job.pk)
    assert (dead.status, dead.chunks_done) == ("running", chunks)
    Job.objects.filter(pk=job.pk).update(status="pending", lease_owner="", lease_expires_at=None)


def attempt(job: Job) -> None:
    process = this_process()
    owner = process.new_owner()
    claimed = leases.claim_job(job.pk, owner)
    assert claimed
    claim = Claim(job.pk, owner, claimed.attempt)
    with Heartbeat(claim, process.stopping) as heartbeat:
        runner.Runner(claimed, claim, heartbeat, yield_to_live=False).run()


def left_over(job: Job) -> list[str]:
    """Files of the results that are no chunks."""
    known = set(job.chunks.values_list("file", flat=True))
    return [path.name for path in storage.result_dir(job.pk).iterdir() if path.name not in known]


def test_a_state_that_cannot_be_read_is_made_anew(workshop: Workshop) -> None:
    expected = workshop.work(workshop.submit(tool="count"))
    job = workshop.submit(tool="count")
    die_after(job, 1)
    [state] = storage.result_dir(job.pk).glob("*.state")
    state.write_bytes(b'{"first": "eA==", "second": ""}')
    job = workshop.work(job)
    assert lines_of(job) == lines_of(expected)

    job = workshop.submit(tool="count")
    die_after(job, 1)
    [state] = storage.result_dir(job.pk).glob("*.state")
    state.unlink()
    assert lines_of(workshop.work(job)) == lines_of(expected)


def test_a_tool_that_cannot_give_its_state_sees_the_file_again(workshop: Workshop) -> None:
    expected = workshop.work(workshop.submit(tool="count"))
    job = workshop.submit(tool="count", fails_to_save=True)
    die_after(job, 1)
    assert not list(storage.result_dir(job.pk).glob("*.state"))
    assert lines_of(workshop.work(job)) == lines_of(expected)


def test_an_attempt_that_lost_its_job_adds_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = workshop.submit()
    keep = result_writer.ResultWriter.keep

    def loses(self: result_writer.ResultWriter, states: result_writer.States) -> None:
        if self._chunks_done == 1:
            Job.objects.filter(pk=job.pk).update(lease_owner="somebody else")
        keep(self, states)

    monkeypatch.setattr(result_writer.ResultWriter, "keep", loses)
    job = workshop.work(job)
    assert (job.status, job.lease_owner, job.chunks_done) == ("running", "somebody else", 1)
    assert ResultChunk.objects.filter(job=job).count() == 1


def test_a_job_cancelled_while_it_runs_stops_before_its_next_frame(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = workshop.submit()
    run_frame = runner.Runner._run_frame
    ran: list[int] = []

    def cancelled_at_5(self: runner.Runner, frame: Any, *more: Any) -> Any:
        ran.append(frame.index)
        if frame.index == 5:
            assert cancel_job(job_id=job.pk)
        return run_frame(self, frame, *more)

    monkeypatch.setattr(runner.Runner, "_run_frame", cancelled_at_5)
    job = workshop.work(job)
    assert (job.status, job.lease_owner) == ("cancelled", "")
    assert ran == [1, 2, 3, 4, 5]
    assert indices_of(job) == [1, 2, 3, 4, 5], "what was found is kept"
    assert (job.frames_done, job.next_frame, job.summary["detections"]) == (5, 6, 5)


@pytest.mark.parametrize("after", ["deleted", "asked for again", "nothing"])
def test_a_job_cancelled_while_a_chunk_is_stored_keeps_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    job = workshop.submit()
    checkpoint = leases.checkpoint

    def cancelled_before(claim: Claim, chunk: Chunk, **fields: Any) -> None:
        if chunk.number == 2:
            assert cancel_job(job_id=job.pk)
            if after == "deleted":
                delete_job(job_id=job.pk)
            if after == "asked for again":
                retry_job(job_id=job.pk)
        checkpoint(claim, chunk, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(leases, "checkpoint", cancelled_before)
        job_run.run(job.pk)

    left = Job.objects.filter(pk=job.pk).first()
    if after == "deleted":
        assert left is None
        assert not storage.result_dir(job.pk).exists()
    elif after == "asked for again":
        assert left is not None
        assert indices_of(left) == [1, 2, 3]
        assert indices_of(workshop.work(left)) == list(range(1, 9))
    else:
        assert left is not None
        assert (left.status, indices_of(left)) == ("cancelled", [1, 2, 3, 4, 5, 6])
        retry_job(job_id=job.pk)
        assert indices_of(workshop.work(left)) == list(range(1, 9))


def test_a_worker_that_is_to_stop_keeps_what_is_done_and_gives_the_job_back(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = workshop.submit()
    run_frame = runner.Runner._run_frame

    def stops_at_5(self: runner.Runner, frame: Any, *more: Any) -> Any:
        if frame.index == 5:
            this_process().stopping.set()
        return run_frame(self, frame, *more)

    with monkeypatch.context() as patch:
        patch.setattr(runner.Runner, "_run_frame", stops_at_5)
        stopped = workshop.work(job)
    assert (stopped.status, stopped.lease_owner, stopped.strikes, stopped.losses) == ("pending", "", 0, 0)
    assert indices_of(stopped) == [1, 2, 3, 4, 5]
    this_process().stopping.clear()
    assert indices_of(workshop.work(job)) == list(range(1, 9))


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


def test_chunks_that_do_not_follow_the_checkpoint_are_refused(workshop: Workshop) -> None:
    job = workshop.submit()
    assert leases.claim_job(job.pk, "me")
    with pytest.raises(leases.LeaseLost):
        leases.checkpoint(Claim(job.pk, "me", 1), Chunk(2, 4, 6, 3, "000002.1.jsonl"))
    assert not job.chunks.exists()
    abandon(job)


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


def test_what_is_wrong_behind_the_last_frame_is_a_warning(workshop: Workshop) -> None:
    clip = workshop.clip("clip.avi", codec="mjpeg", q="2")
    spoil(clip, 8)
    job = workshop.work(workshop.submit(clip, frame_stride=2))
    assert indices_of(job) == [1, 3, 5, 7]
    assert job.warnings == ["Frame 8 cannot be decoded: Invalid data found when processing input"]


def test_a_job_that_is_resumed_behind_its_last_frame_only_ends(workshop: Workshop) -> None:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(status="pending")
    again = workshop.work(job)
    assert (again.status, again.chunks_done, again.summary) == ("completed", job.chunks_done, job.summary)


@pytest.mark.parametrize(("tool", "worked_on"), [("look", [4, 5, 6, 7, 8]), ("count", [4, 5, 6, 7, 8])])
def test_a_resumed_job_goes_on_behind_its_checkpoint_with_the_state_kept_there(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tool: str, worked_on: list[int]
) -> None:
    job = workshop.submit(tool=tool)
    die_after(job, 1)
    assert frames_worked_on(workshop, job, monkeypatch) == worked_on


def test_a_tool_without_a_state_to_go_on_with_sees_the_file_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = workshop.submit(tool="recall")
    die_after(job, 1)
    assert frames_worked_on(workshop, job, monkeypatch) == list(range(1, 9))


def frames_worked_on(workshop: Workshop, job: Job, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Run the next attempt at the job; the indices of the frames that its pipeline gets."""
    run, seen = OpenPipeline.run, []

    def noted(self: OpenPipeline, payload: Any, *more: Any) -> Any:
        seen.append(payload["frame_index"])
        return run(self, payload, *more)

    with monkeypatch.context() as patch:
        patch.setattr(OpenPipeline, "run", noted)
        assert workshop.work(job).status == "completed"
    return seen
