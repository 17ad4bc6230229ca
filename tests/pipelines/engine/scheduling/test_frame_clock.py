"""A frame's clock stands while something is loaded, whoever reads it meanwhile."""

from collections.abc import Callable

from pipelines.engine.scheduling.frame_clock import FrameClock, frame_clock, loading


class Time:
    """Seconds that the test sets; `meanwhile` runs once, while somebody asks."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return self.now


def test_loading_does_not_count() -> None:
    time = Time()
    clock = FrameClock(time)
    time.now = 1
    with clock.stopped(), clock.stopped():
        time.now = 21
        assert clock.spent_s == 1
    time.now = 23
    assert clock.spent_s == 3


def test_it_runs_from_the_beginning_of_the_call() -> None:
    time = Time()
    clock = FrameClock(time)
    time.now = 5

    def work() -> float:
        time.now = 7
        with loading():
            time.now = 9
        return frame_clock().spent_s

    assert clock.measure(work) == 2
    assert frame_clock() is not clock


def test_a_reading_that_a_load_interrupts_counts_what_was_before_it() -> None:
    """Threads switch anywhere: here between the two looks of one reading."""
    time = Time()
    clock = FrameClock(time)
    time.now = 10

    def load() -> None:
        with clock.stopped():
            time.now = 30

    time.meanwhile = load
    assert clock.spent_s == 10
