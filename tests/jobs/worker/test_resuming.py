"""A job that is interrupted, lost or cancelled, and what its next attempt does."""

from typing import Any

import pytest

from accounts.callers import SERVER
from jobs import storage
from jobs.models import Job, ResultChunk
from jobs.services import cancel_job, delete_job, retry_job
from jobs.worker import job_run, leases, result_writer, runner
from jobs.worker.leases import Chunk, Claim
from jobs.worker.worker_process import this_process
from pipelines.graph.execution import OpenPipeline
from tests.jobs.worker.attempts import die_after, left_over
from tests.jobs.workshop import Workshop, abandon, indices_of, lines_of
from tests.pipelines.clips import spoil


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
            assert cancel_job(job_id=job.pk, caller=SERVER)
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
            assert cancel_job(job_id=job.pk, caller=SERVER)
            if after == "deleted":
                delete_job(job_id=job.pk, caller=SERVER)
            if after == "asked for again":
                retry_job(job_id=job.pk, caller=SERVER)
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
        retry_job(job_id=job.pk, caller=SERVER)
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


def test_chunks_that_do_not_follow_the_checkpoint_are_refused(workshop: Workshop) -> None:
    job = workshop.submit()
    assert leases.claim_job(job.pk, "me")
    with pytest.raises(leases.LeaseLost):
        leases.checkpoint(Claim(job.pk, "me", 1), Chunk(2, 4, 6, 3, "000002.1.jsonl"))
    assert not job.chunks.exists()
    abandon(job)


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
