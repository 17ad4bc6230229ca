"""The number of slots goes where most frames are served, on machines of every kind."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from pipelines.engine.scheduling.slot_tuner import FIRST_PAUSE_S, SETTLE_S, WINDOW_FRAMES, WINDOW_S, SlotTuner

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


def test_a_machine_that_serves_most_with_a_few_slots_less_comes_down_to_them() -> None:
    machine = Machine({1: 100, 2: 150, 4: 220, 8: 300}, 8)
    assert machine.serve(2 * MINUTE_S) == 8
    machine.rates = {1: 100, 2: 110, 4: 400, 8: 300}
    machine.serve(10 * MINUTE_S)
    assert machine.counts[-1000:].count(4) > 900


class Windows:
    """Ends frames at exact times: all but the last of a window at its beginning."""

    def __init__(self, limit: int = 2) -> None:
        self.now = 0.0
        self.tuner = SlotTuner(limit, lambda: self.now)

    def window(
        self, seconds: float = WINDOW_S, frames: int = WINDOW_FRAMES, crowded: int | None = None
    ) -> int:
        """End so many frames within this time, at so many of which others wait; the slots then."""
        count = self.tuner.count
        for frame in range(frames):
            self.now += seconds if frame == frames - 1 else 0.0
            count = self.tuner.finished(int(crowded is None or frame < crowded))
        return count

    def compare(self, old_frames: int, new_frames: int) -> int:
        """Compare one slot with two, in windows of two seconds; the number of slots in the end."""
        assert self.window(2.0, old_frames) == 2
        self.now += SETTLE_S
        assert self.window(2.0, new_frames) == 2
        assert self.window(2.0, new_frames) == 1
        self.now += SETTLE_S
        return self.window(2.0, old_frames)


def test_a_window_has_enough_frames_and_takes_long_enough() -> None:
    windows = Windows()
    assert windows.window() == 1, "the comparison begins"
    assert windows.window(WINDOW_S / 2) == 1, "it is too short"
    assert windows.window(WINDOW_S / 2, 1) == 2
    windows = Windows()
    assert windows.window() == 1
    assert windows.window(WINDOW_S, WINDOW_FRAMES - 1) == 1, "one frame is missing"
    assert windows.window(0, 1) == 2


@pytest.mark.parametrize(("crowded", "count"), [(16, 2), (15, 1)])
def test_four_in_five_are_a_crowd(crowded: int, count: int) -> None:
    windows = Windows()
    windows.window(crowded=crowded)
    assert windows.window() == count


@pytest.mark.parametrize(("crowded", "count"), [(10, 2), (9, 1)])
def test_less_than_half_are_calm(crowded: int, count: int) -> None:
    windows = Windows()
    windows.window()
    assert windows.compare(100, 200) == 2
    windows.now += SETTLE_S
    assert windows.window(crowded=crowded) == count


def test_frames_before_a_change_has_settled_count_for_nothing() -> None:
    windows = Windows()
    windows.window()
    assert windows.window() == 2
    assert windows.window(SETTLE_S / 2, 100) == 2
    windows.now += SETTLE_S / 2
    assert windows.window() == 2
    assert windows.window(frames=WINDOW_FRAMES - 1) == 2
    assert windows.window(0, 1) == 1, "the frames of one window are not those of the next"


@pytest.mark.parametrize(("frames", "count"), [(103, 2), (102, 1)])
def test_three_percent_more_are_a_gain(frames: int, count: int) -> None:
    windows = Windows()
    windows.window()
    assert windows.compare(100, frames) == count


def test_pauses_end_in_time_and_get_no_longer_than_the_longest() -> None:
    """After a comparison upwards comes a pause, one downwards, which one slot ends at once, and a pause."""
    windows = Windows()
    windows.window()
    for down_s, up_s in [(20, 40), (80, 160), (320, 320), (320, 320)]:
        assert windows.compare(100, 100) == 1
        windows.window(down_s)
        windows.window(up_s - WINDOW_S)
        windows.window(WINDOW_S)
    assert windows.compare(100, 100) == 1
    windows.window(320)
    windows.window(320 - WINDOW_S)
    assert windows.window(WINDOW_S - 0.5) == 1
    assert windows.window(0.5) == 1, "only now it begins"
    assert windows.window() == 2


def test_a_gain_makes_the_pauses_short_again() -> None:
    windows = Windows()
    windows.window()
    assert windows.compare(100, 100) == 1
    windows.window(20)
    windows.window(40)
    assert windows.compare(100, 200) == 2
    windows.now += SETTLE_S
    assert windows.window() == 2, "there is no way further up"
    windows.window(FIRST_PAUSE_S)
    assert windows.window() == 1, "so one slot is tried again"
