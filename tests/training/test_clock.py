"""The time budget of a run."""

from pathlib import Path

import pytest

from training.clock import RunClock


class Watch:
    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_the_rate_falls_from_one_to_its_last_value(tmp_path: Path, watch: Watch) -> None:
    clock = RunClock(tmp_path / "seconds", hours=1, now=watch)
    rates = []
    for watch.seconds in (50, 950, 1850, 2750, 3650, 9999):
        rates.append(round(clock.rate(0.01), 3))
    assert rates == [1, 0.855, 0.505, 0.155, 0.01, 0.01]
    assert clock.over


def test_a_resume_goes_on_with_the_time_that_is_left(tmp_path: Path, watch: Watch) -> None:
    first = RunClock(tmp_path / "seconds", hours=1, now=watch)
    watch.seconds += 1800
    first.save()
    watch.seconds += 500_000
    again = RunClock(tmp_path / "seconds", hours=1, resume=True, now=watch)
    assert again.rate(0) == pytest.approx(0.5)
    assert not again.over
    watch.seconds += 1801
    assert again.over


def test_a_new_run_forgets_an_earlier_ones_time(tmp_path: Path, watch: Watch) -> None:
    (tmp_path / "seconds").write_text("3000")
    assert RunClock(tmp_path / "seconds", hours=1, now=watch).spent == 0
    assert RunClock(tmp_path / "nothing", hours=1, resume=True, now=watch).spent == 0
