"""The time for reading text on a live frame, so that reading makes no frame late."""

import math
from collections.abc import Sequence

from forgesyte.units import MILLISECONDS
from pipelines.engine.readers.text_reader import PixelBox, quarter_turns
from pipelines.tools.base import RunContext

# Where no budget is given: so much of the time until the next frame is due.
SHARE_OF_SPARE = 1 / 3
# Where there is no time to spare, reading takes so much of what frames take without it, for a line that is
# never read would never be known.
SHARE_OF_WORK = 0.1
# More of it where so many lines that were never read are in view: a long page would take minutes.
MANY_UNREAD, SHARE_ON_LONG_PAGES = 8, 1.0
FIRST_GUESS_MS = 1.0
LEARNING_RATE = 0.3


class ReadingBudget:
    """Learns what reading costs in one session and chooses what can be afforded.

    `time_budget_ms` bounds the reading on one frame; the next frame's time bounds it in any case.
    """

    def __init__(self, time_budget_ms: float | None) -> None:
        self._budget_ms = math.inf if time_budget_ms is None else time_budget_ms
        self._share = SHARE_OF_SPARE if time_budget_ms is None else 1.0
        self._ms_per_weight = FIRST_GUESS_MS
        self._saved_ms = 0.0

    def affordable(
        self, boxes_xyxy: Sequence[PixelBox], now: float, context: RunContext, unread: int = 0
    ) -> list[int]:
        """Choose the boxes to read on this frame, by their place; those that come first matter most.

        `now` is a time of the context's clock, in seconds; so many lines in view were never read.
        """
        costs_ms = [weight(box) * self._ms_per_weight for box in boxes_xyxy]
        spare_ms = math.inf if context.deadline is None else (context.deadline - now) * MILLISECONDS
        chosen = within(costs_ms, min(self._budget_ms, spare_ms * self._share))
        if costs_ms and not chosen:
            worked_ms = max(now - context.begun, 0.0) * MILLISECONDS
            chosen = [0] if costs_ms[0] <= spare_ms else self._paid(costs_ms, worked_ms, unread)
        return chosen

    def spent(self, boxes_xyxy: Sequence[PixelBox], spent_ms: float) -> None:
        """Learn from what reading these boxes has cost."""
        each = spent_ms / sum(map(weight, boxes_xyxy))
        self._ms_per_weight += LEARNING_RATE * (each - self._ms_per_weight)

    def _paid(self, costs_ms: Sequence[float], worked_ms: float, unread: int) -> list[int]:
        """Save up a share of the work until it pays for the first one; on long pages it may pay for more."""
        is_long = unread > MANY_UNREAD
        self._saved_ms += (SHARE_ON_LONG_PAGES if is_long else SHARE_OF_WORK) * worked_ms
        if self._saved_ms < costs_ms[0]:
            return []
        saved_ms, self._saved_ms = self._saved_ms, 0.0
        return within(costs_ms, saved_ms) if is_long else [0]


def weight(box_xyxy: PixelBox) -> float:
    """The relative cost of a box: each view that is read costs as its length in heights of its line."""
    x1, y1, x2, y2 = box_xyxy
    aspect = (x2 - x1) / (y2 - y1)
    return sum(1 + (1 / aspect if turns % 2 else aspect) for turns in quarter_turns(box_xyxy))


def within(costs_ms: Sequence[float], limit_ms: float) -> list[int]:
    """The places of those that fit into the limit together; what is too much is passed over."""
    chosen, left_ms = [], limit_ms
    for place, cost_ms in enumerate(costs_ms):
        if cost_ms <= left_ms:
            chosen.append(place)
            left_ms -= cost_ms
    return chosen
