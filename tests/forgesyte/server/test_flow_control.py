"""The messages that one socket may have pending are limited."""

import asyncio

import pytest

from forgesyte.server.flow_control import RECEIVE_LIMIT, FlowControl, ReceiveQueue


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


def fill(queue: ReceiveQueue, count: int) -> None:
    for number in range(count):
        queue.put_nowait({"number": number})


def test_a_few_messages_stop_nothing(tap: Tap) -> None:
    fill(ReceiveQueue(FlowControl(tap)), RECEIVE_LIMIT - 1)
    assert tap.turns == 0


def test_too_many_stop_the_reading_until_half_are_taken(tap: Tap) -> None:
    queue = ReceiveQueue(FlowControl(tap))
    fill(queue, RECEIVE_LIMIT + 10)
    assert not tap.is_open()
    while queue.qsize() > RECEIVE_LIMIT // 2 + 1:
        queue.get_nowait()
    assert not tap.is_open()
    queue.get_nowait()
    assert tap.is_open()
    assert tap.turns == 2


async def test_messages_come_out_in_their_order(tap: Tap) -> None:
    queue = ReceiveQueue(FlowControl(tap))
    fill(queue, 3)
    assert [(await queue.get())["number"] for _ in range(3)] == [0, 1, 2]


def test_a_peer_that_does_not_read_is_not_read(tap: Tap) -> None:
    flow = FlowControl(tap)
    flow.pauseProducing()
    flow.pauseProducing()
    assert not tap.is_open()
    flow.resumeProducing()
    flow.resumeProducing()
    assert tap.is_open()


def test_both_obstacles_must_be_gone(tap: Tap) -> None:
    flow = FlowControl(tap)
    queue = ReceiveQueue(flow)
    fill(queue, RECEIVE_LIMIT)
    flow.pauseProducing()
    while queue.qsize():
        queue.get_nowait()
    assert not tap.is_open()
    flow.resumeProducing()
    assert tap.is_open()


def test_a_lost_connection_changes_nothing(tap: Tap) -> None:
    FlowControl(tap).stopProducing()
    assert tap.turns == 0


async def test_who_sends_unasked_waits_until_the_peer_reads_on(tap: Tap) -> None:
    flow = FlowControl(tap)
    await flow.drained()
    for gives_way in (flow.resumeProducing, flow.stopProducing):
        flow.pauseProducing()
        waiting = asyncio.ensure_future(flow.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        gives_way()
        await asyncio.wait_for(waiting, 10)


async def test_who_waits_gets_the_next_message_and_who_gave_up_loses_none() -> None:
    queue = ReceiveQueue(FlowControl(Tap()))
    gone, stays = asyncio.ensure_future(queue.get()), asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait({"number": 0})
    gone.cancel()

    assert await stays == {"number": 0}
    assert gone.cancelled()
    late = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    late.cancel()
    queue.put_nowait({"number": 1})
    assert await queue.get() == {"number": 1}
