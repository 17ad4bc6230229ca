"""Limits on what may wait and be kept, and the answers beyond them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from accounts.callers import SERVER
from forgesyte.api.limits import LimitReached
from forgesyte.units import MEGABYTE
from jobs import services, storage
from jobs.conf import JobSettings
from jobs.intake.quotas import Submitter, check_room, kept_bytes
from jobs.models import Job
from jobs.services import submit_job
from jobs.worker.annotation import annotate
from pipelines.models import Pipeline
from tests.jobs.postgres import running_postgres
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, stored
from tests.streaming.live import ROOT, environment

NEAR, FAR = "10.0.0.7", "10.0.0.8"


def limit(settings: Any, **values: Any) -> None:
    settings.JOBS = replace(settings.JOBS, **values)


def submit(workshop: Workshop, **whose: Any) -> Job:
    return submit_job(source=stored(workshop.clip()), definition=definition("look"), **whose)


def test_settings_are_read() -> None:
    read = JobSettings.from_env(
        {"JOBS_MAX_PENDING": "7", "JOBS_MAX_PENDING_PER_OWNER": "0", "JOBS_MAX_KEPT_MB": "1.5"}
    )
    assert (read.max_pending, read.max_pending_per_owner, read.max_kept_bytes) == (7, None, 1.5 * MEGABYTE)
    assert JobSettings.from_env({"JOBS_MAX_KEPT_MB": "0"}).max_kept_bytes is None


class TestPending:
    def test_in_all(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_pending=2)
        first, _ = submit(workshop), submit(workshop, submitted_from=FAR)
        with pytest.raises(LimitReached, match=r"2 jobs wait .*JOBS_MAX_PENDING\)") as refused:
            submit(workshop)
        assert (refused.value.code, refused.value.retry_after_s) == ("too_many_pending_jobs", 30)
        workshop.work(first)
        submit(workshop)

    def test_from_one_address(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_pending_per_owner=1)
        submit(workshop, submitted_from=NEAR)
        with pytest.raises(LimitReached, match="JOBS_MAX_PENDING_PER_OWNER"):
            submit(workshop, submitted_from=NEAR)
        submit(workshop, submitted_from=FAR)

    def test_of_one_user_wherever_they_are(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_pending_per_owner=1)
        ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
        submit(workshop, owner=ann, submitted_from=NEAR)
        with pytest.raises(LimitReached, match="JOBS_MAX_PENDING_PER_OWNER"):
            submit(workshop, owner=ann, submitted_from=FAR)
        submit(workshop, owner=bob, submitted_from=NEAR)
        submit(workshop, submitted_from=NEAR)

    def test_this_machine_itself_is_nobody_in_particular(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_pending_per_owner=1)
        submit(workshop)
        submit(workshop)

    def test_one_that_is_tried_again_waits_too(self, workshop: Workshop, settings: Any) -> None:
        job = submit(workshop, submitted_from=NEAR)
        services.cancel_job(job_id=job.pk, caller=SERVER)
        limit(settings, max_pending_per_owner=1)
        other = submit(workshop, submitted_from=NEAR)
        with pytest.raises(LimitReached):
            services.retry_job(job_id=job.pk, caller=SERVER)
        assert Job.objects.get(pk=job.pk).status == "cancelled"
        services.cancel_job(job_id=other.pk, caller=SERVER)
        assert services.retry_job(job_id=job.pk, caller=SERVER)

    def test_two_at_once_never_take_the_last_place(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_pending=3)
        sources = [stored(workshop.clip()) for _ in range(8)]
        start, refused = threading.Barrier(len(sources)), []

        def one(source: Any) -> None:
            start.wait(20)
            try:
                submit_job(source=source, definition=definition("look"))
            except LimitReached as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=[source]) for source in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert (Job.objects.count(), len(refused)) == (3, 5)


class TestKept:
    def test_files_results_and_annotated_videos_count(self, workshop: Workshop) -> None:
        job = workshop.work(workshop.submit())
        services.request_annotated(job_id=job.pk, caller=SERVER)
        annotate(job.pk)
        job = Job.objects.get(pk=job.pk)
        results = [path.stat().st_size for path in storage.result_dir(job.pk).glob("*.jsonl")]
        annotated = storage.annotated_path(job.pk).stat().st_size
        assert len(results) > 1
        assert (job.result_bytes, job.annotated_bytes) == (sum(results), annotated)
        assert kept_bytes() == job.source_bytes + sum(results) + annotated
        services.delete_job(job_id=job.pk, caller=SERVER)
        assert kept_bytes() == 0

    def test_no_more_than_the_limit(self, workshop: Workshop, settings: Any) -> None:
        job = submit(workshop)
        limit(settings, max_kept_bytes=job.source_bytes + 10)
        check_room(Submitter(), 10)
        with pytest.raises(LimitReached, match="JOBS_MAX_KEPT_MB") as refused:
            check_room(Submitter(), 11)
        assert refused.value.code == "storage_limit"
        with pytest.raises(LimitReached, match="JOBS_MAX_KEPT_MB"):
            submit(workshop)

    def test_no_limit(self, workshop: Workshop, settings: Any) -> None:
        limit(settings, max_kept_bytes=None, max_pending=None, max_pending_per_owner=None)
        check_room(Submitter(address=NEAR), 10**18)


class TestHttp:
    @pytest.fixture
    def upload(self, workshop: Workshop) -> Iterator[dict[str, Any]]:
        row = Pipeline()
        row.take(definition("look", "eye"))
        row.save()
        with workshop.clip().open("rb") as file:
            yield {"pipeline_id": "eye", "file": file}

    @pytest.mark.parametrize(
        ("limits", "code", "names", "retry_after"),
        [
            ({"max_pending": 1}, "too_many_pending_jobs", "JOBS_MAX_PENDING)", "30"),
            ({"max_pending_per_owner": 1}, "too_many_pending_jobs", "JOBS_MAX_PENDING_PER_OWNER)", "30"),
            ({"max_kept_bytes": 1}, "storage_limit", "JOBS_MAX_KEPT_MB)", "600"),
        ],
    )
    def test_a_refusal_says_which_limit_and_when_to_come_again(
        self,
        client: Client,
        workshop: Workshop,
        settings: Any,
        upload: dict[str, Any],
        limits: dict[str, int],
        code: str,
        names: str,
        retry_after: str,
    ) -> None:
        submit(workshop, submitted_from=NEAR)
        before = sorted(folders(workshop))
        limit(settings, **limits)
        answer = client.post("/video/submit", upload, REMOTE_ADDR=NEAR)
        assert (answer.status_code, answer["Retry-After"]) == (429, retry_after)
        assert answer.json()["error"] == code
        assert names in answer.json()["detail"]
        assert sorted(folders(workshop)) == before, "a refused file leaves nothing behind"

    def test_a_job_knows_where_it_comes_from(self, client: Client, upload: dict[str, Any]) -> None:
        answer = client.post("/video/submit", upload, REMOTE_ADDR="2001:db8:1:2:3::4")
        assert Job.objects.get(pk=answer.json()["job_id"]).submitted_from == "2001:db8:1:2::/64"

    def test_a_retry_is_refused_alike(self, client: Client, workshop: Workshop, settings: Any) -> None:
        job = submit(workshop)
        services.cancel_job(job_id=job.pk, caller=SERVER)
        submit(workshop)
        limit(settings, max_pending=1)
        answer = client.post(f"/jobs/{job.pk}/retry")
        assert (answer.status_code, answer.json()["error"]) == (429, "too_many_pending_jobs")

    def test_the_admin_says_it_too(self, admin_client: Client, workshop: Workshop, settings: Any) -> None:
        job = submit(workshop)
        services.cancel_job(job_id=job.pk, caller=SERVER)
        submit(workshop)
        limit(settings, max_pending=1)
        choice = {"action": "retry", "_selected_action": [str(job.pk)]}
        answer = admin_client.post("/admin/jobs/job/", choice, follow=True)
        assert "JOBS_MAX_PENDING" in answer.content.decode()


def folders(workshop: Workshop) -> list[Path]:
    uploads = storage.data_dir() / storage.UPLOADS
    return list(uploads.iterdir())


RACE = """
import sys, threading, django
django.setup()
from pathlib import Path
from django.core.management import call_command
from django.db import connection
from forgesyte.api.limits import LimitReached
from jobs.services import submit_job
from pipelines.runtime import override_engine
from tests.jobs.toolbox import definition
from tests.jobs.workshop import bench_engine, stored
from tests.pipelines.clips import write_clip

call_command("migrate", verbosity=0)
folder = Path(sys.argv[1])
clip = write_clip(folder / "clip.mp4")
sources, start, taken = [stored(clip) for _ in range(10)], threading.Barrier(10), []

def one(source):
    connection.ensure_connection()
    start.wait(30)
    try:
        taken.append(submit_job(source=source, definition=definition("look")))
    except LimitReached:
        pass
    finally:
        connection.close()

with override_engine(bench_engine(folder)) as engine:
    threads = [threading.Thread(target=one, args=[source]) for source in sources]
    for thread in threads: thread.start()
    for thread in threads: thread.join(60)
    engine.close()
print("taken", len(taken))
"""


def test_two_at_once_never_take_the_last_place_on_postgresql(tmp_path: Path) -> None:
    with running_postgres() as url:
        settings = {"DATABASE_URL": url, "JOBS_MAX_PENDING": "3"}
        ran = subprocess.run(
            [sys.executable, "-c", RACE, str(tmp_path)],
            cwd=ROOT,
            env=environment(tmp_path, **settings),
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert ran.stdout.split("\n")[-2:] == ["taken 3", ""], ran.stderr
