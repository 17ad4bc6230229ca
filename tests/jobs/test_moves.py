"""All that can happen to a job, in any order and by any number of workers: no state comes that must not."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jobs import leases, services, work
from jobs.leases import Chunk, Claim, LeaseLost
from jobs.models import FINISHED, Job
from jobs.process import WorkerProcess
from jobs.sources import StoredSource
from jobs.sweeper import sweep
from jobs.worker import give_back_all
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop

PATIENCE = timedelta(hours=1)
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

    jobs: Bundle[Any] = Bundle("jobs")
    attempts: Bundle[Any] = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.workers = [self.new_worker(number) for number in range(3)]
        self.states: dict[Any, tuple[str, str]] = {}
        self.claims: list[Claim] = []
        self.retried: set[Any] = set()
        self.born = 0

    def new_worker(self, number: int) -> WorkerProcess:
        worker = WorkerProcess(f"host{number}-{uuid4().hex}")
        worker.appear()
        return worker

    def teardown(self) -> None:
        """Whatever has happened, all that waits comes to an end once workers have time."""
        self.everybody_dies()
        for job in Job.objects.filter(status="pending"):
            assert leases.claim_job(job.pk, "last/1")
            assert leases.complete(Claim(job.pk, "last/1"))
        for job in Job.objects.filter(status__in=FINISHED, chunks_done__gt=0).exclude(
            annotated_status="ready"
        ):
            assert job.annotated_status == "pending" or services.request_annotated(job_id=job.pk)
            assert leases.claim_annotation(job.pk, "last/2")
            assert leases.finish_drawing(Claim(job.pk, "last/2", draws=True))
        assert not Job.objects.exclude(lease_owner="").exists()
        for worker in self.workers:
            worker.leave()
        Job.objects.all().delete()

    def everybody_dies(self) -> None:
        Job.objects.exclude(lease_owner="").update(lease_expires_at=timezone.now() - PATIENCE)
        for worker in self.workers:
            worker.leave()
        sweep()

    # What people do

    @rule(target=jobs)
    def submit(self) -> Any:
        source = StoredSource(uuid4(), "a.mp4", "video", "none", 1, 1, 1, 1.0, 1.0, 9)
        return services.submit_job(source=source, definition=definition("look")).pk

    @rule(job=jobs)
    def cancel(self, job: Any) -> None:
        services.cancel_job(job_id=job)

    @rule(job=jobs)
    def retry(self, job: Any) -> None:
        if services.retry_job(job_id=job):
            self.retried.add(job)

    @rule(job=consumes(jobs))
    def delete(self, job: Any) -> None:
        services.delete_job(job_id=job)
        assert not Job.objects.filter(pk=job).exists()

    @rule(job=jobs)
    def ask_for_the_video(self, job: Any) -> None:
        before = Job.objects.filter(pk=job).first()
        asked = services.request_annotated(job_id=job)
        if before and before.is_finished and before.chunks_done:
            assert asked or before.annotated_status in ("pending", "running", "ready")

    # What workers do

    @rule(target=attempts, job=jobs, number=st.integers(0, 2), draws=st.booleans())
    def claim(self, job: Any, number: int, draws: bool) -> Any:
        worker = self.workers[number]
        owner = worker.new_owner()
        found = (leases.claim_annotation if draws else leases.claim_job)(job, owner)
        claim = Claim(job, owner, found.attempt if found else 0, draws=draws)
        if found:
            worker._claims.add(claim)
            self.claims.append(claim)
        return worker, claim

    @rule(attempt=attempts)
    def keep(self, attempt: Any) -> None:
        _, claim = attempt
        job = Job.objects.filter(pk=claim.job_id).first()
        number = job.chunks_done + 1 if job else 1
        try:
            leases.checkpoint(claim, Chunk(number, number, number, 1, f"{number}"), next_frame=number + 1)
        except LeaseLost:
            return
        assert not claim.draws

    @rule(attempt=attempts, ends=st.sampled_from(["complete", "fail", "no_frame", "give_back", "error"]))
    def end(self, attempt: Any, ends: str) -> None:
        """The attempt ends, however late, and whether it still has its job or not."""
        worker, claim = attempt
        if ends == "give_back":
            work.give_back(claim)
        elif claim.draws:
            leases.finish_drawing(claim) if ends == "complete" else leases.fail_drawing(claim, "It broke")
        elif ends == "error":
            work.end_attempt(claim, 1, RuntimeError("It broke"))
        elif ends == "complete":
            leases.complete(claim)
        else:
            leases.fail(
                claim, services.NO_FRAME_WORKED if ends == "no_frame" else "internal_error", "It broke"
            )
        worker._claims.discard(claim)

    @rule(number=st.integers(0, 2))
    def stop(self, number: int) -> None:
        give_back_all(self.workers[number])
        self.workers[number].leave()
        self.workers[number] = self.new_worker(number)

    @rule(number=st.integers(0, 2))
    def kill(self, number: int) -> None:
        """Its lock is free, its file still there, and nothing was given back."""
        presence = self.workers[number]._presence
        assert presence
        presence._file.close()
        self.workers[number] = self.new_worker(number)

    @rule()
    def the_machine_sleeps(self) -> None:
        Job.objects.exclude(lease_owner="").update(lease_expires_at=timezone.now() - PATIENCE)

    @rule()
    def sweep(self) -> None:
        sweep()

    @rule(attempt=attempts)
    def renew(self, attempt: Any) -> None:
        leases.renew(attempt[1])

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
        held = [claim.job_id for claim in self.claims if leases.is_held(claim)]
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


def test_whatever_happens(workshop: Workshop) -> None:
    # Nothing here has to survive a loss of power.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    profile = settings(
        max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(JobLife, settings=profile)


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed"])
def test_a_worker_that_stops_gives_a_video_back_as_a_video(workshop: Workshop, status: str) -> None:
    job = workshop.work(workshop.submit())
    Job.objects.filter(pk=job.pk).update(status=status)
    assert services.request_annotated(job_id=job.pk)
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
