"""Measures what a job costs beside the bare work: a plain loop and a job over the same file, in turns."""

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
from django.conf import settings
from django.db import transaction

from accounts.callers import SERVER
from jobs import storage
from jobs.intake.probe import Limits, examine
from jobs.models import Job
from jobs.services import delete_job, submit_job
from jobs.sources import StoredSource
from jobs.worker import leases
from jobs.worker.job_run import work_on
from jobs.worker.leases import Claim
from jobs.worker.worker_process import this_process
from pipelines.errors import PipelineError
from pipelines.graph.definition import PipelineDefinition
from pipelines.services import open_for_file


@dataclass(frozen=True)
class Turn:
    """One way over the file."""

    frames: int
    seconds: float

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0


def measure(
    path: Path, definition: PipelineDefinition, rounds: int, at_most: int | None = None
) -> Iterator[tuple[Turn, Turn]]:
    """So many rounds of the plain loop and the job, after one of each that does not count.

    Which of the two comes first changes from round to round. Raises PipelineError and UploadRefused.
    """
    data = definition.as_dict()
    as_job(path, data, at_most=20)
    plain_loop(path, data, at_most=20)
    for number in range(rounds):
        if number % 2:
            job, plain = as_job(path, data, at_most), plain_loop(path, data, at_most)
        else:
            plain, job = plain_loop(path, data, at_most), as_job(path, data, at_most)
        yield plain, job


def plain_loop(path: Path, definition: dict[str, Any], at_most: int | None = None) -> Turn:
    """Decode with PyAV and run the pipeline on each frame, and nothing else."""
    started = time.perf_counter()
    index = 0
    with closing(open_for_file(definition)) as pipeline, av.open(str(path)) as video:
        video.streams.video[0].thread_type = "AUTO"
        for index, frame in enumerate(video.decode(video=0), start=1):
            pipeline.run({"frame_index": index, "image": frame.to_ndarray(format="bgr24")})
            if index == at_most:
                break
    return Turn(index, time.perf_counter() - started)


def as_job(path: Path, definition: dict[str, Any], at_most: int | None = None) -> Turn:
    """The same as a job of this process, with database, results and checkpoints; it is deleted afterwards."""
    process = this_process()
    with transaction.atomic():
        job = submit_job(source=stored(path), definition=definition, max_frames=at_most)
        # Claimed before anybody else can see it: no worker beside is to take it away.
        claimed = leases.claim_job(job.pk, process.new_owner())
        assert claimed is not None
    claim = Claim(claimed.pk, claimed.lease_owner, claimed.attempt)
    try:
        started = time.perf_counter()
        with process.holding(claim):
            work_on(claimed, claim, process)
        seconds = time.perf_counter() - started
        done = Job.objects.get(pk=job.pk)
        if done.status != Job.Status.COMPLETED:
            raise PipelineError(f"The job is {done.status}: {done.error_message}")
        return Turn(done.frames_done, seconds)
    finally:
        delete_job(job_id=job.pk, caller=SERVER)


def stored(path: Path) -> StoredSource:
    """The file as a source of a job; raises UploadRefused."""
    jobs = settings.JOBS
    found = examine(path, Limits(jobs.max_duration_s, jobs.max_frames, jobs.max_pixels))
    job_id = uuid4()
    folder = storage.upload_dir(job_id)
    folder.mkdir(parents=True)
    target = folder / f"source.{found.suffix}"
    shutil.copy(path, target)
    return StoredSource(
        job_id=job_id,
        name=path.name,
        kind=found.kind,
        file=str(target.relative_to(storage.data_dir())),
        size_bytes=path.stat().st_size,
        width=found.width,
        height=found.height,
        fps=found.fps,
        duration_s=found.duration_s,
        frames=found.frames,
    )
