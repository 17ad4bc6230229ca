"""What one socket may have pending is bounded."""

import asyncio

import pytest

from forgesyte.server.flow_control import INBOX_LIMIT, Inbox, Valve


class Tap:
    """A transport that knows whether it reads."""

    def __init__(self) -> None:
        self._reads = True
        self.turns = 0

    def pauseProducing(self) -> None:
        assert self.is_open(), "paused twice"
        self._reads, self.turns = False, self.turns + 1

    def resumeProducing(self) -> None:
        assert not self.is_open(), "resumed twice"
        self._reads, self.turns = True, self.turns + 1

    def is_open(self) -> bool:
        return self._reads


@pytest.fixture
def tap() -> Tap:
    return Tap()


def fill(inbox: Inbox, count: int) -> None:
    for number in range(count):
        inbox.put_nowait({"number": number})


def test_a_few_messages_stop_nothing(tap: Tap) -> None:
    fill(Inbox(Valve(tap)), INBOX_LIMIT - 1)
    assert tap.turns == 0


def test_too_many_stop_the_reading_until_half_are_taken(tap: Tap) -> None:
    inbox = Inbox(Valve(tap))
    fill(inbox, INBOX_LIMIT + 10)
    assert not tap.is_open()
    while inbox.qsize() > INBOX_LIMIT // 2 + 1:
        inbox.get_nowait()
    assert not tap.is_open()
    inbox.get_nowait()
    assert tap.is_open()
    assert tap.turns == 2


async def test_messages_come_out_in_their_order(tap: Tap) -> None:
    inbox = Inbox(Valve(tap))
    fill(inbox, 3)
    assert [(await inbox.get())["number"] for _ in range(3)] == [0, 1, 2]


def test_a_peer_that_does_not_read_is_not_read(tap: Tap) -> None:
    valve = Valve(tap)
    valve.pauseProducing()
    valve.pauseProducing()
    assert not tap.is_open()
    valve.resumeProducing()
    valve.resumeProducing()
    assert tap.is_open()


def test_both_obstacles_must_be_gone(tap: Tap) -> None:
    valve = Valve(tap)
    inbox = Inbox(valve)
    fill(inbox, INBOX_LIMIT)
    valve.pauseProducing()
    while inbox.qsize():
        inbox.get_nowait()
    assert not tap.is_open()
    valve.resumeProducing()
    assert tap.is_open()


def test_a_lost_connection_changes_nothing(tap: Tap) -> None:
    Valve(tap).stopProducing()
    assert tap.turns == 0


async def test_who_sends_unasked_waits_until_the_peer_reads_on(tap: Tap) -> None:
    valve = Valve(tap)
    await valve.drained()
    for gives_way in (valve.resumeProducing, valve.stopProducing):
        valve.pauseProducing()
        waiting = asyncio.ensure_future(valve.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        gives_way()
        await asyncio.wait_for(waiting, 10)


async def test_who_waits_gets_the_next_message_and_who_gave_up_loses_none() -> None:
    inbox = Inbox(Valve(Tap()))
    gone, stays = asyncio.ensure_future(inbox.get()), asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    inbox.put_nowait({"number": 0})
    gone.cancel()

    assert await stays == {"number": 0}
    assert gone.cancelled()
    late = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    late.cancel()
    inbox.put_nowait({"number": 1})
    assert await inbox.get() == {"number": 1}
