"""Slow clients lose progress, but never the end."""

import asyncio

import pytest

from jobs.realtime.connection_manager import Client, ConnectionManager, Outbox
from jobs.realtime.messages import Message, Progress, ProgressMessage
from jobs.realtime.news import news, snapshot
from tests.jobs.samples import JOB_ID, OTHER_ID, job_data

PATIENCE_S = 60.0


def progress(job_id: str, done: int = 1) -> Message:
    (message,) = news(job_data(job_id=job_id), job_data(job_id=job_id, frames_done=done))
    assert isinstance(message.payload, Progress)
    return message


def end(job_id: str, status: str = "completed") -> Message:
    return snapshot(job_data(job_id=job_id, status=status))


async def taken(mailbox: Outbox) -> list[Message]:
    return [await asyncio.wait_for(mailbox.get(), PATIENCE_S) for _ in range(len(mailbox))]


async def test_messages_come_out_in_their_order() -> None:
    mailbox = Outbox()
    sent = [progress(JOB_ID), progress(OTHER_ID), end(JOB_ID), end(OTHER_ID)]
    for message in sent[:2]:
        mailbox.put(message)
    assert await taken(mailbox) == sent[:2]


async def test_an_empty_mailbox_is_waited_for() -> None:
    mailbox = Outbox()
    waiting = asyncio.ensure_future(mailbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    mailbox.put(progress(JOB_ID))
    assert await asyncio.wait_for(waiting, PATIENCE_S) is not None
    assert len(mailbox) == 0


async def test_newer_progress_of_a_job_takes_the_place_of_older() -> None:
    mailbox = Outbox()
    for done in (1, 2, 3):
        mailbox.put(progress(JOB_ID, done))
        mailbox.put(progress(OTHER_ID, done))
    assert [message.payload.frames_done for message in await taken(mailbox)] == [3, 3]


async def test_the_end_of_a_job_stands_for_all_news_of_it_and_of_no_other() -> None:
    mailbox = Outbox()
    mailbox.put(progress(JOB_ID))
    mailbox.put(progress(OTHER_ID))
    mailbox.put(end(JOB_ID))
    first, last = await taken(mailbox)
    assert (first.job_id, last.type) == (OTHER_ID, "snapshot")


async def test_too_much_loses_the_oldest_progress_and_no_end() -> None:
    mailbox = Outbox(limit=3)
    mailbox.put(end("first"))
    mailbox.put(progress("old"))
    mailbox.put(progress("new"))
    mailbox.put(end("second"))
    assert [message.job_id for message in await taken(mailbox)] == ["first", "new", "second"]


async def test_ends_are_kept_beyond_the_limit() -> None:
    mailbox = Outbox(limit=2)
    names = ["a", "b", "c", "d"]
    for name in names:
        mailbox.put(end(name))
        mailbox.put(progress(name))
    assert [message.job_id for message in await taken(mailbox) if message.type == "snapshot"] == names


async def test_clients_are_told_what_they_watch() -> None:
    manager = ConnectionManager()
    one, everything, newcomer = Client({JOB_ID}), Client(None), Client({JOB_ID})
    for client in (one, everything, newcomer):
        manager.connect(client)
    assert len(manager) == 3
    assert manager.newcomers == [one, everything, newcomer]
    one.greet([end(JOB_ID), end(OTHER_ID)])
    everything.greet([])
    manager.publish([progress(JOB_ID), progress(OTHER_ID)])
    assert [message.type for message in await taken(one.mailbox)] == ["snapshot", "progress"]
    assert [message.job_id for message in await taken(everything.mailbox)] == [JOB_ID, OTHER_ID]
    assert len(newcomer.mailbox) == 0
    assert manager.newcomers == [newcomer]


async def test_a_client_that_watches_everything_is_told_in_brief() -> None:
    everything = Client(None)
    everything.greet([snapshot(job_data())])
    everything.tell(Unneeded(payload=progress(JOB_ID).payload))
    (message,) = await taken(everything.mailbox)
    assert "summary" not in message.payload.job


class Unneeded(ProgressMessage):
    def in_brief(self) -> None:
        return None


@pytest.mark.parametrize("watches_all", [False, True])
def test_what_is_watched(watches_all: bool) -> None:
    manager = ConnectionManager()
    assert manager.named_jobs == frozenset()
    assert not manager.anyone_watches_all
    clients = [Client({JOB_ID}), Client({JOB_ID, OTHER_ID})] + [Client(None)] * watches_all
    for client in clients:
        manager.connect(client)
    assert manager.named_jobs == {JOB_ID, OTHER_ID}
    assert manager.anyone_watches_all == watches_all


def test_who_is_gone_is_told_nothing() -> None:
    manager, client = ConnectionManager(), Client({JOB_ID})
    manager.connect(client)
    client.greet([])
    manager.disconnect(client)
    manager.disconnect(client)
    manager.publish([end(JOB_ID)])
    assert len(client.mailbox) == 0
    assert len(manager) == 0
