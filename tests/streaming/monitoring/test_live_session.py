"""A live session as its operators see it."""

import pytest

from streaming.monitoring import live_session
from streaming.monitoring.live_session import LiveSession
from streaming.session_manager import RECENT, SessionManager


async def test_the_ages_of_the_newest_results() -> None:
    shown = LiveSession(SessionManager("fake"), None, "")
    assert (shown.age_p50, shown.age_p95) == (None, None)
    for age_ms in range(1, RECENT + 101):
        shown.session.mark_processed(age_ms)
    # The hundred oldest are forgotten: 101 to 250 are left.
    assert (shown.age_p50, shown.age_p95) == (176, 243)
    assert shown.session.fps() == RECENT / 5


async def test_who_is_ended_reads_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = LiveSession(SessionManager("fake"), None, "")
    monkeypatch.setitem(live_session.open_sessions, shown.id, shown)
    assert live_session.end_session(shown.id, "  the disk\nis changed ")
    assert await shown.until_ended() == "An operator ended this session: the disk is changed"
    assert not live_session.end_session("another", "x")


async def test_a_reason_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = LiveSession(SessionManager("fake"), None, "")
    monkeypatch.setitem(live_session.open_sessions, shown.id, shown)
    live_session.end_session(shown.id, "x" * 10_000)
    assert len(await shown.until_ended()) < 300


async def test_the_oldest_session_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (LiveSession(SessionManager("fake"), None, "") for _ in range(2))
    monkeypatch.setattr(live_session, "open_sessions", {second.id: second, first.id: first})
    assert live_session.live_sessions() == [first, second]
