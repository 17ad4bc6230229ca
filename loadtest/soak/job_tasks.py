"""Clients that have jobs done, take results away, stop and delete, and one who ends workers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from loadtest.soak.resources import workers_of
from loadtest.soak.target import Target, Unexpected, ends_within, read_head, reset

DONE_WITHIN_S = 900.0
LOOK_EVERY_S = 0.5
ENDS_WITHIN_S = 30.0
CANCEL_AFTER_S = 2.0
CANCEL_HOLDS_S = 2.0
FORMATS = ("json", "jsonl", "csv", "coco")
PAGES = ("/", "/videos/", "/jobs", "/pipelines/list", "/plugins", "/health", "/metrics", "/openapi.json")
WORKER_KILL_EVERY_S = 300.0


class SoakEnded(Exception):
    """The soak ended while a job was waited for."""


def has_a_video_done(target: Target) -> None:
    """Upload a video, wait until it is done, take its results away in every format."""
    with a_job(target) as job_id:
        job = until(target, job_id, lambda job: job["status"] == "completed")
        lines = target.expect(200, "GET", f"/video/results/{job_id}?format=jsonl").body.splitlines()
        if len(lines) != job["frames_done"]:
            raise Unexpected(f"{len(lines)} lines of results for {job['frames_done']} frames")
        for name in FORMATS:
            target.expect(200, "GET", f"/video/results/{job_id}?format={name}")


def deletes_what_it_downloads(target: Target) -> None:
    """Delete a job while its file is sent, more of it than buffers hold: the answer must end."""
    with a_job(target, target.large_film) as job_id, target.connect() as opened:
        headers = dict(target.headers) | {"Connection": "close"}
        opened.sendall(target.request_head("GET", f"/jobs/{job_id}/video", headers))
        if b" 200 " not in read_head(opened).split(b"\r\n", 1)[0]:
            raise Unexpected("a file could not be downloaded")
        target.expect(204, "DELETE", f"/jobs/{job_id}")
        if not ends_within(opened, ENDS_WITHIN_S):
            raise Unexpected("the download of a deleted job did not end")


def leaves_a_download(target: Target) -> None:
    """Begin to download a file, and be gone by a reset."""
    with a_job(target, target.large_film) as job_id:
        opened = target.connect()
        try:
            opened.sendall(target.request_head("GET", f"/jobs/{job_id}/video", dict(target.headers)))
            read_head(opened)
        finally:
            reset(opened)


def cancels(target: Target) -> None:
    """Cancel a job that waits or runs while its news are watched: it must stay cancelled."""
    with a_job(target) as job_id, target.open_socket(f"/v1/realtime?job_id={job_id}") as watching:
        target.wait(target.chance.uniform(0, CANCEL_AFTER_S))
        answer = target.ask("POST", f"/jobs/{job_id}/cancel")
        # 409: it was done before.
        if answer.status not in (200, 409):
            raise Unexpected(f"cancel: {answer.status} {answer.body[:200]!r}")
        target.wait(CANCEL_HOLDS_S)
        status = target.expect(200, "GET", f"/jobs/{job_id}").json()["status"]
        if answer.status == 200 and status != "cancelled":
            raise Unexpected(f"a job that was cancelled is {status}")
        reset(watching)


def has_a_picture_run(target: Target) -> None:
    """Send one picture through the pipeline."""
    path = f"/pipelines/{target.pipeline_id}/run"
    target.expect(200, "POST", path, *target.form(target.chance.choice(target.frames), "picture.jpg"))


def looks_around(target: Target) -> None:
    """Open every page and list."""
    for path in PAGES:
        target.expect(200, "GET", path)


def kills_a_worker(target: Target) -> None:
    """Kill one of the server's own workers outright, and give its successor time."""
    workers = workers_of(target.pid) if target.pid and target.kills else []
    if workers:
        with suppress(psutil.Error):
            target.chance.choice(workers).kill()
    target.wait(WORKER_KILL_EVERY_S)


@contextmanager
def a_job(target: Target, film: bytes = b"") -> Iterator[str]:
    """A job for the body, deleted afterwards."""
    body, content_type = target.form(film or target.film, pipeline_id=target.pipeline_id)
    job_id: str = target.expect(202, "POST", "/video/submit", body, content_type).json()["job_id"]
    try:
        yield job_id
    finally:
        answer = target.ask("DELETE", f"/jobs/{job_id}")
    if answer.status not in (204, 404):
        raise Unexpected(f"delete: {answer.status} {answer.body[:200]!r}")


def until(target: Target, job_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The job once this holds; raises Unexpected where it fails or takes too long, SoakEnded at the end."""
    deadline = time.monotonic() + DONE_WITHIN_S
    while True:
        job: dict[str, Any] = target.expect(200, "GET", f"/jobs/{job_id}").json()
        if holds(job):
            return job
        if job["status"] in ("failed", "cancelled"):
            raise Unexpected(f"a job {job['status']}: {job.get('error_message', '')}")
        if time.monotonic() > deadline:
            raise Unexpected(f"a job is {job['status']} after {DONE_WITHIN_S:g} s")
        target.wait(LOOK_EVERY_S)
        if target.stopping.is_set():
            raise SoakEnded
