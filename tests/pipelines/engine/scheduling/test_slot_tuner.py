"""The number of slots goes where most frames are served, on machines of every kind."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from pipelines.engine.scheduling.slot_tuner import FIRST_PAUSE_S, SETTLE_S, WINDOW_S, SlotTuner

MINUTE_S = 60.0


class Machine:
    """Serves so many frames a second with each number of slots; its clock is the tuner's."""

    def __init__(self, rates: Mapping[int, float], limit: int) -> None:
        self.rates = rates
        self.now = 0.0
        self.tuner = SlotTuner(limit, lambda: self.now)
        self.counts: list[int] = []

    def serve(self, seconds: float, others: Callable[[int], int] = lambda count: 5) -> int:
        """Work for so long, with so many others there at the end of each frame; the slots then."""
        until = self.now + seconds
        while self.now < until:
            self.now += 1 / self.rates[self.tuner.count]
            self.counts.append(self.tuner.finished(others(len(self.counts))))
        return self.counts[-1]


def test_nobody_waits_and_nothing_is_tried() -> None:
    machine = Machine({1: 30.0}, 8)
    assert machine.serve(MINUTE_S, lambda frame: 0) == 1
    assert set(machine.counts) == {1}


def test_few_frames_say_nothing() -> None:
    machine = Machine({1: 2.0, 2: 4.0}, 2)
    assert machine.serve(WINDOW_S * 4) == 1


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ({1: 100, 2: 115, 4: 60, 8: 50}, 2),
        ({1: 100, 2: 150, 4: 220, 8: 300}, 8),
        ({1: 100, 2: 101, 4: 300, 8: 300}, 1),
        ({1: 100, 2: 60, 4: 60, 8: 60}, 1),
    ],
    ids=str,
)
def test_what_serves_most_is_kept(rates: Mapping[int, float], best: int) -> None:
    machine = Machine(rates, 8)
    machine.serve(2 * MINUTE_S)
    later = len(machine.counts)
    machine.serve(10 * MINUTE_S)
    assert machine.counts[later:].count(best) > 0.9 * len(machine.counts[later:])


def test_the_limit_holds() -> None:
    machine = Machine({1: 100, 2: 200}, 2)
    machine.serve(10 * MINUTE_S)
    assert set(machine.counts) == {1, 2}


def test_a_machine_of_one_core_has_one_slot() -> None:
    machine = Machine({1: 50}, 1)
    assert machine.serve(10 * MINUTE_S) == 1


def test_who_is_alone_has_all_cores_and_a_crowd_is_remembered() -> None:
    machine = Machine({1: 100, 2: 130}, 2)
    assert machine.serve(MINUTE_S) == 2
    assert machine.serve(2 * (WINDOW_S + SETTLE_S), lambda frame: 0) == 1
    assert machine.serve(2 * (WINDOW_S + SETTLE_S)) == 2


def test_half_a_crowd_changes_nothing() -> None:
    machine = Machine({1: 100, 2: 130}, 2)
    half = [0, 1, 1]
    assert machine.serve(MINUTE_S, lambda frame: half[frame % 3]) == 1
    assert machine.serve(MINUTE_S) == 2
    assert machine.serve(MINUTE_S, lambda frame: half[frame % 3]) == 2


def test_a_trial_ends_when_the_crowd_leaves() -> None:
    machine = Machine({1: 100, 2: 130}, 2)
    assert machine.serve(2 * WINDOW_S + SETTLE_S + 1.0) == 2
    assert machine.serve(2 * (WINDOW_S + SETTLE_S), lambda frame: 0) == 1


def test_what_lost_is_tried_again_ever_more_seldom() -> None:
    machine = Machine({1: 100, 2: 90}, 2)
    machine.serve(20 * MINUTE_S)
    changes = [
        place for place in range(1, len(machine.counts)) if machine.counts[place - 1 : place + 1] == [1, 2]
    ]
    assert 2 <= len(changes) < 20 * MINUTE_S / FIRST_PAUSE_S / 4


def test_the_pause_after_each_trial_that_gains_nothing_is_twice_as_long() -> None:
    """Between two trials upwards lies one downwards, which one slot ends at once: two pauses."""
    machine = Machine({1: 100, 2: 60}, 2)
    machine.serve(10 * MINUTE_S)
    began, now = [], 0.0
    for before, count in pairwise([1, *machine.counts]):
        now += 1 / machine.rates[count]
        began += [now] if (before, count) == (1, 2) else []
    first, second = (after - before for before, after in pairwise(began))
    of_the_trial_s = 6 * (WINDOW_S + SETTLE_S)
    assert (1 + 2) * FIRST_PAUSE_S <= first <= (1 + 2) * FIRST_PAUSE_S + of_the_trial_s
    assert (4 + 8) * FIRST_PAUSE_S <= second <= (4 + 8) * FIRST_PAUSE_S + of_the_trial_s


def test_a_machine_that_changes_is_noticed() -> None:
    machine = Machine({1: 100, 2: 130}, 2)
    assert machine.serve(2 * MINUTE_S) == 2
    machine.rates = {1: 100, 2: 60}
    machine.serve(10 * MINUTE_S)
    assert machine.counts[-1000:].count(1) > 900
