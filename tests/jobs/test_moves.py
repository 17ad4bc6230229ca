"""All that can happen to a job, in any order and by any number of workers: no state comes that must not."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.callers import SERVER
from jobs import services
from jobs.failures import NO_FRAME_WORKED
from jobs.models import FINISHED, Job
from jobs.sources import StoredSource
from jobs.worker import job_run, leases
from jobs.worker.leases import Chunk, Claim, LeaseLost
from jobs.worker.sweeper import sweep
from jobs.worker.worker import give_back_all
from jobs.worker.worker_process import WorkerProcess
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop

PATIENCE = timedelta(hours=1)
JOBS = 2
WHICH = st.integers(-4, -1)
WORKER = st.integers(0, 2)
ENDS = ("complete", "fail", "no_frame", "give_back", "error")
INTERRUPTIONS = ("stop", "kill", "sleep", "cancel", "retry", "ask_for_the_video", *ENDS)
# Written down once more and by hand: the product's own table is what is tested.
STATUS = {
    ("pending", "running"),
    ("pending", "cancelled"),
    ("running", "pending"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "cancelled"),
}
ASKED_AGAIN = {("failed", "pending"), ("cancelled", "pending")}
DRAWN = {
    ("none", "pending"),
    ("failed", "pending"),
    ("pending", "running"),
    ("running", "pending"),
    ("running", "ready"),
    ("running", "failed"),
}


class JobLife(RuleBasedStateMachine):
    """Three workers and a person, each of whom does what it likes, as late as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.workers = [self.new_worker(number) for number in range(3)]
        self.states: dict[Any, tuple[str, str]] = {}
        # The newest attempts, those that have lost their job among them.
        self.attempts: list[tuple[WorkerProcess, Claim]] = []
        self.retried: set[Any] = set()
        self.jobs: list[UUID] = []

    def new_worker(self, number: int) -> WorkerProcess:
        worker = WorkerProcess(f"host{number}-{uuid4().hex}")
        worker.appear()
        return worker

    def teardown(self) -> None:
        try:
            self.everybody_dies()
            self.all_comes_to_an_end()
        finally:
            Job.objects.all().delete()

    def all_comes_to_an_end(self) -> None:
        """Whatever has happened, all that waits can be done once workers have time."""
        for job in Job.objects.filter(status="pending"):
            assert leases.claim_job(job.pk, "last/1")
            assert leases.complete(Claim(job.pk, "last/1"))
        undrawn = Job.objects.filter(status__in=FINISHED, chunks_done__gt=0).exclude(annotated_status="ready")
        for job in undrawn:
            assert job.annotated_status == "pending" or services.request_annotated(
                job_id=job.pk, caller=SERVER
            )
            assert leases.claim_annotation(job.pk, "last/2")
            assert leases.finish_drawing(Claim(job.pk, "last/2", draws=True))
        assert not Job.objects.exclude(lease_owner="").exists()

    def everybody_dies(self) -> None:
        for worker in self.workers:
            worker.leave()
        Job.objects.exclude(lease_owner="").update(lease_expires_at=timezone.now() - PATIENCE)
        sweep()

    @initialize(statuses=st.lists(st.sampled_from([*Job.Status.values]), min_size=JOBS, max_size=JOBS))
    def begin(self, statuses: list[str]) -> None:
        """Jobs that have come to different points of their lives."""
        for status in statuses:
            self.submit()
            if status == "pending":
                continue
            self.claim(-1, 0, draws=False)
            self.keep(-1)
            if status == "cancelled":
                self.cancel(-1)
            elif status != "running":
                self.end(-1, "complete" if status == "completed" else "fail")
        self.retried.clear()

    # What people do

    @precondition(lambda self: len(self.jobs) < JOBS)
    @rule()
    def submit(self) -> None:
        source = StoredSource(uuid4(), "a.mp4", "video", "none", 1, 1, 1, 1.0, 1.0, 9)
        self.jobs.append(services.submit_job(source=source, definition=definition("look")).pk)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        services.cancel_job(job_id=self.job(which), caller=SERVER)

    @rule(which=WHICH)
    def retry(self, which: int) -> None:
        if services.retry_job(job_id=self.job(which), caller=SERVER):
            self.retried.add(self.job(which))

    @precondition(lambda self: len(self.jobs) == JOBS)
    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        job = self.job(which)
        self.jobs.remove(job)
        services.delete_job(job_id=job, caller=SERVER)
        assert not Job.objects.filter(pk=job).exists()

    @rule(which=WHICH)
    def ask_for_the_video(self, which: int) -> None:
        before = Job.objects.get(pk=self.job(which))
        asked = services.request_annotated(job_id=before.pk, caller=SERVER)
        if before.is_finished and before.chunks_done:
            assert asked or before.annotated_status in ("pending", "running", "ready")

    # What workers do

    @rule(which=WHICH, number=WORKER, draws=st.booleans())
    def claim(self, which: int, number: int, draws: bool) -> None:
        worker, job_id = self.workers[number], self.job(which)
        owner = worker.new_owner()
        found = (leases.claim_annotation if draws else leases.claim_job)(job_id, owner)
        if found:
            claim = Claim(job_id, owner, found.attempt, draws=draws)
            worker._claims.add(claim)
            self.attempts.append((worker, claim))

    @precondition(lambda self: self.attempts)
    @rule(which=WHICH)
    def keep(self, which: int) -> None:
        _, claim = self.attempt(which)
        job = Job.objects.filter(pk=claim.job_id).first()
        number = job.chunks_done + 1 if job else 1
        try:
            leases.checkpoint(claim, Chunk(number, number, number, 1, f"{number}"), next_frame=number + 1)
        except LeaseLost:
            return
        assert not claim.draws

    @precondition(lambda self: self.attempts)
    @rule(which=WHICH, ends=st.sampled_from(ENDS))
    def end(self, which: int, ends: str) -> None:
        """The attempt ends, however late, and whether it still has its job or not."""
        worker, claim = self.attempt(which)
        if ends == "give_back":
            job_run.give_back(claim)
        elif claim.draws:
            leases.finish_drawing(claim) if ends == "complete" else leases.fail_drawing(claim, "It broke")
        elif ends == "error":
            job_run.end_attempt(claim, 1, RuntimeError("It broke"))
        elif ends == "complete":
            leases.complete(claim)
        else:
            code = NO_FRAME_WORKED if ends == "no_frame" else "internal_error"
            leases.fail(claim, code, "It broke")
        worker._claims.discard(claim)

    def job(self, which: int) -> UUID:
        return self.jobs[which % len(self.jobs)]

    def attempt(self, which: int) -> tuple[WorkerProcess, Claim]:
        """One of the newest: -1 is the newest of all."""
        return self.attempts[max(which % -4, -len(self.attempts))]

    @rule(number=WORKER)
    def stop(self, number: int) -> None:
        give_back_all(self.workers[number])
        self.workers[number].leave()
        self.workers[number] = self.new_worker(number)

    @rule(number=WORKER)
    def kill(self, number: int) -> None:
        """Its lock is free, its file still there, and nothing was given back."""
        presence = self.workers[number]._liveness
        assert presence
        presence._file.close()
        self.workers[number] = self.new_worker(number)

    @rule()
    def the_machine_sleeps(self) -> None:
        Job.objects.exclude(lease_owner="").update(lease_expires_at=timezone.now() - PATIENCE)

    @rule()
    def sweep(self) -> None:
        sweep()

    @precondition(lambda self: self.attempts)
    @rule(which=WHICH)
    def renew(self, which: int) -> None:
        leases.renew(self.attempt(which)[1])

    # Both together, because chance alone rarely comes so far

    @rule(which=WHICH, number=WORKER, draws=st.booleans(), how=st.sampled_from(INTERRUPTIONS))
    def interrupt(self, which: int, number: int, draws: bool, how: str) -> None:
        """A worker has just begun, and then something comes in between."""
        if draws:
            self.ask_for_the_video(which)
        self.states_change_by_the_table()
        before = len(self.attempts)
        self.claim(which, number, draws)
        self.states_change_by_the_table()
        if len(self.attempts) == before:
            return
        if how in ("stop", "kill"):
            getattr(self, how)(number)
        elif how == "sleep":
            self.the_machine_sleeps()
        elif how in ("cancel", "retry", "ask_for_the_video"):
            getattr(self, how)(which)
        else:
            self.end(-1, how)
        self.states_change_by_the_table()
        self.sweep()

    # What must hold

    @invariant()
    def states_change_by_the_table(self) -> None:
        now = {job.pk: (job.status, job.annotated_status) for job in Job.objects.all()}
        for job, (status, drawn) in now.items():
            before_status, before_drawn = self.states.get(job, (status, drawn))
            asked_again = job in self.retried
            if status != before_status:
                assert (before_status, status) in (STATUS | ASKED_AGAIN if asked_again else STATUS)
            if drawn != before_drawn:
                assert (before_drawn, drawn) in DRAWN or (asked_again and drawn == "none")
        self.states = now
        self.retried.clear()

    @invariant()
    def nobody_shares(self) -> None:
        held = [claim.job_id for _, claim in self.attempts if leases.is_held(claim)]
        assert len(held) == len(set(held))
        owned = set(Job.objects.exclude(lease_owner="").values_list("pk", flat=True))
        assert set(held) == owned

    @invariant()
    def who_works_has_work(self) -> None:
        for job in Job.objects.all():
            works, draws = job.status == "running", job.annotated_status == "running"
            assert bool(job.lease_owner) == (works or draws)
            assert not (works and draws)
            assert job.annotated_status == "none" or job.is_finished


def test_whatever_happens(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Exception) -> None:
        raise error

    monkeypatch.setattr("jobs.worker.worker.note_trouble", fail)
    # Nothing here has to survive a loss of power.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    profile = settings(
        max_examples=20,
        stateful_step_count=30,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(JobLife, settings=profile)


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed"])
def test_a_worker_that_stops_gives_a_video_back_as_a_video(workshop: Workshop, status: str) -> None:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(status=status)
    assert services.request_annotated(job_id=job.pk, caller=SERVER)
    worker = WorkerProcess("host-1")
    assert leases.claim_annotation(job.pk, "host-1/1")
    with worker.holding(Claim(job.pk, "host-1/1", draws=True)):
        give_back_all(worker)

    after = Job.objects.get(pk=job.pk)
    assert (after.status, after.annotated_status, after.lease_owner) == (status, "pending", "")
    assert DBTaskResult.objects.get(pk=after.delivery_id).task_path == "jobs.tasks.annotate_job"


def test_rows_of_before_are_mended(workshop: Workshop) -> None:
    """An older server could leave states from which nothing led on; the constraints forbid them now."""
    stuck, revived, owned = (workshop.work(workshop.submit()) for _ in range(3))
    MigrationExecutor(connection).migrate([("jobs", "0002_limits")])
    try:
        rows = Job.objects.order_by()
        rows.filter(pk=stuck.pk).update(annotated_status="running")
        rows.filter(pk=revived.pk).update(status="pending", annotated_status="running")
        rows.filter(pk=owned.pk).update(lease_owner="gone/1")
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("jobs"))

    assert [
        (job.status, job.annotated_status, job.lease_owner)
        for job in (Job.objects.get(pk=before.pk) for before in (stuck, revived, owned))
    ] == [("completed", "pending", ""), ("pending", "none", ""), ("completed", "none", "")]
