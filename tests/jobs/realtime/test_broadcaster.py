"""The broadcaster and its reader of the database, each alone."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from jobs.models import Job
from jobs.realtime import broadcaster
from jobs.realtime.broadcaster import Broadcaster, Reading, Wanted
from jobs.realtime.connection_manager import Client as Watcher
from jobs.realtime.db_reader import NEWEST, read
from tests.jobs.realtime.test_consumer import PATIENCE_S, new_job

pytestmark = pytest.mark.django_db(transaction=True)


def looks(job: Job, known: dict[str, Any] | None = None, *, newest: bool = False) -> Reading:
    return read(Wanted(frozenset({str(job.pk)}), newest, known or {}))


async def test_nothing_new_costs_one_query(django_assert_num_queries: Any) -> None:
    job = await new_job()
    (told,) = (await sync_to_async(looks)(job)).changed

    def look() -> None:
        with django_assert_num_queries(1, connection=connection):
            assert looks(job, {told["job_id"]: told}).changed == []

    await sync_to_async(look)()


async def test_a_list_watches_the_newest_only() -> None:
    await Job.objects.abulk_create(
        Job(pipeline_id="p", pipeline_name="p", definition={}, source_name=str(number), source_file="f")
        for number in range(NEWEST + 5)
    )
    reading = await sync_to_async(read)(Wanted(frozenset(), True, {}))
    assert len(reading.present) == NEWEST


class FailingReader:
    """Fails once, then finds nothing."""

    def __init__(self) -> None:
        self.looked = asyncio.Event()
        self.rested = False
        self._failures = iter([OSError("the database is away")])

    async def read(self, wanted: Wanted) -> Reading:
        for failure in self._failures:
            raise failure
        self.looked.set()
        return Reading(frozenset())

    async def rest(self) -> None:
        self.rested = True


async def test_the_desk_goes_on_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broadcaster, "PAUSE_AFTER_FAILURE_S", 0.01)
    reader = FailingReader()
    own = Broadcaster(reader)
    own.look_soon()
    client = Watcher(None)
    own.join(client)
    await asyncio.wait_for(reader.looked.wait(), PATIENCE_S)
    await own.leave(client)
    await own.leave(client)
    assert reader.rested
    assert "realtime_failed" in caplog.messages
