import pytest

from loadtest.soak import network_faults
from loadtest.soak.network_faults import (
    breaks_an_upload_off,
    falls_silent,
    knocks_and_runs,
    loses_its_connection,
    reads_slowly,
    sends_no_more,
    sends_nonsense,
)
from loadtest.soak.target import Unexpected
from tests.loadtest.soak.scripted import scripted


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_faults, "ENDS_WITHIN_S", 0.1)
    monkeypatch.setattr(network_faults, "SLOW_S", 0.2)
    monkeypatch.setattr(network_faults, "SILENT_S", 0.05)


@pytest.mark.parametrize("act", [sends_no_more, sends_nonsense])
def test_a_server_that_keeps_dead_connections_is_found(act: network_faults.Act) -> None:
    with scripted() as (target, _), pytest.raises(Unexpected, match="not ended"):
        act(target)


@pytest.mark.parametrize("act", [sends_no_more, sends_nonsense])
def test_a_server_that_ends_them_does_well(act: network_faults.Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_faults, "ENDS_WITHIN_S", 5)
    with scripted() as (target, server):
        server.over.set()
        act(target)


@pytest.mark.parametrize("act", [loses_its_connection, falls_silent, reads_slowly])
def test_who_disturbs_a_session_comes_back(act: network_faults.Act) -> None:
    with scripted() as (target, server):
        act(target)
        assert server.asked == ["GET /ws/video/stream"]


def test_a_slow_reader_stops_with_the_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted() as (target, _):
        monkeypatch.setattr(type(target), "frame", lambda self: pytest.fail("it goes on"))
        target.stopping.set()
        reads_slowly(target)


def test_a_slow_reader_may_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_faults, "SLOW_S", 2)
    with scripted() as (target, server):
        server.over.set()
        reads_slowly(target)


def test_half_a_request_and_half_an_upload() -> None:
    with scripted() as (target, _):
        target.chance.seed(3)
        target.stopping.set()
        knocks_and_runs(target)
        breaks_an_upload_off(target)


def test_an_upload_may_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted() as (target, _):

        def cut_off(seconds: float) -> None:
            raise ConnectionResetError

        monkeypatch.setattr(type(target), "wait", lambda self, seconds: cut_off(seconds))
        breaks_an_upload_off(target)
