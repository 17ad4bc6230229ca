"""Tells the doctor of workers: are there any, and does a job wait in vain?"""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from jobs import storage
from jobs.models import Job
from jobs.worker.liveness import SUFFIX, host_name, is_alive

WAITS_IN_VAIN = timedelta(minutes=5)
START = "Start the server, or manage.py run_worker where FORGESYTE_WORKERS is 0."


def workers() -> Iterator[tuple[str, str, str, str]]:
    """Name, state, what is said and the advice, of each finding."""
    folder = storage.data_dir() / storage.WORKERS
    names = [path.stem for path in folder.glob(f"{host_name()}-*{SUFFIX}")]
    alive = sum(is_alive(folder, name) for name in names)
    said = f"{alive} on this machine, FORGESYTE_WORKERS={settings.JOBS.workers}"
    few = alive < settings.JOBS.workers
    yield ("workers", "doubtful" if few else "ok", said, START if few else "")
    old = timezone.now() - WAITS_IN_VAIN
    waiting = Job.objects.filter(status=Job.Status.PENDING, created_at__lt=old).count()
    if waiting:
        state = "doubtful" if alive else "wrong"
        yield ("jobs", state, f"{waiting} wait for more than five minutes", "" if alive else START)
