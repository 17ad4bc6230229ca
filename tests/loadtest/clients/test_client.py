"""One session on a real socket, against servers that behave and servers that do not."""

import asyncio
import http
import json
import socket as sockets
from contextlib import suppress
from typing import Any

import pytest

from loadtest.clients.answer_log import Outcome
from loadtest.clients.client import Session, clock
from loadtest.clients.records import SessionRecord
from loadtest.patterns import Visit
from loadtest.plan import LoadPlan
from tests.loadtest.servers import (
    Handler,
    answers_twice,
    breaks_off,
    by_index,
    closes_after,
    drops_every_second,
    fails_at,
    falls_silent,
    in_order,
    running,
    silent,
    stops_reading,
)

FRAMES = (b"one", b"two", b"three")
SHORT = LoadPlan(fps=50, duration_s=0.3, warm_up_s=0, answer_within_s=5, ready_within_s=10)
CLOSED = SHORT.with_(fps=0)
HEAD_START_S = 0.02


async def visit(
    plan: LoadPlan, url: str, frames: tuple[bytes, ...] = FRAMES, *, abrupt: bool = False
) -> SessionRecord:
    """One whole visit."""
    session = Session(plan, Visit(0, 0, 0, plan.duration_s, abrupt), url, frames)
    await session.arrive()
    await session.warm_up(plan.warm_up_s)
    await session.stay(clock() + HEAD_START_S)
    await session.leave()
    return session.record()


def due(record: SessionRecord) -> int:
    """The number of frames that were due; a busy machine may not have sent the last of them in time."""
    return sum(not frame.warm_up for frame in record.frames) + record.unsent


def count(record: SessionRecord, outcome: Outcome) -> int:
    return sum(frame.outcome is outcome for frame in record.frames if not frame.warm_up)


@pytest.mark.parametrize("plan", [SHORT, CLOSED, CLOSED.with_(think_ms=5, in_flight=1)])
@pytest.mark.parametrize("handler", [by_index, in_order])
async def test_every_frame_is_answered(handler: Handler, plan: LoadPlan) -> None:
    with running(handler) as url:
        record = await visit(plan, url)
    assert count(record, Outcome.RESULT) == sum(not frame.warm_up for frame in record.frames) > 1
    assert (record.ended, record.extra, record.close_code) == ("", 0, 1000)
    assert record.connected_after_s
    assert record.answered_after_s
    assert all(frame.age_s is not None and frame.age_s >= 0 for frame in record.frames)


async def test_the_schedule_does_not_drift() -> None:
    with running(by_index) as url:
        record = await visit(SHORT, url)
    assert due(record) == 15, "fifty a second for 0.3 s"


async def test_a_closed_loop_keeps_so_many_under_way() -> None:
    seen: list[str] = []

    def counts(socket: Any) -> None:
        socket.recv()
        socket.send("{}")
        seen.extend(["first" for _ in range(2) if socket.recv(timeout=60)])
        with suppress(TimeoutError):
            seen.append(socket.recv(timeout=0.1))
        socket.send("{}")
        socket.send("{}")
        in_order(socket)

    with running(counts) as url:
        record = await visit(CLOSED.with_(in_flight=2, duration_s=0.5), url)
    assert seen == ["first", "first"]
    assert count(record, Outcome.UNANSWERED) == 0


async def test_the_warm_up_lasts() -> None:
    with running(by_index) as url:
        record = await visit(SHORT.with_(warm_up_s=0.1), url)
    assert sum(frame.warm_up for frame in record.frames) > 2


async def test_drops_and_pleas_are_counted() -> None:
    with running(drops_every_second) as url:
        record = await visit(SHORT, url)
    assert count(record, Outcome.DROPPED) == record.slow_downs > 1
    assert count(record, Outcome.RESULT) > 1


async def test_answers_too_many_are_counted() -> None:
    with running(answers_twice) as url:
        record = await visit(SHORT, url)
    assert record.extra >= count(record, Outcome.RESULT) > 1


@pytest.mark.parametrize("plan", [SHORT, CLOSED])
async def test_nobody_waits_for_ever(plan: LoadPlan) -> None:
    with running(falls_silent) as url:
        record = await visit(plan.with_(answer_within_s=0.1), url)
    assert count(record, Outcome.UNANSWERED) == (due(record) if plan.fps else 2)
    assert record.ended == ""


async def test_no_first_answer() -> None:
    with running(silent) as url:
        record = await visit(SHORT.with_(ready_within_s=0.1), url)
    assert record.ended == "no answer within 0.1 s"
    assert record.answered_after_s is None
    assert len(record.frames) == 1


@pytest.mark.parametrize("plan", [SHORT, CLOSED])
async def test_a_server_that_closes(plan: LoadPlan) -> None:
    with running(closes_after(3, 1012, "server_shutdown")) as url:
        record = await visit(plan, url)
    assert (record.ended, record.close_code) == ("closed with 1012 server_shutdown", 1012)
    assert count(record, Outcome.RESULT) == 2
    assert bool(record.unsent) == bool(plan.fps)


@pytest.mark.parametrize("answered", [0, 1])
async def test_a_server_that_closes_at_the_beginning(answered: int) -> None:
    with running(closes_after(answered, 1011, "")) as url:
        record = await visit(SHORT.with_(warm_up_s=5), url)
    assert record.ended == "closed with 1011"
    assert (record.answered_after_s is not None) == bool(answered)
    assert all(frame.warm_up for frame in record.frames)


async def test_an_error_says_why() -> None:
    with running(fails_at(3)) as url:
        record = await visit(SHORT, url)
    assert (record.ended, record.close_code) == ("pipeline_failure: It failed", 4500)
    assert count(record, Outcome.ERROR) == 1


async def test_a_connection_that_breaks_off() -> None:
    with running(breaks_off) as url:
        record = await visit(SHORT, url)
    assert (record.ended, record.close_code) == ("the connection broke off", 1006)


async def test_a_handshake_that_is_refused() -> None:
    refuse = {"process_request": lambda socket, request: socket.respond(http.HTTPStatus.FORBIDDEN, "")}
    with running(by_index, **refuse) as url:
        record = await visit(SHORT, url)
    assert record.ended.startswith("cannot connect: ")
    assert "403" in record.ended
    assert (record.frames, record.close_code) == ((), None)


async def test_nobody_is_there() -> None:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        record = await visit(SHORT, f"ws://127.0.0.1:{probe.getsockname()[1]}/")
    assert record.ended.startswith("cannot connect: ")


async def test_headers_are_sent() -> None:
    heard: list[str] = []

    def listens(socket: Any) -> None:
        heard.append(socket.request.headers["Cookie"])
        by_index(socket)

    with running(listens) as url:
        await visit(SHORT.with_(headers=(("Cookie", "a=b"),)), url)
    assert heard == ["a=b"]


async def test_a_socket_that_takes_nothing_makes_frames_wait_not_vanish() -> None:
    """Frames that were due and not sent are counted; one sent late keeps the time when it was due."""
    large = bytes(2_000_000)
    with running(stops_reading, max_queue=1) as url:
        record = await visit(SHORT.with_(answer_within_s=0.2), url, (large,))
    assert record.unsent > 0
    assert due(record) == 15
    assert count(record, Outcome.UNANSWERED) == 15 - record.unsent > 0


async def test_frames_that_go_out_late_were_taken_in_time() -> None:
    with running(by_index) as url:
        record = await visit(SHORT.with_(fps=50_000, duration_s=0.05), url)
    late = [frame for frame in record.frames if frame.taken_at < frame.sent_at]
    assert late, "no client sends fifty thousand frames a second"
    assert all(frame.late_s == frame.sent_at - frame.taken_at for frame in late)
    assert due(record) == 2500


async def test_an_abrupt_visitor_waits_for_nothing() -> None:
    with running(falls_silent) as url:
        record = await visit(SHORT.with_(answer_within_s=60), url, abrupt=True)
    assert record.abandoned == count(record, Outcome.UNANSWERED) > 1


async def test_an_answer_that_comes_while_an_abrupt_visitor_leaves_is_counted_once() -> None:
    """Its frame counted as abandoned and as answered, and -1 frames got no answer."""
    with running(falls_silent) as url:
        session = Session(SHORT, Visit(0, 0, 0, SHORT.duration_s, abrupt=True), url, FRAMES)
        await session.arrive()
        await session.stay(clock())
        assert session._socket is not None
        close = session._socket.close

        async def close_late() -> None:
            session.answer_log.read(json.dumps({"frame_index": len(session.answer_log.frames)}), clock())
            await close()

        session._socket.close = close_late  # type: ignore[method-assign,assignment]
        await session.leave()
    record = session.record()
    assert record.abandoned == count(record, Outcome.UNANSWERED)


async def test_who_comes_in_late_has_missed_the_frames_before() -> None:
    plan = SHORT.with_(duration_s=10.0)
    with running(by_index) as url:
        session = Session(plan, Visit(0, 0, 0, 10.0), url, FRAMES)
        await session.arrive()
        await session.stay(clock() - 9.9)
        await session.leave()
    record = session.record()
    assert due(record) <= 6


@pytest.mark.parametrize("plan", [SHORT, CLOSED])
async def test_who_has_left_sends_no_more(plan: LoadPlan) -> None:
    with running(by_index) as url:
        session = Session(plan, Visit(0, 0, 0, plan.duration_s), url, FRAMES)
        await session.arrive()
        await session.leave()
        await session.stay(clock())
        await session.warm_up(0)
    assert len(session.record().frames) == 1
    assert session.record().ended == ""


async def test_a_frame_that_comes_after_the_end_neither_raises_nor_waits() -> None:
    with running(by_index) as url:
        session = Session(SHORT, Visit(0, 0, 0, SHORT.duration_s, False), url, FRAMES)
        await session.arrive()
        await session.leave()
        # Who sends may have looked before the reader heard of it.
        async with asyncio.timeout(60):
            await session._send(0)
            await session._answer_to(1)
    assert session.over
    assert session.record().close_code == 1000
