"""The number of single pictures at once is limited, and one more is refused."""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from pytest_django import Settings

from forgesyte.api.limits import LimitReached
from pipelines.editor.trial import try_definition
from pipelines.media.picture_slots import PictureSlots, picture_slots
from pipelines.models import Pipeline
from pipelines.services import checked
from tests.pipelines.api.answers import RUN
from tests.pipelines.pictures import drawn, picture_file
from tests.pipelines.toy import toy_definition

PATIENCE_S = 10


async def until_waiting(slots: PictureSlots, taken: int) -> None:
    """Wait until so many pictures are worked on or wait."""
    async with asyncio.timeout(PATIENCE_S):
        while slots.taken < taken:  # noqa: ASYNC110  # the number has no event
            await asyncio.sleep(0)


async def hold(slots: PictureSlots, until: asyncio.Event) -> None:
    async with slots.acquire():
        await until.wait()


async def test_as_many_as_there_are_run_and_as_many_as_may_wait() -> None:
    slots, over = PictureSlots(at_once=1, waiting=1), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hold(slots, over))
        await until_waiting(slots, 1)
        tasks.create_task(hold(slots, over))
        await until_waiting(slots, 2)
        with pytest.raises(LimitReached, match="FORGESYTE_PICTURES_AT_ONCE") as refused:
            async with slots.acquire():
                pass
        over.set()
    assert (refused.value.code, refused.value.retry_after_s) == ("too_many_pictures", 5)
    assert slots.taken == 0


async def test_one_that_stops_waiting_leaves_its_place() -> None:
    slots = PictureSlots(at_once=1, waiting=1)
    async with slots.acquire():
        waits = asyncio.create_task(hold(slots, asyncio.Event()))
        await until_waiting(slots, 2)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        assert slots.taken == 1
    async with slots.acquire():
        assert slots.taken == 1


async def test_nobody_waits_for_ever() -> None:
    slots = PictureSlots(at_once=1, waiting=1, wait_at_most_s=0.01)
    async with slots.acquire():
        with pytest.raises(LimitReached, match=r"waited for 0\.01 seconds"):
            async with slots.acquire():
                pass
        assert slots.taken == 1


async def test_a_body_that_raises_gives_its_slot_back() -> None:
    slots = PictureSlots(at_once=1, waiting=0)
    with pytest.raises(KeyError):
        async with slots.acquire():
            raise KeyError
    assert slots.taken == 0


async def test_a_slot_stays_taken_until_its_thread_is_done() -> None:
    slots, work = PictureSlots(at_once=1, waiting=0), Future[None]()
    async with slots.acquire() as slot:
        slot.work = work
    with pytest.raises(LimitReached):
        async with slots.acquire():
            pass
    work.set_result(None)
    async with slots.acquire():
        pass


def test_two_at_the_same_moment_never_share_the_last_place() -> None:
    slots, start, refused = PictureSlots(at_once=4, waiting=4), threading.Barrier(32), []
    all_tried = threading.Barrier(32)

    async def try_once() -> None:
        async with AsyncExitStack() as held:
            try:
                waits = asyncio.ensure_future(held.enter_async_context(slots.acquire()))
                await asyncio.sleep(0)
                if waits.done():
                    waits.result()
            except LimitReached as error:
                refused.append(error)
            await asyncio.to_thread(all_tried.wait, PATIENCE_S)
            await asyncio.gather(waits, return_exceptions=True)

    def one() -> None:
        start.wait(PATIENCE_S)
        asyncio.run(try_once())

    threads = [threading.Thread(target=one) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(refused) == 32 - 8
    assert slots.taken == 0


@pytest.fixture
def one_picture(settings: Settings) -> PictureSlots:
    """A server that takes one picture, and lets none wait."""
    settings.PIPELINES = replace(settings.PIPELINES, pictures_at_once=1, pictures_waiting=0)
    return picture_slots()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("toys")
class TestServer:
    async def test_one_picture_too_many_is_told_when_to_come_again(
        self, async_client: AsyncClient, one_picture: PictureSlots
    ) -> None:
        await Pipeline.objects.acreate(pipeline_id="boxes", definition=toy_definition("boxes"))
        async with one_picture.acquire():
            answer = await async_client.post(RUN, {"file": picture_file(drawn())})
        assert (answer.status_code, answer["Retry-After"]) == (429, "5")
        assert answer.json()["error"] == "too_many_pictures"
        assert "FORGESYTE_PICTURES_AT_ONCE" in answer.json()["detail"]
        assert (await async_client.post(RUN, {"file": picture_file(drawn())})).status_code == 200

    def test_a_trial_in_the_admin_counts_too(self, one_picture: PictureSlots) -> None:
        wanted, picture = checked(toy_definition("boxes")), picture_file(drawn()).read()

        async def tried() -> str:
            async with one_picture.acquire():
                return (await asyncio.to_thread(try_definition, wanted, picture)).error

        assert "FORGESYTE_PICTURES_AT_ONCE" in async_to_sync(tried)()
        assert try_definition(wanted, picture).error == ""
        assert one_picture.taken == 0
