"""Reads news of jobs from the database, and the one broadcaster of this process that sends them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.db import connection

from accounts.callers import SERVER, Caller
from jobs.models import Job
from jobs.realtime.broadcaster import Broadcaster, Reading, Wanted
from jobs.realtime.change_notifier import listen
from jobs.realtime.messages import Frame, FrameMessage, JobData
from jobs.schemas import job_data
from jobs.selectors import SEE, jobs_for, last_line

# A list shows no more than these; older jobs are watched by their ids.
NEWEST = 200
# A key that no user has.
NOBODY = 0


class DbReader:
    """Reads in a thread of its own over a connection that stays open while anybody watches."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs-news")

    async def read(self, wanted: Wanted) -> Reading:
        """Read what has changed; raises what the database raises, and connects anew after that."""
        return await sync_to_async(self._read, thread_sensitive=False, executor=self._thread)(wanted)

    async def rest(self) -> None:
        """Nobody watches: let go of the connection."""
        await sync_to_async(self._close, thread_sensitive=False, executor=self._thread)()

    def _read(self, wanted: Wanted) -> Reading:
        try:
            return read(wanted)
        except BaseException:
            self._close()
            raise

    def _close(self) -> None:
        connection.close()


def read(wanted: Wanted) -> Reading:
    """Compare what clients know with the database: one query where nothing is new."""
    versions = watched_versions(wanted)
    known = {job_id: job["version"] for job_id, job in wanted.known.items()}
    new = [job_id for job_id, version in versions.items() if known.get(job_id) != version]
    jobs = list(Job.objects.filter(pk__in=new).select_related("owner")) if new else []
    lost = known.keys() - versions.keys()
    return Reading(
        present=frozenset(versions),
        changed=[job_data(job) for job in jobs],
        gone=frozenset(missing_of(lost, SERVER)),
        frames=[frame for job in jobs for frame in newest_frame(job, wanted)],
        owners={str(job.pk): job.owner_id for job in jobs},
    )


def newest_frame(job: Job, wanted: Wanted) -> Iterator[FrameMessage]:
    """The newest result of a job that is watched by name, if it is news."""
    before: JobData | None = wanted.known.get(str(job.pk))
    if str(job.pk) not in wanted.named or before is None or job.next_frame == before["next_frame"]:
        return
    if line := last_line(job):
        frame = {name: line[name] for name in ("frame_index", "time_s", "result")}
        yield FrameMessage(payload=Frame(job_id=str(job.pk), **frame))


def watched_versions(wanted: Wanted) -> dict[str, int]:
    """The version of every job that is watched and exists."""
    rows = Job.objects.values_list("pk", "version")
    found = dict(rows.order_by("-created_at", "-id")[:NEWEST]) if wanted.newest else {}
    for owner in wanted.owners:
        found |= dict(rows.filter(owner=owner).order_by("-created_at", "-id")[:NEWEST])
    versions = {str(job_id): version for job_id, version in found.items()}
    if named := wanted.named - versions.keys():
        versions |= {str(job_id): version for job_id, version in rows.filter(pk__in=named).order_by()}
    return versions


def missing_of(job_ids: Iterable[str], caller: Caller) -> set[str]:
    """The ids, of these, that no job of the caller has."""
    asked = set(job_ids)
    if not asked:
        return set()
    found = jobs_for(caller).filter(pk__in=asked).order_by().values_list("pk", flat=True)
    return asked - {str(job_id) for job_id in found}


def owner_watched(caller: Caller) -> int | None:
    """The user to whose jobs a caller is kept; None where he sees all."""
    return None if caller.may(SEE) else caller.user_id or NOBODY


job_broadcaster = Broadcaster(DbReader(), listen=listen)
missing = database_sync_to_async(missing_of)
kept_to = database_sync_to_async(owner_watched)
