import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from loadtest.soak import job_tasks
from loadtest.soak.job_tasks import (
    SoakEnded,
    cancels,
    deletes_what_it_downloads,
    has_a_picture_run,
    has_a_video_done,
    kills_a_worker,
    leaves_a_download,
    looks_around,
)
from loadtest.soak.target import Busy, Target, Unexpected
from tests.loadtest.soak.scripted import JOB, Answers, scripted, target_at

Act = Callable[[Target], None]
STATE = f"GET /jobs/{JOB}"
DELETE = f"DELETE /jobs/{JOB}"
CANCEL = f"POST /jobs/{JOB}/cancel"
WORKER = [sys.executable, "-c", "input()", "run_worker"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_tasks, "ENDS_WITHIN_S", 0.1)
    monkeypatch.setattr(job_tasks, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(job_tasks, "WORKER_KILL_EVERY_S", 0)
    monkeypatch.setattr(job_tasks, "CANCEL_HOLDS_S", 0.01)
    monkeypatch.setattr(job_tasks, "CANCEL_AFTER_S", 0.01)


def test_a_video_is_done_and_deleted() -> None:
    waits = [(200, {"status": "pending"}), (200, {"status": "completed", "frames_done": 2})]
    with scripted({STATE: waits}) as (target, server):
        has_a_video_done(target)
        assert server.asked[-1] == DELETE
        assert server.asked.count(f"GET /video/results/{JOB}") == 5


@pytest.mark.parametrize(
    ("act", "answers", "words"),
    [
        (has_a_video_done, {f"GET /video/results/{JOB}": (200, "{}\n")}, "1 lines of results for 2 frames"),
        (has_a_video_done, {STATE: (200, {"status": "failed", "error_message": "no"})}, "a job failed: no"),
        (has_a_video_done, {DELETE: (500, "")}, "delete: 500"),
        (deletes_what_it_downloads, {f"GET /jobs/{JOB}/video": (404, "")}, "could not be downloaded"),
        (deletes_what_it_downloads, {}, "did not end"),
        (cancels, {CANCEL: (500, "broken")}, "cancel: 500"),
        (cancels, {STATE: (200, {"status": "completed"})}, "was cancelled is completed"),
    ],
)
def test_what_a_server_must_not_do(act: Act, answers: Answers, words: str) -> None:
    with scripted(answers) as (target, _), pytest.raises(Unexpected, match=words):
        act(target)


def test_a_download_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_tasks, "ENDS_WITHIN_S", 5)
    with scripted() as (target, server):
        server.over.set()
        deletes_what_it_downloads(target)


def test_a_job_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_tasks, "DONE_WITHIN_S", 0)
    with (
        scripted({STATE: (200, {"status": "pending"})}) as (target, _),
        pytest.raises(Unexpected, match="pending after 0 s"),
    ):
        has_a_video_done(target)


def test_nobody_waits_when_the_soak_is_over() -> None:
    with scripted({STATE: (200, {"status": "pending"})}) as (target, server):
        target.stopping.set()
        with pytest.raises(SoakEnded):
            has_a_video_done(target)
        assert server.asked[-1] == DELETE


def test_a_full_queue_is_no_fault() -> None:
    with scripted({"POST /video/submit": (429, "full")}) as (target, _), pytest.raises(Busy):
        has_a_video_done(target)


@pytest.mark.parametrize("answer", [(200, {}), (409, {})])
def test_cancelled_or_done_before(answer: tuple[int, object]) -> None:
    status = "cancelled" if answer[0] == 200 else "completed"
    with scripted({CANCEL: answer, STATE: (200, {"status": status})}) as (target, server):
        cancels(target)
        assert "GET /v1/realtime" in server.asked


def test_who_looks_around_and_leaves() -> None:
    pages: Answers = {f"GET {page}": (200, "page") for page in job_tasks.PAGES}
    with scripted({**pages, "POST /pipelines/quick/run": (200, {})}) as (target, server):
        looks_around(target)
        has_a_picture_run(target)
        leaves_a_download(target)
        assert "POST /pipelines/quick/run" in server.asked


def test_only_workers_of_our_own_server_are_killed() -> None:
    with subprocess.Popen(WORKER, stdin=subprocess.PIPE) as worker:
        kills_a_worker(target_at("http://127.0.0.1:1", pid=os.getpid()))
        kills_a_worker(target_at("http://127.0.0.1:1", kills=True))
        assert worker.poll() is None
        kills_a_worker(target_at("http://127.0.0.1:1", pid=os.getpid(), kills=True))
        assert worker.wait(10) == -9
