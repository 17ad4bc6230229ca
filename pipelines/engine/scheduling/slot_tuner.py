"""Finds by trial how many slots serve most frames, while sessions wait for each other."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A window is as long as this, and as many frames; the time after a change counts for neither side.
WINDOW_S, WINDOW_FRAMES = 1.5, 20
SETTLE_S = 1.0
# The share of frames at whose end another one ran or waited: above the first value more slots may help, below
# the second one slot gives the shortest latency.
CROWDED, CALM = 0.8, 0.5
# Machines are noisy: a smaller gain is none.
LEAST_GAIN = 1.03
FIRST_PAUSE_S, LONGEST_PAUSE_S = 20.0, 320.0
# Whatever drifts meanwhile counts for both sides alike.
OLD, NEW = "old", "new"
ORDER = (OLD, NEW, NEW, OLD)


@dataclass
class Comparison:
    """One number of slots against another; frames a second of each, in windows that take turns."""

    counts: dict[str, int]
    rates: dict[str, list[float]] = field(default_factory=lambda: {OLD: [], NEW: []})

    @property
    def turn(self) -> str | None:
        """The side that the window belongs to, OLD or NEW; None when all windows are over."""
        done = sum(map(len, self.rates.values()))
        return ORDER[done] if done < len(ORDER) else None

    @property
    def gain(self) -> float:
        """The ratio of the frames that the new number serves to those that the old one does."""
        return sum(self.rates[NEW]) / sum(self.rates[OLD])


class SlotTuner:
    """Counts frames and says how many slots there should be, from 1 to `limit`; one thread at a time may ask.

    One slot is best for few sessions: its frame has all cores. With many, slots that share the cores may
    serve more frames; how many depends on the machine and on what the pipelines do, so it is measured.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = 1
        self.limit = limit
        self._clock = clock
        self._best = 1
        self._comparison: Comparison | None = None
        self._pause_s = FIRST_PAUSE_S
        self._next_comparison = 0.0
        self._upward = True
        self._begin_window(settle=False)

    def finished(self, others: int) -> int:
        """A frame is over while `others` run or wait: the number of slots from now on."""
        now = self._clock()
        if now < self._from:
            return self.count
        self._frames += 1
        self._crowded += others > 0
        if now - self._from >= WINDOW_S and self._frames >= WINDOW_FRAMES:
            count = self.count
            self.count = self._after_window(self._frames / (now - self._from), self._crowded / self._frames)
            self._begin_window(settle=count != self.count)
        return self.count

    def _begin_window(self, *, settle: bool) -> None:
        self._from = self._clock() + (SETTLE_S if settle else 0.0)
        self._frames = 0
        self._crowded = 0

    def _after_window(self, rate: float, crowded: float) -> int:
        if crowded < CALM:
            self._comparison = None
            return 1
        if self._comparison:
            return self._go_on(self._comparison, rate)
        if crowded < CROWDED:
            return self.count
        if self.count != self._best:
            return self._best
        return self._begin_comparison()

    def _begin_comparison(self) -> int:
        other = min(self._best * 2, self.limit) if self._upward else max(self._best // 2, 1)
        if self._clock() < self._next_comparison:
            return self._best
        if other == self._best:
            self._turn_round()
            return self._best
        self._comparison = Comparison({OLD: self._best, NEW: other})
        return self._best

    def _go_on(self, comparison: Comparison, rate: float) -> int:
        assert comparison.turn is not None, "a comparison ends with its last window"
        comparison.rates[comparison.turn].append(rate)
        if comparison.turn:
            return comparison.counts[comparison.turn]
        self._comparison = None
        if comparison.gain >= LEAST_GAIN:
            self._best = comparison.counts[NEW]
            self._pause_s = FIRST_PAUSE_S
        else:
            self._turn_round()
        return self._best

    def _turn_round(self) -> None:
        """This way nothing is to be gained for now."""
        self._upward = not self._upward
        self._next_comparison = self._clock() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
