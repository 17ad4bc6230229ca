"""A data folder with a database of jobs in it, and a worker in this process."""

import shutil
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from jobs import storage
from jobs.models import Job
from jobs.selectors import read_lines
from jobs.services import submit_job
from jobs.sources import PICTURE, VIDEO, StoredSource
from jobs.worker import job_run
from pipelines.engine.networks import NetworkCache
from pipelines.engine.scheduling.overload_flag import OverloadFlag
from pipelines.engine.weights.store import WeightsStore
from pipelines.runtime import Runtime
from pipelines.tools.registry import PluginRegistry
from tests.jobs.toolbox import definition, plugin
from tests.pipelines.clips import FPS, write_clip


def bench_engine(folder: Path) -> Runtime:
    """An engine that knows the tools of the bench."""
    return Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(folder / "weights", folder / "cache"),
        registry=PluginRegistry([plugin]),
        device="cpu",
        overload=OverloadFlag(folder / "live_pressure"),
    )


def stored(path: Path, *, frames: int | None = 8, kind: str = "", size_wh: tuple[int, int] = (64, 48)) -> Any:
    """A copy of the file in its place below the data folder, as if it had been uploaded."""
    job_id = uuid.uuid4()
    folder = storage.upload_dir(job_id)
    folder.mkdir(parents=True)
    target = folder / f"source{path.suffix}"
    shutil.copy(path, target)
    kind = kind or (PICTURE if path.suffix in (".png", ".jpg") else VIDEO)
    return StoredSource(
        job_id=job_id,
        name=path.name,
        kind=kind,
        file=str(target.relative_to(storage.data_dir())),
        size_bytes=path.stat().st_size,
        width=size_wh[0],
        height=size_wh[1],
        fps=float(FPS),
        duration_s=(frames or 0) / FPS,
        frames=frames,
    )


@dataclass
class Workshop:
    """Makes clips and jobs, and works on them."""

    folder: Path

    def clip(self, name: str = "clip.mp4", count: int = 8, **options: Any) -> Path:
        """A clip of so many frames."""
        return write_clip(self.folder / name, range(1, count + 1), **options)

    def submit(
        self, path: Path | None = None, tool: str = "look", *, frames: int | None = 8, **more: Any
    ) -> Job:
        """A job that waits; what is not a field of the submission is a parameter of the tool."""
        names = ("frame_stride", "max_frames", "device")
        options = {name: more.pop(name) for name in names if name in more}
        source = stored(path or self.clip(count=frames or 8), frames=frames)
        return submit_job(source=source, definition=definition(tool, **more), **options)

    def work(self, job: Job) -> Job:
        """One attempt at the job, and what it is then."""
        job_run.run(job.pk)
        return Job.objects.get(pk=job.pk)


def lines_of(job: Job) -> list[dict[str, Any]]:
    """The results without the times that they took."""
    return [{name: value for name, value in line.items() if name != "timings_ms"} for line in read_lines(job)]


def indices_of(job: Job) -> list[int]:
    """The frames that have a line, in order."""
    return [line["frame_index"] for line in read_lines(job)]


def fresh(job: Job) -> Job:
    """The job as the database has it now."""
    return Job.objects.get(pk=job.pk)


def abandon(job: Job) -> None:
    """Expire the lease of a job, as if its worker had died long ago."""
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
