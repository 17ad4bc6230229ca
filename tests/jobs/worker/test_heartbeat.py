"""The heartbeat holds the lease, and hears of its loss."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.callers import SERVER
from jobs.models import Job
from jobs.services import cancel_job
from jobs.worker import heartbeat, leases
from jobs.worker.heartbeat import EXIT_CODE, Heartbeat, WorkerStopping
from jobs.worker.leases import Claim, LeaseLost
from tests.jobs.workshop import Workshop

PATIENCE_S = 60.0


@pytest.fixture
def claim(workshop: Workshop, settings: Any) -> Claim:
    """A job that is held by a short lease."""
    settings.JOBS = replace(settings.JOBS, lease_s=0.6)
    job = leases.claim_job(workshop.submit().pk, "me")
    assert job
    return Claim(job.pk, "me", job.attempt)


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a heartbeat notices that its job is lost."""
    happened = threading.Event()

    class Noticed(threading.Event):
        def set(self) -> None:
            super().set()
            happened.set()

    init = Heartbeat.__init__

    def noticing(self: Heartbeat, *arguments: Any, **more: Any) -> None:
        init(self, *arguments, **more)
        self._lost = Noticed()

    monkeypatch.setattr(Heartbeat, "__init__", noticing)
    return happened


def test_the_lease_is_renewed_for_as_long_as_it_beats(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    renewals = 0
    enough = threading.Event()
    renew = leases.renew

    def counting(claim: Claim) -> bool:
        nonlocal renewals
        renewals += 1
        if renewals == 4:
            enough.set()
        return renew(claim)

    monkeypatch.setattr(leases, "renew", counting)
    with Heartbeat(claim, threading.Event()) as beating:
        assert enough.wait(PATIENCE_S)
        beating.check()
        job = Job.objects.get(pk=claim.job_id)
        assert job.lease_expires_at
        assert job.lease_expires_at > timezone.now()


def test_a_cancelled_job_is_noticed(claim: Claim, lost: threading.Event) -> None:
    with Heartbeat(claim, threading.Event()) as beating:
        beating.check()
        cancel_job(job_id=claim.job_id, caller=SERVER)
        assert lost.wait(PATIENCE_S)
        with pytest.raises(LeaseLost):
            beating.check()
        with pytest.raises(LeaseLost):
            beating.wait(0.0)


def test_a_worker_that_is_to_stop_is_told_at_once(claim: Claim) -> None:
    stopping = threading.Event()
    with Heartbeat(claim, stopping) as beating:
        stopping.set()
        with pytest.raises(WorkerStopping):
            beating.check()
        with pytest.raises(WorkerStopping):
            beating.wait(PATIENCE_S)


def test_a_database_that_is_away_for_long_takes_the_lease(
    claim: Claim, lost: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def away(claim: Claim) -> bool:
        nonlocal asked
        asked += 1
        raise OperationalError("the database is away")

    monkeypatch.setattr(leases, "renew", away)
    monkeypatch.setattr(leases, "is_held", away)
    with Heartbeat(claim, threading.Event()):
        assert lost.wait(PATIENCE_S)
    assert asked > 1, "not at the first time"


def test_a_frame_that_hangs_ends_the_process(
    claim: Claim, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.JOBS = replace(settings.JOBS, frame_timeout_s=0.2)
    ended = threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    with Heartbeat(claim, threading.Event(), end) as beating:
        beating.begin_frame(3)
        beating.end_frame()
        beating.begin_frame(4)
        assert ended.wait(PATIENCE_S)
    assert codes[0] == EXIT_CODE
    [record, *_] = [record for record in caplog.records if record.message == "job_frame_hangs"]
    assert getattr(record, "fields")["frame_index"] == 4  # noqa: B009


def test_a_frame_that_hangs_ends_the_process_also_after_its_job_was_cancelled(
    claim: Claim, lost: threading.Event, settings: Any
) -> None:
    settings.JOBS = replace(settings.JOBS, frame_timeout_s=0.0)
    ended = threading.Event()
    with Heartbeat(claim, threading.Event(), lambda code: ended.set()) as beating:
        beating.begin_frame(3)
        cancel_job(job_id=claim.job_id, caller=SERVER)
        assert lost.wait(PATIENCE_S)
        settings.JOBS = replace(settings.JOBS, frame_timeout_s=0.1)
        assert ended.wait(PATIENCE_S)


def test_frames_may_take_for_ever_where_so_set(claim: Claim, settings: Any) -> None:
    settings.JOBS = replace(settings.JOBS, frame_timeout_s=0.0)
    beating = Heartbeat(claim, threading.Event(), lambda code: pytest.fail(f"ended with {code}"))
    beating.begin_frame(1)
    beating._frame = (1, -heartbeat.LOOK_EVERY_S * 1e6)
    beating._watch_frame()
